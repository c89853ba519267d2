'use strict';

// The response to a request, as a stream.

const {Readable} = require('stream');
const {native} = require('internal/http');
const {NodeError} = require('internal/errors');

// Headers of which only the first counts.
const single = new Set([
  'age', 'authorization', 'content-length', 'content-type', 'etag', 'expires', 'from', 'host', 'if-modified-since', 'if-unmodified-since',
  'last-modified', 'location', 'max-forwards', 'proxy-authorization', 'referer', 'retry-after', 'server', 'user-agent',
]);

// joined makes one object of the lines of a head, as Node.js does.
function joined(raw) {
  const headers = {};
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i].toLowerCase();
    const value = raw[i + 1];
    if (name === 'set-cookie') (headers[name] ??= []).push(value);
    else if (headers[name] === undefined) headers[name] = value;
    else if (!single.has(name)) headers[name] += (name === 'cookie' ? '; ' : ', ') + value;
  }
  return headers;
}

function connectionReset() { return new NodeError('ECONNRESET', 'aborted'); }

class IncomingMessage extends Readable {
  #handle;

  constructor(socket, head, handle, req) {
    super();
    this.socket = socket;
    this.httpVersion = head?.version ?? null;
    [this.httpVersionMajor, this.httpVersionMinor] = (head?.version ?? '').split('.').map(Number);
    this.statusCode = head?.status ?? null;
    this.statusMessage = head?.reason ?? null;
    this.rawHeaders = head?.headers ?? [];
    this.headers = joined(this.rawHeaders);
    this.rawTrailers = [];
    this.trailers = {};
    this.complete = false;
    this.aborted = false;
    this.upgrade = false;
    this.url = '';
    this.method = null;
    this.req = req;
    this.#handle = handle;
  }

  get connection() { return this.socket; }

  get headersDistinct() {
    const all = Object.create(null);
    for (let i = 0; i < this.rawHeaders.length; i += 2) (all[this.rawHeaders[i].toLowerCase()] ??= []).push(this.rawHeaders[i + 1]);
    return all;
  }

  setTimeout(ms, callback) {
    if (callback) this.on('timeout', callback);
    this.req?.setTimeout(ms);
    return this;
  }

  _read() {
    if (this.#handle === undefined) return this.push(null);
    native.read(this.#handle, (err, chunk) => {
      if (this.destroyed) return;
      this.socket?.active();
      if (err) {
        this.aborted = true;
        this.emit('aborted');
        this.destroy(err);
      } else if (chunk === undefined) {
        this.complete = true;
        this.push(null);
      } else {
        this.push(Buffer.from(chunk));
      }
    });
  }

  _destroy(err, callback) {
    if (!this.readableEnded && !this.complete) {
      if (!this.aborted) {
        this.aborted = true;
        this.emit('aborted');
      }
      if (this.#handle !== undefined) native.abort(this.#handle);
      if (!err && this.listenerCount('error') > 0) err = connectionReset();
    }
    if (this.listenerCount('error') === 0) err = null; // as Node.js has it: a response may be cut off
    process.nextTick(callback, err);
  }
}

module.exports = {IncomingMessage, connectionReset};
