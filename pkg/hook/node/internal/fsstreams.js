'use strict';

// Files as streams.

const {Readable, Writable} = require('stream');
const {ops, later} = require('internal/fsops');
const {optionsOf, pathOf} = require('internal/fsargs');
const {outOfRange, validateInteger} = require('internal/errors');

// begin gives a stream its file: the one that is open, or one that it opens.
function begin(stream, path, options, flags) {
  stream.fd = options.fd ?? null;
  if (stream.fd !== null && typeof stream.fd === 'object') stream.fd = stream.fd.fd;
  stream.path = stream.fd === null ? pathOf(path) : undefined;
  stream.flags = options.flags ?? flags;
  stream.mode = options.mode ?? 0o666;
  stream.autoClose = options.autoClose !== false;
  if (options.start !== undefined) validateInteger(options.start, 'start', 0);
  stream.start = options.start;
}

function construct(stream, callback) {
  if (stream.fd !== null) {
    callback();
    return;
  }
  let made;
  try {
    made = ops.open(stream.path, stream.flags, stream.mode);
  } catch (error) {
    callback(error);
    return;
  }
  later(made, (error, fd) => {
    if (error) return callback(error);
    stream.fd = fd;
    callback();
    stream.emit('open', fd);
    stream.emit('ready');
    return undefined;
  });
}

function close(stream, error, callback) {
  const {fd} = stream;
  if (typeof fd !== 'number' || !stream.autoClose) {
    callback(error);
    return;
  }
  stream.fd = null;
  later(ops.close(fd), (failure) => callback(error ?? failure));
}

class ReadStream extends Readable {
  constructor(path, options) {
    options = optionsOf(options, {});
    super({highWaterMark: 64 * 1024, ...options, encoding: options.encoding ?? undefined});
    begin(this, path, options, 'r');
    this.end = options.end ?? Infinity;
    if (this.end !== Infinity) validateInteger(this.end, 'end', 0);
    if (this.start !== undefined && this.start > this.end) throw outOfRange('start', `<= "end" (here: ${this.end})`, this.start);
    this.pos = this.start ?? (this.end === Infinity ? undefined : 0);
    this.bytesRead = 0;
  }
  get pending() { return this.fd === null; }
  _construct(callback) { construct(this, callback); }
  _read(n) {
    if (this.pos !== undefined) n = Math.min(n, this.end - this.pos + 1);
    if (n <= 0) {
      this.push(null);
      return;
    }
    const buffer = Buffer.alloc(n);
    later(ops.read(this.fd, buffer, 0, n, this.pos), (error, result) => {
      if (error) {
        this.destroy(error);
        return;
      }
      const {bytesRead} = result;
      this.bytesRead += bytesRead;
      if (this.pos !== undefined) this.pos += bytesRead;
      this.push(bytesRead > 0 ? buffer.subarray(0, bytesRead) : null);
    });
  }
  _destroy(error, callback) { close(this, error, callback); }
  close(callback) { this.destroy(null, callback); }
}

class WriteStream extends Writable {
  constructor(path, options) {
    options = optionsOf(options, {});
    super({...options, decodeStrings: true});
    begin(this, path, options, options.start === undefined ? 'w' : 'r+');
    this.pos = this.start;
    this.bytesWritten = 0;
    if (options.encoding) this.setDefaultEncoding(options.encoding);
  }
  get pending() { return this.fd === null; }
  _construct(callback) { construct(this, callback); }
  _write(chunk, encoding, callback) {
    later(ops.write(this.fd, chunk, 0, chunk.length, this.pos), (error, result) => {
      if (error) {
        callback(error);
        return;
      }
      this.bytesWritten += result.bytesWritten;
      if (this.pos !== undefined) this.pos += result.bytesWritten;
      callback();
    });
  }
  _destroy(error, callback) { close(this, error, callback); }
  close(callback) {
    if (callback) {
      if (this.closed) {
        process.nextTick(callback);
        return;
      }
      this.on('close', callback);
    }
    if (!this.autoClose) this.on('finish', this.destroy);
    this.end();
  }
  destroySoon() { this.end(); }
}

module.exports = {ReadStream, WriteStream};
