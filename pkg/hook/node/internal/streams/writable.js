'use strict';

// Writable: where data goes to.

const {NodeError, NodeTypeError, invalidType} = require('internal/errors');
const {Stream} = require('internal/streams/legacy');
const {highWaterMark, construct, destroy, errorOrDestroy, addAbortSignal, getters} = require('internal/streams/common');

function WritableState(options, stream, isDuplex) {
  this.objectMode = Boolean(options.objectMode || isDuplex && options.writableObjectMode);
  this.highWaterMark = highWaterMark(options, 'writableHighWaterMark', isDuplex, this.objectMode);
  this.decodeStrings = options.decodeStrings !== false;
  this.defaultEncoding = options.defaultEncoding || 'utf8';
  this.length = 0; // written and not done: bytes or characters, or objects
  this.buffered = []; // what waits for what is being written
  this.writing = false;
  this.corked = 0;
  this.sync = true;
  this.needDrain = false;
  this.ending = false;
  this.ended = false;
  this.finished = false;
  this.finalCalled = false;
  this.prefinished = false;
  this.pendingcb = 0;
  this.ends = []; // callbacks of end
  this.constructed = true;
  this.destroyed = false;
  this.errored = null;
  this.errorEmitted = false;
  this.closed = false;
  this.closeEmitted = false;
  this.emitClose = options.emitClose !== false;
  this.autoDestroy = options.autoDestroy !== false;
}

WritableState.prototype.getBuffer = function () { return this.buffered.slice(); };

function Writable(options) {
  const isDuplex = this instanceof require('internal/streams/duplex').Duplex;
  if (!isDuplex && !Function.prototype[Symbol.hasInstance].call(Writable, this)) return new Writable(options);
  Writable.init(this, options ?? {}, isDuplex);
  Stream.call(this, options);
  construct(this, () => started(this));
}
Object.setPrototypeOf(Writable.prototype, Stream.prototype);
Object.setPrototypeOf(Writable, Stream);

// A Duplex counts as Writable, too, although its class is Readable's.
Object.defineProperty(Writable, Symbol.hasInstance, {
  value(object) {
    if (Function.prototype[Symbol.hasInstance].call(this, object)) return true;
    return this === Writable && Boolean(object) && object._writableState instanceof WritableState;
  },
});

// init makes the writable side of a stream, which may have another.
Writable.init = function (stream, options, isDuplex) {
  stream._writableState = new WritableState(options, stream, isDuplex);
  for (const name of ['write', 'writev', 'destroy', 'final', 'construct']) {
    if (typeof options[name] === 'function') stream[`_${name}`] = options[name];
  }
  if (options.signal) process.nextTick(() => addAbortSignal(options.signal, stream));
};

// started goes on when what the stream begins with is done.
function started(stream) {
  const state = stream._writableState;
  if (!state.writing) next(stream, state);
  finishMaybe(stream, state);
}
Writable.started = started;

Writable.WritableState = WritableState;
Writable.prototype._write = function (chunk, encoding, callback) {
  if (!this._writev) throw new NodeError('ERR_METHOD_NOT_IMPLEMENTED', 'The _write() method is not implemented');
  this._writev([{chunk, encoding}], callback);
};
Writable.prototype._writev = null;
Writable.prototype._destroy = function (error, callback) { callback(error); };

Writable.prototype.pipe = function pipe() {
  errorOrDestroy(this, new NodeError('ERR_STREAM_CANNOT_PIPE', 'Cannot pipe, not readable'));
};

function nop() {}

Writable.prototype.write = function write(chunk, encoding, callback) {
  return add(this, chunk, encoding, callback) === true;
};

