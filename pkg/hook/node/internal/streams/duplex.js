'use strict';

// Streams with two sides: Duplex, Transform and PassThrough.

const {NodeError} = require('internal/errors');

module.exports = {Duplex, Transform, PassThrough};

const {Readable} = require('internal/streams/readable');
const {Writable} = require('internal/streams/writable');
const {Stream} = require('internal/streams/legacy');
const {construct} = require('internal/streams/common');

Object.setPrototypeOf(Duplex.prototype, Readable.prototype);
Object.setPrototypeOf(Duplex, Readable);
for (const key of Reflect.ownKeys(Writable.prototype)) {
  if (key === 'constructor' || Object.hasOwn(Duplex.prototype, key) || key in Duplex.prototype && key !== 'destroy' && key !== '_destroy' && key in Readable.prototype) continue;
  Object.defineProperty(Duplex.prototype, key, Object.getOwnPropertyDescriptor(Writable.prototype, key));
}
Duplex.prototype.destroy = Writable.prototype.destroy;

function Duplex(options) {
  if (!(this instanceof Duplex)) return new Duplex(options);
  options ??= {};
  Readable.init(this, options, true);
  Writable.init(this, options, true);
  Stream.call(this, options);
  this.allowHalfOpen = options.allowHalfOpen !== false;
  if (options.readable === false) {
    Object.assign(this._readableState, {readable: false, ended: true, endEmitted: true});
  }
  if (options.writable === false) {
    Object.assign(this._writableState, {writable: false, ending: true, ended: true, finished: true});
  }
  construct(this, () => {
    Writable.started(this);
    if (this._readableState.needReadable) this.read(0);
  });
}

Object.defineProperty(Duplex.prototype, 'destroyed', {
  get() { return Boolean(this._readableState && this._writableState && this._readableState.destroyed && this._writableState.destroyed); },
  set(value) {
    if (this._readableState && this._writableState) this._readableState.destroyed = this._writableState.destroyed = value;
  },
  configurable: true,
});

// from makes a stream with two sides of what has one: something to iterate, a stream, or both.
Duplex.from = function from(source) {
  if (source instanceof Duplex) return source;
  const readable = source?.readable !== undefined && source.writable !== undefined && !source._readableState ? source.readable : source;
  const inner = readable instanceof Readable ? readable : Readable.from(readable);
  const iterator = inner[Symbol.asyncIterator]();
  const made = new Duplex({
    objectMode: true,
    writable: source?.writable instanceof Writable,
    read() {
      iterator.next().then(({value, done}) => made.push(done ? null : value), (error) => made.destroy(error));
    },
    write(chunk, encoding, callback) { source.writable.write(chunk, encoding, callback); },
    final(callback) { source.writable.end(callback); },
  });
  return made;
};

// Transform gives what it makes of what is written to it.
Object.setPrototypeOf(Transform.prototype, Duplex.prototype);
Object.setPrototypeOf(Transform, Duplex);

const kCallback = Symbol('callback');

function Transform(options) {
  if (!(this instanceof Transform)) return new Transform(options);
  options ??= {};
  const mark = options.readableHighWaterMark === 0 ? {...options, highWaterMark: null, readableHighWaterMark: 0, writableHighWaterMark: options.writableHighWaterMark || 0} : options;
  Duplex.call(this, mark);
  this._readableState.sync = false;
  this[kCallback] = null;
  if (typeof options.transform === 'function') this._transform = options.transform;
  if (typeof options.flush === 'function') this._flush = options.flush;
  this.on('prefinish', prefinish);
}

function flushed(stream, callback) {
  const done = (error, data) => {
    if (error) {
      if (callback) callback(error);
      else stream.destroy(error);
      return;
    }
    if (data !== undefined && data !== null) stream.push(data);
    stream.push(null);
    callback?.();
  };
  if (typeof stream._flush === 'function' && !stream.destroyed) stream._flush(done);
  else done();
}

function prefinish() {
  if (this._final !== Transform.prototype._final) flushed(this);
}

Transform.prototype._final = function (callback) { flushed(this, callback); };

Transform.prototype._transform = function () {
  throw new NodeError('ERR_METHOD_NOT_IMPLEMENTED', 'The _transform() method is not implemented');
};

Transform.prototype._write = function (chunk, encoding, callback) {
  const reading = this._readableState;
  const writing = this._writableState;
  const before = reading.length;
  this._transform(chunk, encoding, (error, data) => {
    if (error) {
      callback(error);
      return;
    }
    if (data !== undefined && data !== null) this.push(data);
    if (writing.ended || before === reading.length || reading.length < reading.highWaterMark) callback();
    else this[kCallback] = callback;
  });
};

Transform.prototype._read = function () {
  if (!this[kCallback]) return;
  const callback = this[kCallback];
  this[kCallback] = null;
  callback();
};

Object.setPrototypeOf(PassThrough.prototype, Transform.prototype);
Object.setPrototypeOf(PassThrough, Transform);

function PassThrough(options) {
  if (!(this instanceof PassThrough)) return new PassThrough(options);
  Transform.call(this, options);
}

PassThrough.prototype._transform = function (chunk, encoding, callback) { callback(null, chunk); };
