'use strict';

// Readable: where data comes from.

const {NodeError, invalidType} = require('internal/errors');
const {Stream} = require('internal/streams/legacy');
const {highWaterMark, construct, destroy, errorOrDestroy, addAbortSignal, getters} = require('internal/streams/common');

function ReadableState(options, stream, isDuplex) {
  this.objectMode = Boolean(options.objectMode || isDuplex && options.readableObjectMode);
  this.highWaterMark = highWaterMark(options, 'readableHighWaterMark', isDuplex, this.objectMode);
  this.buffer = [];
  this.length = 0; // of buffer: bytes or characters, or objects
  this.pipes = [];
  this.flowing = null; // null as long as nobody has asked
  this.ended = false;
  this.endEmitted = false;
  this.reading = false; // _read was called and has pushed nothing yet
  this.sync = true; // it is being called
  this.needReadable = false;
  this.emittedReadable = false;
  this.readableListening = false;
  this.resumeScheduled = false;
  this.readingMore = false;
  this.constructed = true;
  this.destroyed = false;
  this.errored = null;
  this.errorEmitted = false;
  this.closed = false;
  this.closeEmitted = false;
  this.emitClose = options.emitClose !== false;
  this.autoDestroy = options.autoDestroy !== false;
  this.defaultEncoding = options.defaultEncoding || 'utf8';
  this.decoder = null;
  this.encoding = null;
  this.didRead = false;
  this.awaiting = new Set(); // streams that it is piped to and that are full
  if (options.encoding) setEncoding(this, options.encoding);
}

function setEncoding(state, encoding) {
  const {StringDecoder} = require('string_decoder');
  state.decoder = new StringDecoder(encoding);
  state.encoding = state.decoder.encoding;
}

function Readable(options) {
  if (!(this instanceof Readable)) return new Readable(options);
  Readable.init(this, options ?? {}, false);
  Stream.call(this, options);
  construct(this, () => {
    if (this._readableState.needReadable) readMore(this, this._readableState);
  });
}
Object.setPrototypeOf(Readable.prototype, Stream.prototype);
Object.setPrototypeOf(Readable, Stream);

// init makes the readable side of a stream, which may have another.
Readable.init = function (stream, options, isDuplex) {
  stream._readableState = new ReadableState(options, stream, isDuplex);
  if (typeof options.read === 'function') stream._read = options.read;
  if (typeof options.destroy === 'function') stream._destroy = options.destroy;
  if (typeof options.construct === 'function') stream._construct = options.construct;
  if (options.signal && !isDuplex) process.nextTick(() => addAbortSignal(options.signal, stream));
};

Readable.ReadableState = ReadableState;
Readable.prototype.destroy = destroy;
Readable.prototype._destroy = function (error, callback) { callback(error); };
Readable.prototype._read = function () {
  throw new NodeError('ERR_METHOD_NOT_IMPLEMENTED', 'The _read() method is not implemented');
};

Readable.prototype.push = function push(chunk, encoding) { return addChunk(this, chunk, encoding, false); };
Readable.prototype.unshift = function unshift(chunk, encoding) { return addChunk(this, chunk, encoding, true); };

