'use strict';

// When streams are over: finished and pipeline, with callbacks and with promises.

const {NodeError, AbortError, invalidType, validateFunction, validateAbortSignal} = require('internal/errors');

function premature() { return new NodeError('ERR_STREAM_PREMATURE_CLOSE', 'Premature close'); }

// finished calls back once when a stream has ended, failed, or was closed before it ended. It returns
// what stops it.
function finished(stream, options, callback) {
  if (typeof options === 'function') [options, callback] = [{}, options];
  options ??= {};
  validateFunction(callback, 'callback');
  validateAbortSignal(options.signal, 'options.signal');
  if (typeof stream?.on !== 'function') throw invalidType('stream', 'an instance of ReadableStream, WritableStream, or Stream', stream);
  const reading = stream._readableState;
  const writing = stream._writableState;
  const awaitsEnd = options.readable ?? (reading ? reading.readable !== false : typeof stream.read === 'function' || stream.readable === true);
  const awaitsFinish = options.writable ?? (writing ? writing.writable !== false : typeof stream.write === 'function' && stream.writable === true);
  const hasEnd = Boolean(reading) || !writing && awaitsEnd;
  const hasFinish = Boolean(writing) || !reading && awaitsFinish;
  let ended = !hasEnd || !awaitsEnd || Boolean(reading?.endEmitted);
  let done = !hasFinish || !awaitsFinish || Boolean(writing?.finished);
  let over = false;
  const call = (error) => {
    if (over) return;
    over = true;
    if (error) callback.call(stream, error);
    else callback.call(stream);
  };
  // A stream that closes when it has ended calls back when it is closed.
  const closes = (state) => state && state.autoDestroy && state.emitClose && !state.closed;
  const willClose = closes(writing ?? reading) && (!reading || !writing || awaitsEnd && awaitsFinish) && !(reading && !awaitsEnd) && !(writing && !awaitsFinish);
  const onend = () => {
    ended = true;
    if (done && !(willClose && !stream.destroyed)) call();
  };
  const onfinish = () => {
    done = true;
    if (ended && !(willClose && !stream.destroyed)) call();
  };
  const onerror = (error) => call(error);
  const onclose = () => {
    const failure = reading?.errored ?? writing?.errored;
    if (failure) call(failure);
    else if (!ended && !reading?.endEmitted || !done && !writing?.finished) call(premature());
    else call();
  };
  const listeners = [['end', onend], ['finish', onfinish], ['close', onclose]];
  if (options.error !== false) listeners.push(['error', onerror]);
  if (typeof stream.setHeader === 'function' && typeof stream.abort === 'function') listeners.push(['complete', onfinish], ['abort', onclose]);
  for (const [type, listener] of listeners) stream.on(type, listener);
  const stop = () => {
    over = true;
    for (const [type, listener] of listeners) stream.removeListener(type, listener);
  };
  if (reading?.closeEmitted || writing?.closeEmitted || (reading?.errorEmitted || writing?.errorEmitted) && !willClose) process.nextTick(onclose);
  else if (ended && done && (hasEnd || hasFinish) && (reading ? reading.endEmitted || !awaitsEnd : true) && (stream.destroyed || !willClose)) process.nextTick(onclose);
  if (options.signal) {
    const abort = () => {
      const failed = call;
      failed(new AbortError(undefined, {cause: options.signal.reason}));
      stop();
    };
    if (options.signal.aborted) process.nextTick(abort);
    else options.signal.addEventListener('abort', abort, {once: true});
  }
  return stop;
}

function isStream(value) { return value !== null && typeof value === 'object' && typeof value.on === 'function' && (typeof value.pipe === 'function' || typeof value.write === 'function'); }

function isIterable(value) {
  return value !== null && value !== undefined && (typeof value[Symbol.asyncIterator] === 'function' || typeof value[Symbol.iterator] === 'function');
}

