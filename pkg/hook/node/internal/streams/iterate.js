'use strict';

// Readable streams as what is iterated, and of it.

const {NodeTypeError, AbortError, invalidType} = require('internal/errors');
const {Readable} = require('internal/streams/readable');
const {addAbortSignal} = require('internal/streams/common');

Readable.prototype.iterator = function iterator(options) { return iterate(this, options?.destroyOnReturn !== false); };
Readable.prototype[Symbol.asyncIterator] = function () { return iterate(this, true); };

function iterate(stream, destroys) {
  if (typeof stream.read !== 'function') stream = Readable.wrap(stream, {objectMode: true});
  const {finished} = require('internal/streams/finished');
  let over = false;
  let failure = null;
  let wake = () => {};
  stream.on('readable', () => wake());
  const stop = finished(stream, {writable: false}, (error) => {
    over = true;
    failure = error ?? null;
    wake();
  });
  const close = () => {
    over = true;
    stop();
    if ((destroys || failure) && !stream.destroyed) stream.destroy();
  };
  let closed = false;
  const next = async () => {
    for (;;) {
      if (closed) return {value: undefined, done: true};
      const chunk = stream.destroyed ? null : stream.read();
      if (chunk !== null) return {value: chunk, done: false};
      if (failure) {
        closed = true;
        close();
        throw failure;
      }
      if (over) {
        closed = true;
        return {value: undefined, done: true};
      }
      await new Promise((resolve) => { wake = resolve; });
    }
  };
  let last = Promise.resolve();
  return {
    next() {
      last = last.then(next, next);
      return last;
    },
    async return(value) {
      closed = true;
      close();
      return {value, done: true};
    },
    async throw(error) {
      closed = true;
      close();
      throw error;
    },
    [Symbol.asyncIterator]() { return this; },
    stream,
  };
}

// from makes a readable stream of what can be iterated. A text or a buffer is one chunk.
Readable.from = function from(source, options) {
  if (typeof source === 'string' || source instanceof Uint8Array) {
    return new Readable({
      objectMode: true,
      ...options,
      read() {
        this.push(source);
        this.push(null);
      },
    });
  }
  const make = source?.[Symbol.asyncIterator] ?? source?.[Symbol.iterator];
  if (typeof make !== 'function') throw invalidType('iterable', 'an instance of Iterable', source);
  const iterator = make.call(source);
  const stream = new Readable({objectMode: true, highWaterMark: 1, ...options});
  let busy = false;
  stream._read = () => {
    if (busy) return;
    busy = true;
    pull();
  };
  const pull = async () => {
    for (;;) {
      try {
        const {value, done} = await iterator.next();
        if (done) {
          stream.push(null);
          return;
        }
        const item = await value;
        if (item === null) throw new NodeTypeError('ERR_STREAM_NULL_VALUES', 'May not write null values to stream');
        if (stream.push(item)) continue;
        busy = false;
        return;
      } catch (error) {
        stream.destroy(error);
        return;
      }
    }
  };
  stream._destroy = (error, callback) => {
    Promise.resolve(!busy && typeof iterator.return === 'function' && !stream._readableState.ended ? iterator.return() : undefined).then(
      () => process.nextTick(callback, error), (failure) => process.nextTick(callback, failure ?? error));
  };
  return stream;
};

// toArray gives a promise of all that is read.
Readable.prototype.toArray = async function toArray(options) {
  const all = [];
  if (options?.signal?.aborted) throw new AbortError(undefined, {cause: options.signal.reason});
  if (options?.signal) addAbortSignal(options.signal, this);
  const iterator = this[Symbol.asyncIterator]();
  for (let each = await iterator.next(); !each.done; each = await iterator.next()) all.push(each.value);
  return all;
};