function addChunk(stream, chunk, encoding, first) {
  const state = stream._readableState;
  if (!state.objectMode) {
    if (typeof chunk === 'string') {
      encoding ||= state.defaultEncoding;
      if (state.encoding !== encoding) {
        if (first && state.encoding) chunk = Buffer.from(chunk, encoding).toString(state.encoding);
        else chunk = Buffer.from(chunk, encoding);
      }
    } else if (chunk instanceof Uint8Array && !Buffer.isBuffer(chunk)) {
      chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    } else if (chunk !== undefined && chunk !== null && !Buffer.isBuffer(chunk)) {
      errorOrDestroy(stream, invalidType('chunk', 'of type string or an instance of Buffer or Uint8Array', chunk));
      return false;
    }
  }
  if (chunk === null) {
    state.reading = false;
    onEnd(stream, state);
  } else if (state.objectMode || chunk !== undefined && chunk.length > 0) {
    if (first) {
      if (state.endEmitted) errorOrDestroy(stream, new NodeError('ERR_STREAM_UNSHIFT_AFTER_END_EVENT', 'stream.unshift() after end event'));
      else if (state.destroyed || state.errored) return false;
      else put(stream, state, chunk, true);
    } else if (state.ended) {
      errorOrDestroy(stream, new NodeError('ERR_STREAM_PUSH_AFTER_EOF', 'stream.push() after EOF'));
    } else if (state.destroyed || state.errored) return false;
    else {
      state.reading = false;
      if (state.decoder && typeof chunk !== 'string' && !encoding) {
        chunk = state.decoder.write(chunk);
        if (state.objectMode || chunk.length !== 0) put(stream, state, chunk, false);
        else readMore(stream, state);
      } else put(stream, state, chunk, false);
    }
  } else if (!first) {
    state.reading = false;
    readMore(stream, state);
  }
  return !state.ended && (state.length < state.highWaterMark || state.length === 0);
}

function put(stream, state, chunk, first) {
  if (state.flowing && state.length === 0 && !state.sync && stream.listenerCount('data') > 0) {
    state.awaiting.clear();
    state.didRead = true;
    stream.emit('data', chunk);
  } else {
    state.length += state.objectMode ? 1 : chunk.length;
    if (first) state.buffer.unshift(chunk);
    else state.buffer.push(chunk);
    if (state.needReadable) emitReadable(stream);
  }
  readMore(stream, state);
}

function onEnd(stream, state) {
  if (state.ended) return;
  if (state.decoder) {
    const rest = state.decoder.end();
    if (rest.length > 0) {
      state.buffer.push(rest);
      state.length += state.objectMode ? 1 : rest.length;
    }
  }
  state.ended = true;
  if (state.sync) emitReadable(stream);
  else {
    state.needReadable = false;
    state.emittedReadable = true;
    emitReadableNow(stream);
  }
}

Readable.prototype.isPaused = function isPaused() { return this._readableState.flowing === false; };

Readable.prototype.setEncoding = function (encoding) {
  const state = this._readableState;
  setEncoding(state, encoding);
  let text = '';
  for (const chunk of state.buffer) text += state.decoder.write(chunk);
  state.buffer = text === '' ? [] : [text];
  state.length = text.length;
  return this;
};

// readable is how much of n a call of read gives.
function readable(n, state) {
  if (n <= 0 || state.length === 0 && state.ended) return 0;
  if (state.objectMode) return 1;
  if (Number.isNaN(n)) return state.flowing && state.length > 0 ? state.buffer[0].length : state.length;
  if (n <= state.length) return n;
  return state.ended ? state.length : 0;
}

Readable.prototype.read = function read(n) {
  const state = this._readableState;
  n = n === undefined ? NaN : Math.trunc(Number(n));
  const wanted = n;
  if (n > state.highWaterMark) state.highWaterMark = 2 ** Math.ceil(Math.log2(Math.min(n, 2 ** 30)));
  if (n !== 0) state.emittedReadable = false;
  if (n === 0 && state.needReadable && ((state.highWaterMark !== 0 ? state.length >= state.highWaterMark : state.length > 0) || state.ended)) {
    if (state.length === 0 && state.ended) end(this);
    else emitReadable(this);
    return null;
  }
  n = readable(n, state);
  if (n === 0 && state.ended) {
    if (state.length === 0) end(this);
    return null;
  }
  const more = state.needReadable || state.length === 0 || state.length - n < state.highWaterMark;
  if (more && !state.ended && !state.reading && !state.destroyed && !state.errored && state.constructed) {
    state.reading = true;
    state.sync = true;
    if (state.length === 0) state.needReadable = true;
    try {
      this._read(state.highWaterMark);
    } catch (error) {
      errorOrDestroy(this, error);
    }
    state.sync = false;
    if (!state.reading) n = readable(wanted, state);
  }
  const chunk = n > 0 && state.length > 0 ? take(n, state) : null;
  if (chunk === null) {
    state.needReadable = state.length <= state.highWaterMark;
    n = 0;
  } else {
    state.length -= n;
    state.awaiting.clear();
  }
  if (state.length === 0) {
    if (!state.ended) state.needReadable = true;
    if (wanted !== n && state.ended) end(this);
  }
  if (chunk !== null && !state.errored && !state.closeEmitted) {
    state.didRead = true;
    this.emit('data', chunk);
  }
  return chunk;
};