// pipeline pipes streams, things to iterate and functions of those one into the next. It calls back
// when all is over, and destroys what is left when one fails.
function pipeline(...parts) {
  const callback = parts.pop();
  validateFunction(callback, 'streams[stream.length - 1]');
  if (parts.length === 1 && Array.isArray(parts[0])) parts = parts[0];
  return run(parts, {}, callback);
}

function run(parts, options, callback) {
  const {Readable} = require('internal/streams/readable');
  if (parts.length < 2) throw new (require('internal/errors').NodeTypeError)('ERR_MISSING_ARGS', 'The "streams" argument must be specified');
  const streams = [];
  let waiting = 1;
  let failure;
  let value;
  const settle = (error) => {
    if (error && (!failure || failure.code === 'ERR_STREAM_PREMATURE_CLOSE')) failure = error;
    waiting--;
    if (error) {
      for (const each of streams) {
        if (!each.destroyed) {
          each.on('error', () => {}); // it is told by the callback
          each.destroy?.(error);
        }
      }
    }
    if (waiting === 0) process.nextTick(() => (failure ? callback(failure) : callback(undefined, value)));
  };
  const watch = (stream, which) => {
    streams.push(stream);
    waiting++;
    finished(stream, which, settle);
  };
  let current;
  parts.forEach((part, i) => {
    const last = i === parts.length - 1;
    if (typeof part === 'function') {
      const made = i === 0 ? part({signal: options.signal}) : part(current?.[Symbol.asyncIterator] || !isIterable(current) ? current : asyncOf(current), {signal: options.signal});
      if (isIterable(made) && !(last && typeof made.then === 'function')) {
        current = isStream(made) ? made : Readable.from(made);
        if (!last) watch(current, {writable: false});
        else {
          streams.push(current);
        }
      } else if (typeof made?.then === 'function') {
        waiting++;
        made.then((result) => {
          value = result;
          settle();
        }, settle);
        current = undefined;
      } else throw new (require('internal/errors').NodeTypeError)('ERR_INVALID_RETURN_VALUE', `Expected AsyncIterable to be returned from the "transform[${i}]" function but got ${typeof made}.`);
      return;
    }
    if (isStream(part)) {
      if (i > 0) {
        const from = isStream(current) ? current : Readable.from(current);
        if (from !== current) watch(from, {writable: false});
        from.pipe(part, {end: options.end !== false || !last});
      }
      watch(part, {readable: !last, writable: i > 0 && (options.end !== false || !last)});
      current = part;
    } else if (i === 0 && isIterable(part)) {
      current = Readable.from(part);
      watch(current, {writable: false});
    } else throw invalidType(`streams[${i}]`, 'an instance of Stream, Iterable, or AsyncIterable', part);
  });
  if (options.signal) {
    const abort = () => {
      waiting++;
      settle(new AbortError(undefined, {cause: options.signal.reason}));
    };
    if (options.signal.aborted) process.nextTick(abort);
    else options.signal.addEventListener('abort', abort, {once: true});
  }
  settle();
  return current;
}

function asyncOf(iterable) {
  const iterator = iterable[Symbol.iterator]();
  return {next: async () => iterator.next(), return: async (value) => iterator.return?.(value) ?? {value, done: true}, [Symbol.asyncIterator]() { return this; }};
}

const promises = {
  finished: (stream, options) => new Promise((resolve, reject) => {
    const stop = finished(stream, options ?? {}, (error) => {
      if (options?.cleanup) stop();
      if (error) reject(error);
      else resolve();
    });
  }),
  pipeline: (...parts) => new Promise((resolve, reject) => {
    let options = {};
    const last = parts[parts.length - 1];
    if (last !== null && typeof last === 'object' && !isStream(last) && !isIterable(last)) options = parts.pop();
    run(parts.length === 1 && Array.isArray(parts[0]) ? parts[0] : parts, options, (error, value) => (error ? reject(error) : resolve(value)));
  }),
};

const kCustom = Symbol.for('nodejs.util.promisify.custom');
Object.defineProperty(finished, kCustom, {value: promises.finished});
Object.defineProperty(pipeline, kCustom, {value: promises.pipeline});

module.exports = {finished, pipeline, promises};
