'use strict';

// What readable and writable streams have in common: how they begin, fail and end.

const {NodeError, AbortError, validateAbortSignal, invalidValue} = require('internal/errors');

const kConstructed = Symbol('constructed');

let byteMark = 16 * 1024;
let objectMark = 16;

function getDefaultHighWaterMark(objectMode) { return objectMode ? objectMark : byteMark; }

function setDefaultHighWaterMark(objectMode, value) {
  require('internal/errors').validateInteger(value, 'value', 0);
  if (objectMode) objectMark = value;
  else byteMark = value;
}

// highWaterMark is how much a stream holds before it asks to wait: bytes, or objects.
function highWaterMark(options, side, isDuplex, objectMode) {
  const mark = options.highWaterMark ?? (isDuplex ? options[side] : undefined);
  if (mark === undefined || mark === null) return getDefaultHighWaterMark(objectMode);
  if (!Number.isInteger(mark) || mark < 0) throw invalidValue(options.highWaterMark === undefined ? `options.${side}` : 'options.highWaterMark', mark);
  return Math.floor(mark);
}

function states(stream) { return [stream._readableState, stream._writableState].filter((state) => state); }

// construct lets a stream begin: with a method _construct, nothing is read or written before it is done.
function construct(stream, then) {
  if (typeof stream._construct !== 'function') return;
  const all = states(stream);
  for (const state of all) state.constructed = false;
  stream.once(kConstructed, then);
  if (stream.listenerCount(kConstructed) > 1) return; // the other side has begun it
  process.nextTick(() => {
    let called = false;
    const done = (error) => {
      if (called) return errorOrDestroy(stream, error ?? new NodeError('ERR_MULTIPLE_CALLBACK', 'Callback called multiple times'));
      called = true;
      for (const state of all) state.constructed = true;
      if (error) errorOrDestroy(stream, error);
      process.nextTick(() => stream.emit(kConstructed));
    };
    try {
      stream._construct((error) => process.nextTick(done, error));
    } catch (error) {
      process.nextTick(done, error);
    }
  });
}

// destroy ends a stream at once: it emits error, if there is one, and close.
function destroy(error, callback) {
  const all = states(this);
  if (all.some((state) => state.destroyed)) {
    callback?.();
    return this;
  }
  for (const state of all) {
    if (error) state.errored ??= error;
    state.destroyed = true;
  }
  const go = () => {
    let called = false;
    const done = (failure) => {
      if (called) return;
      called = true;
      const reason = failure ?? error;
      for (const state of all) {
        if (reason) state.errored ??= reason;
        state.closed = true;
      }
      callback?.(reason);
      process.nextTick(() => {
        if (reason) emitError(this, reason);
        for (const state of all) state.closeEmitted = true;
        if (all.some((state) => state.emitClose)) this.emit('close');
      });
    };
    try {
      this._destroy(error ?? null, done);
    } catch (failure) {
      done(failure);
    }
  };
  if (all.some((state) => !state.constructed)) this.once(kConstructed, go);
  else go();
  return this;
}

function emitError(stream, error) {
  const all = states(stream);
  if (all.some((state) => state.errorEmitted)) return;
  for (const state of all) state.errorEmitted = true;
  stream.emit('error', error);
}

// errorOrDestroy is what becomes of an error that happens in a stream.
function errorOrDestroy(stream, error, later) {
  const all = states(stream);
  if (all.some((state) => state.destroyed)) return;
  if (all.some((state) => state.autoDestroy)) {
    stream.destroy(error);
    return;
  }
  for (const state of all) state.errored ??= error;
  if (later) process.nextTick(emitError, stream, error);
  else emitError(stream, error);
}

function addAbortSignal(signal, stream) {
  validateAbortSignal(signal, 'signal');
  const abort = () => stream.destroy(new AbortError(undefined, {cause: signal.reason}));
  if (signal.aborted) abort();
  else {
    signal.addEventListener('abort', abort, {once: true});
    require('internal/streams/finished').finished(stream, () => signal.removeEventListener('abort', abort));
  }
  return stream;
}

// getters gives a prototype properties that are only read.
function getters(prototype, properties) {
  for (const [name, get] of Object.entries(properties)) {
    Object.defineProperty(prototype, name, {get, set() {}, enumerable: false, configurable: true});
  }
}

module.exports = {
  getDefaultHighWaterMark, setDefaultHighWaterMark, highWaterMark, construct, destroy, errorOrDestroy, addAbortSignal, getters,
};