// take takes n bytes or characters, or one object, out of the buffer.
function take(n, state) {
  if (state.objectMode) return state.buffer.shift();
  if (n >= state.length) {
    const all = state.buffer;
    state.buffer = [];
    if (all.length === 1) return all[0];
    return state.decoder ? all.join('') : Buffer.concat(all);
  }
  const parts = [];
  while (n > 0) {
    const first = state.buffer[0];
    if (first.length <= n) parts.push(state.buffer.shift());
    else {
      parts.push(first.slice(0, n));
      state.buffer[0] = first.slice(n);
    }
    n -= parts[parts.length - 1].length;
  }
  if (parts.length === 1) return parts[0];
  return state.decoder ? parts.join('') : Buffer.concat(parts);
}

function emitReadable(stream) {
  const state = stream._readableState;
  state.needReadable = false;
  if (state.emittedReadable) return;
  state.emittedReadable = true;
  process.nextTick(emitReadableNow, stream);
}

function emitReadableNow(stream) {
  const state = stream._readableState;
  if (!state.destroyed && !state.errored && (state.length > 0 || state.ended)) {
    stream.emit('readable');
    state.emittedReadable = false;
  }
  state.needReadable = !state.flowing && !state.ended && state.length <= state.highWaterMark;
  flow(stream);
}

// readMore fills the buffer ahead of who reads.
function readMore(stream, state) {
  if (state.readingMore || !state.constructed) return;
  state.readingMore = true;
  process.nextTick(() => {
    while (!state.reading && !state.ended && (state.length < state.highWaterMark || state.flowing && state.length === 0)) {
      const before = state.length;
      stream.read(0);
      if (before === state.length) break;
    }
    state.readingMore = false;
  });
}

function end(stream) {
  const state = stream._readableState;
  if (state.endEmitted) return;
  state.ended = true;
  process.nextTick(() => {
    if (state.errored || state.closeEmitted || state.endEmitted || state.length !== 0) return;
    state.endEmitted = true;
    stream.emit('end');
    const writing = stream._writableState;
    if (stream.writable && stream.allowHalfOpen === false) process.nextTick(() => { if (stream.writable && !stream.writableEnded && !stream.destroyed) stream.end(); });
    else if (state.autoDestroy && (!writing || writing.autoDestroy && (writing.finished || writing.writable === false))) stream.destroy();
  });
}

// Flowing.

Readable.prototype.on = function on(type, listener) {
  const state = this._readableState;
  Stream.prototype.on.call(this, type, listener);
  if (type === 'data') {
    state.readableListening = this.listenerCount('readable') > 0;
    if (state.flowing !== false) this.resume();
  } else if (type === 'readable' && !state.endEmitted && !state.readableListening) {
    state.readableListening = state.needReadable = true;
    state.flowing = false;
    state.emittedReadable = false;
    if (state.length > 0) emitReadable(this);
    else if (!state.reading) process.nextTick(() => this.read(0));
  }
  return this;
};
Readable.prototype.addListener = Readable.prototype.on;