// add takes a chunk. It gives true when there is room for more, or the error.
function add(stream, chunk, encoding, callback) {
  const state = stream._writableState;
  if (typeof encoding === 'function') [encoding, callback] = [undefined, encoding];
  encoding ||= state.defaultEncoding;
  callback ??= nop;
  if (encoding !== 'buffer' && !Buffer.isEncoding(encoding)) throw new NodeTypeError('ERR_UNKNOWN_ENCODING', `Unknown encoding: ${encoding}`);
  if (chunk === null) throw new NodeTypeError('ERR_STREAM_NULL_VALUES', 'May not write null values to stream');
  if (!state.objectMode) {
    if (typeof chunk === 'string') {
      if (state.decodeStrings) {
        chunk = Buffer.from(chunk, encoding);
        encoding = 'buffer';
      }
    } else if (Buffer.isBuffer(chunk)) encoding = 'buffer';
    else if (chunk instanceof Uint8Array) {
      chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      encoding = 'buffer';
    } else throw invalidType('chunk', 'of type string or an instance of Buffer, TypedArray, or DataView', chunk);
  }
  let error;
  if (state.ending) error = new NodeError('ERR_STREAM_WRITE_AFTER_END', 'write after end');
  else if (state.destroyed) error = new NodeError('ERR_STREAM_DESTROYED', 'Cannot call write after a stream was destroyed');
  if (error) {
    process.nextTick(callback, error);
    errorOrDestroy(stream, error, true);
    return error;
  }
  state.pendingcb++;
  state.length += state.objectMode ? 1 : chunk.length;
  const room = state.length < state.highWaterMark;
  if (!room) state.needDrain = true;
  if (state.writing || state.corked || state.errored || !state.constructed) state.buffered.push({chunk, encoding, callback});
  else send(stream, state, [{chunk, encoding, callback}]);
  return room && !state.errored && !state.destroyed;
}

// send gives chunks to the stream's own method: one, or many when it takes many.
function send(stream, state, items) {
  state.writing = true;
  state.sync = true;
  let called = false;
  const done = (error) => {
    if (called) return errorOrDestroy(stream, new NodeError('ERR_MULTIPLE_CALLBACK', 'Callback called multiple times'));
    called = true;
    sent(stream, state, items, error);
  };
  if (items.length > 1 || items[0].many) stream._writev(items.map(({chunk, encoding}) => ({chunk, encoding})), done);
  else stream._write(items[0].chunk, items[0].encoding, done);
  state.sync = false;
}

function sent(stream, state, items, error) {
  state.writing = false;
  state.length -= items.reduce((sum, {chunk}) => sum + (state.objectMode ? 1 : chunk.length), 0);
  if (error) {
    state.errored ??= error;
    if (stream._readableState) stream._readableState.errored ??= error;
    const fail = () => {
      for (const {callback} of items) {
        state.pendingcb--;
        callback(error);
      }
      failBuffered(state);
      errorOrDestroy(stream, error);
    };
    if (state.sync) process.nextTick(fail);
    else fail();
    return;
  }
  if (state.buffered.length > 0) next(stream, state);
  const after = () => {
    const drain = !state.ending && !state.destroyed && state.length === 0 && state.needDrain;
    if (drain) {
      state.needDrain = false;
      stream.emit('drain');
    }
    for (const {callback} of items) {
      state.pendingcb--;
      callback(null);
    }
    if (state.destroyed) failBuffered(state);
    finishMaybe(stream, state);
  };
  if (state.sync) process.nextTick(after);
  else after();
}

// next sends what has waited.
function next(stream, state) {
  if (state.corked || state.destroyed || !state.constructed || state.sending) return;
  state.sending = true;
  while (state.buffered.length > 0 && !state.writing && !state.errored) {
    const many = stream._writev && state.buffered.length > 1;
    send(stream, state, many ? state.buffered.splice(0) : [state.buffered.shift()]);
  }
  state.sending = false;
}

function failBuffered(state) {
  if (state.writing) return;
  const error = state.errored ?? new NodeError('ERR_STREAM_DESTROYED', 'Cannot call write after a stream was destroyed');
  for (const {chunk, callback} of state.buffered.splice(0)) {
    state.length -= state.objectMode ? 1 : chunk.length;
    state.pendingcb--;
    callback(error);
  }
  callEnds(state, error);
}

function callEnds(state, error) {
  for (const callback of state.ends.splice(0)) callback(error);
}

Writable.prototype.cork = function cork() { this._writableState.corked++; };

Writable.prototype.uncork = function uncork() {
  const state = this._writableState;
  if (state.corked === 0) return;
  state.corked--;
  if (!state.writing) next(this, state);
};

Writable.prototype.setDefaultEncoding = function setDefaultEncoding(encoding) {
  if (typeof encoding === 'string') encoding = encoding.toLowerCase();
  if (!Buffer.isEncoding(encoding)) throw new NodeTypeError('ERR_UNKNOWN_ENCODING', `Unknown encoding: ${encoding}`);
  this._writableState.defaultEncoding = encoding;
  return this;
};