Readable.prototype.removeListener = function removeListener(type, listener) {
  Stream.prototype.removeListener.call(this, type, listener);
  if (type === 'readable') process.nextTick(updateListening, this);
  return this;
};
Readable.prototype.off = Readable.prototype.removeListener;

Readable.prototype.removeAllListeners = function removeAllListeners(...args) {
  Stream.prototype.removeAllListeners.apply(this, args);
  if (args.length === 0 || args[0] === 'readable') process.nextTick(updateListening, this);
  return this;
};

function updateListening(stream) {
  const state = stream._readableState;
  state.readableListening = stream.listenerCount('readable') > 0;
  if (state.resumeScheduled && !state.paused) state.flowing = true;
  else if (stream.listenerCount('data') > 0) stream.resume();
  else if (!state.readableListening) state.flowing = null;
}

Readable.prototype.resume = function resume() {
  const state = this._readableState;
  if (!state.flowing) {
    state.flowing = !state.readableListening;
    if (!state.resumeScheduled) {
      state.resumeScheduled = true;
      process.nextTick(() => {
        if (!state.reading) this.read(0);
        state.resumeScheduled = false;
        this.emit('resume');
        flow(this);
        if (state.flowing && !state.reading) this.read(0);
      });
    }
  }
  state.paused = false;
  return this;
};

Readable.prototype.pause = function pause() {
  const state = this._readableState;
  if (state.flowing !== false) {
    state.flowing = false;
    this.emit('pause');
  }
  state.paused = true;
  return this;
};

function flow(stream) {
  const state = stream._readableState;
  while (state.flowing && stream.read() !== null);
}

// wrap makes a readable stream of an old one.
Readable.prototype.wrap = function wrap(old) {
  let paused = false;
  old.on('data', (chunk) => {
    if (!this.push(chunk) && old.pause) {
      paused = true;
      old.pause();
    }
  });
  old.on('end', () => this.push(null));
  old.on('error', (error) => errorOrDestroy(this, error));
  old.on('close', () => this.destroy());
  this._read = () => {
    if (paused && old.resume) {
      paused = false;
      old.resume();
    }
  };
  return this;
};

getters(Readable.prototype, {
  readableHighWaterMark() { return this._readableState.highWaterMark; },
  readableBuffer() { return this._readableState?.buffer; },
  readableFlowing() { return this._readableState.flowing; },
  readableLength() { return this._readableState.length; },
  readableObjectMode() { return this._readableState ? this._readableState.objectMode : false; },
  readableEncoding() { return this._readableState ? this._readableState.encoding : null; },
  readableEnded() { return this._readableState ? this._readableState.endEmitted : false; },
  readableAborted() { return Boolean((this._readableState.destroyed || this._readableState.errored) && !this._readableState.endEmitted); },
  readableDidRead() { return this._readableState.didRead; },
  errored() { return this._readableState ? this._readableState.errored : null; },
  closed() { return this._readableState ? this._readableState.closed : false; },
});
Object.defineProperties(Readable.prototype, {
  readable: {
    get() {
      const state = this._readableState;
      return Boolean(state) && state.readable !== false && !state.destroyed && !state.errorEmitted && !state.endEmitted;
    },
    set(value) { if (this._readableState) this._readableState.readable = Boolean(value); },
    configurable: true,
  },
  destroyed: {
    get() { return this._readableState ? this._readableState.destroyed : false; },
    set(value) { if (this._readableState) this._readableState.destroyed = value; },
    configurable: true,
  },
  readableFlowing: {
    get() { return this._readableState.flowing; },
    set(value) { if (this._readableState) this._readableState.flowing = value; },
    configurable: true,
  },
});

Readable.wrap = function (old, options) {
  return new Readable({objectMode: old.readableObjectMode ?? old.objectMode ?? true, ...options, destroy(error, callback) {
    old.destroy?.(error);
    callback(error);
  }}).wrap(old);
};

module.exports = {Readable};

require('internal/streams/pipe');
require('internal/streams/iterate');