Writable.prototype.end = function end(chunk, encoding, callback) {
  const state = this._writableState;
  if (typeof chunk === 'function') [chunk, encoding, callback] = [undefined, undefined, chunk];
  else if (typeof encoding === 'function') [encoding, callback] = [undefined, encoding];
  let error;
  if (chunk !== undefined && chunk !== null) {
    const made = add(this, chunk, encoding);
    if (made instanceof Error) error = made;
  }
  if (state.corked) {
    state.corked = 1;
    this.uncork();
  }
  if (!error) {
    if (!state.errored && !state.ending) {
      state.ending = true;
      finishMaybe(this, state, true);
      state.ended = true;
    } else if (state.finished) error = new NodeError('ERR_STREAM_ALREADY_FINISHED', 'Cannot call end after a stream was finished');
    else if (state.destroyed) error = new NodeError('ERR_STREAM_DESTROYED', 'Cannot call end after a stream was destroyed');
  }
  if (typeof callback === 'function') {
    if (error) process.nextTick(callback, error);
    else if (state.finished) process.nextTick(callback);
    else state.ends.push(callback);
  }
  return this;
};

function ready(state) {
  return state.ending && !state.destroyed && state.constructed && state.length === 0 && !state.errored &&
    state.buffered.length === 0 && !state.finished && !state.writing && !state.errorEmitted && !state.closeEmitted;
}

// finishMaybe ends the stream when it was told to and all is written: after _final it emits finish.
function finishMaybe(stream, state, sync) {
  if (!ready(state)) return;
  if (!state.prefinished && !state.finalCalled) {
    if (typeof stream._final === 'function') {
      state.finalCalled = true;
      state.pendingcb++;
      const final = () => {
        let called = false;
        const done = (error) => {
          if (called) return errorOrDestroy(stream, error ?? new NodeError('ERR_MULTIPLE_CALLBACK', 'Callback called multiple times'));
          called = true;
          state.pendingcb--;
          if (error) {
            callEnds(state, error);
            errorOrDestroy(stream, error, state.sync);
          } else if (ready(state)) {
            state.prefinished = true;
            stream.emit('prefinish');
            state.pendingcb++;
            process.nextTick(finish, stream, state);
          }
        };
        state.sync = true;
        try {
          stream._final(done);
        } catch (error) {
          done(error);
        }
        state.sync = false;
      };
      if (state.pendingcb === 1 && !sync) final();
      else process.nextTick(final);
      return;
    }
    state.prefinished = true;
    stream.emit('prefinish');
  }
  if (state.pendingcb !== 0 || !state.prefinished) return;
  state.pendingcb++;
  if (sync) process.nextTick(finish, stream, state);
  else finish(stream, state);
}

function finish(stream, state) {
  state.pendingcb--;
  if (!ready(state)) return;
  state.finished = true;
  callEnds(state);
  stream.emit('finish');
  const reading = stream._readableState;
  if (state.autoDestroy && (!reading || reading.autoDestroy && (reading.endEmitted || reading.readable === false))) stream.destroy();
}

Writable.prototype.destroy = function (error, callback) {
  const state = this._writableState;
  if (!state.destroyed && (state.buffered.length > 0 || state.ends.length > 0)) process.nextTick(failBuffered, state);
  return destroy.call(this, error, callback);
};

getters(Writable.prototype, {
  writableFinished() { return this._writableState ? this._writableState.finished : false; },
  writableObjectMode() { return this._writableState ? this._writableState.objectMode : false; },
  writableBuffer() { return this._writableState?.getBuffer(); },
  writableEnded() { return this._writableState ? this._writableState.ending : false; },
  writableNeedDrain() { return this._writableState ? !this._writableState.destroyed && !this._writableState.ending && this._writableState.needDrain : false; },
  writableHighWaterMark() { return this._writableState?.highWaterMark; },
  writableCorked() { return this._writableState ? this._writableState.corked : 0; },
  writableLength() { return this._writableState?.length; },
  writableAborted() { return Boolean((this._writableState.destroyed || this._writableState.errored) && !this._writableState.finished); },
  errored() { return this._writableState ? this._writableState.errored : null; },
  closed() { return this._writableState ? this._writableState.closed : false; },
});
Object.defineProperties(Writable.prototype, {
  writable: {
    get() {
      const state = this._writableState;
      return Boolean(state) && state.writable !== false && !state.destroyed && !state.errored && !state.ending && !state.ended;
    },
    set(value) { if (this._writableState) this._writableState.writable = Boolean(value); },
    configurable: true,
  },
  destroyed: {
    get() { return this._writableState ? this._writableState.destroyed : false; },
    set(value) { if (this._writableState) this._writableState.destroyed = value; },
    configurable: true,
  },
});

module.exports = {Writable};
