'use strict';

// Requests: ClientRequest, and the functions request and get. A body is collected, and sent as a whole when
// it has ended.

const EventEmitter = require('events');
const {Writable} = require('stream');
const {native, validateHeaderName, validateHeaderValue, token, tlsOf} = require('internal/http');
const {NodeError, NodeTypeError, AbortError, invalidType, unsupported, validateFunction, validateAbortSignal} = require('internal/errors');
const {IncomingMessage} = require('internal/http/incoming');
const {Agent, checkAgent} = require('internal/http/agent');

// Connection stands for the socket, which is not to be had here.
class Connection extends EventEmitter {
  #req; #timer; #idle = 0;

  constructor(req, secure) {
    super();
    this.#req = req;
    Object.assign(this, {connecting: false, destroyed: false, readable: true, writable: true, encrypted: secure || undefined, authorized: secure || undefined});
  }

  setTimeout(ms, callback) {
    if (callback) this.once('timeout', callback);
    this.timeout = ms;
    this.#idle = ms;
    this.active();
    return this;
  }

  // active begins to count anew how long nothing has happened.
  active() {
    clearTimeout(this.#timer);
    if (this.#idle > 0 && !this.destroyed) {
      this.#timer = setTimeout(() => this.emit('timeout'), this.#idle);
    }
  }

  over() {
    clearTimeout(this.#timer);
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close', false);
  }

  destroy(err) { this.#req.destroy(err); return this; }
  end() { return this; }
  setKeepAlive() { return this; }
  setNoDelay() { return this; }
  ref() { return this; }
  unref() { return this; }
  address() { return {}; }
}

function hangUp() { return new NodeError('ECONNRESET', 'socket hang up'); }

const bodied = new Set(['POST', 'PUT', 'PATCH']);

class ClientRequest extends Writable {
  #headers = new Map(); // by small letters: [name, value]
  #chunks = [];
  #tls;
  #handle;
  #written = false;
  #whole = false;
  #origin;
  #unsignal;

  constructor(input, options, callback, defaults = {protocol: 'http:', port: 80}) {
    super({autoDestroy: false});
    if (typeof input === 'string') input = urlOptions(new URL(input));
    else if (input instanceof URL) input = urlOptions(input);
    else [input, options, callback] = [undefined, input, options];
    if (typeof options === 'function') [options, callback] = [undefined, options];
    options = {...input, ...options};

    let agent = options.agent;
    if (agent === false) agent = new Agent();
    else if (agent === undefined || agent === null) agent = options._defaultAgent ?? defaults.agent;
    else if (typeof agent !== 'object') throw invalidType('options.agent', 'one of Agent-like Object, undefined, or false', agent);
    checkAgent(agent);
    const protocol = options.protocol || defaults.protocol;
    const expected = agent.protocol || defaults.protocol;
    if (protocol !== expected) throw new NodeTypeError('ERR_INVALID_PROTOCOL', `Protocol "${protocol}" not supported. Expected "${expected}"`);
    for (const name of ['createConnection', 'socketPath']) {
      if (options[name]) throw unsupported(`the option ${name}`);
    }
    if (options.path && /[^\x21-\xff]/.test(options.path)) {
      throw new NodeTypeError('ERR_UNESCAPED_CHARACTERS', 'Request path contains unescaped characters');
    }
    for (const name of ['hostname', 'host']) {
      const value = options[name];
      if (value !== undefined && value !== null && typeof value !== 'string') throw invalidType(`options.${name}`, 'of type string or one of undefined or null', value);
    }
    const method = options.method ?? 'GET';
    if (typeof method !== 'string') throw invalidType('options.method', 'of type string', method);
    if (!token.test(method)) throw new NodeTypeError('ERR_INVALID_HTTP_TOKEN', `Method must be a valid HTTP token ["${method}"]`);

    const defaultPort = options.defaultPort || agent.defaultPort || defaults.port;
    const port = Number(options.port || defaultPort);
    this.agent = agent;
    this.protocol = protocol;
    this.method = method.toUpperCase();
    this.path = options.path || '/';
    this.host = options.hostname || options.host || 'localhost';
    this.reusedSocket = false;
    this.maxHeadersCount = null;
    this.aborted = false;
    this.finished = false;
    this.res = null;
    this.timeout = options.timeout ?? agent.options?.timeout;
    this.#tls = protocol === 'https:' ? tlsOf({...agent.options, ...options}) : undefined;
    const host = this.host.includes(':') && !this.host.startsWith('[') ? `[${this.host}]` : this.host;
    this.#origin = `${protocol}//${host}:${port}`;
    this.shouldKeepAlive = agent.keepAlive;
    this.#setUp(options, port === defaultPort ? host : `${host}:${port}`);

    if (callback) this.once('response', callback);
    this.socket = new Connection(this, protocol === 'https:');
    this.connection = this.socket;
    this.socket.on('timeout', () => this.emit('timeout'));
    if (this.timeout) this.socket.setTimeout(this.timeout);
    if (options.signal !== undefined) this.#follow(options.signal);
    process.nextTick(() => {
      if (!this.destroyed) this.emit('socket', this.socket);
    });
  }

  #setUp(options, host) {
    const {headers} = options;
    if (Array.isArray(headers)) {
      const pairs = Array.isArray(headers[0]) ? headers : headers.flatMap((name, i) => (i % 2 ? [] : [[name, headers[i + 1]]]));
      for (const [name, value] of pairs) this.appendHeader(name, value);
    } else if (headers) {
      for (const name of Object.keys(headers)) this.setHeader(name, headers[name]);
    }
    if (options.auth && !this.hasHeader('authorization')) this.setHeader('Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`);
    if (!this.hasHeader('host') && options.setHost !== false) this.setHeader('Host', host);
  }

  #follow(signal) {
    validateAbortSignal(signal, 'options.signal');
    const abort = () => this.destroy(new AbortError(undefined, {cause: signal.reason}));
    if (signal.aborted) return process.nextTick(abort);
    signal.addEventListener('abort', abort);
    this.#unsignal = () => signal.removeEventListener('abort', abort);
  }

  get headersSent() { return this.#handle !== undefined; }
  get _header() { return this.headersSent ? this.getRawHeaderNames().map((name) => `${name}: ${this.getHeader(name)}\r\n`).join('') : null; }

  setHeader(name, value) {
    if (this.headersSent) throw new NodeError('ERR_HTTP_HEADERS_SENT', 'Cannot set headers after they are sent to the client');
    validateHeaderName(name);
    for (const each of Array.isArray(value) ? value : [value]) validateHeaderValue(name, each);
    this.#headers.set(name.toLowerCase(), [name, value]);
    return this;
  }

  appendHeader(name, value) {
    const before = this.getHeader(name);
    return this.setHeader(name, before === undefined ? value : [before, value].flat());
  }

  setHeaders(headers) {
    for (const [name, value] of headers) this.setHeader(name, value);
    return this;
  }

  getHeader(name) { return this.#headers.get(String(name).toLowerCase())?.[1]; }
  hasHeader(name) { return this.#headers.has(String(name).toLowerCase()); }
  getHeaderNames() { return [...this.#headers.keys()]; }
  getRawHeaderNames() { return [...this.#headers.values()].map(([name]) => name); }
  getHeaders() { return Object.assign(Object.create(null), Object.fromEntries([...this.#headers].map(([key, [, value]]) => [key, value]))); }

  removeHeader(name) {
    if (this.headersSent) throw new NodeError('ERR_HTTP_HEADERS_SENT', 'Cannot remove headers after they are sent to the client');
    this.#headers.delete(String(name).toLowerCase());
  }

  flushHeaders() {}
  setNoDelay() {}
  setSocketKeepAlive() {}
  onSocket() {}
  addTrailers() { throw unsupported('trailers'); }

  setTimeout(ms, callback) {
    if (callback) {
      validateFunction(callback, 'callback');
      this.once('timeout', callback);
    }
    this.timeout = ms;
    this.socket.setTimeout(ms);
    return this;
  }

  end(chunk, encoding, callback) {
    if (typeof chunk !== 'function' && chunk !== undefined && chunk !== null && !this.#written) this.#whole = true;
    this.finished = true;
    return super.end(chunk, encoding, callback);
  }

  write(chunk, encoding, callback) {
    this.#written = true;
    return super.write(chunk, encoding, callback);
  }

  _write(chunk, encoding, callback) {
    this.#chunks.push(chunk);
    callback();
  }

  _final(callback) {
    if (!this.destroyed) this.#send();
    callback();
  }

  #send() {
    const headers = [];
    let chunked = false;
    let close = false;
    let length;
    for (const [key, [name, value]] of this.#headers) {
      if (key === 'content-length') length = value;
      else if (key === 'transfer-encoding') chunked = /chunked/i.test(value);
      else if (key === 'connection') {
        close = /close/i.test(value);
        if (/upgrade/i.test(value)) return this.destroy(unsupported('Connection: upgrade'));
      } else for (const each of Array.isArray(value) && key !== 'cookie' ? value : [Array.isArray(value) ? value.join('; ') : value]) headers.push(name, String(each));
    }
    const body = this.#chunks.length > 0 || bodied.has(this.method) ? Buffer.concat(this.#chunks) : undefined;
    this.#chunks = [];
    if (length === undefined && this.#written && !this.#whole && bodied.has(this.method)) chunked = true;
    this.socket.active();
    const request = {method: this.method, url: this.#origin + this.path, headers, body, chunked, close, tls: this.#tls};
    this.#handle = native.request(request, (err, head) => {
      if (this.destroyed) return;
      this.socket.active();
      if (err) return this.destroy(err);
      this.#respond(head);
    });
  }

  #respond(head) {
    if (head.status === 101) return this.destroy(unsupported('switching protocols'));
    const res = new IncomingMessage(this.socket, head, this.#handle, this);
    this.res = res;
    res.once('close', () => {
      this.#unsignal?.();
      this.socket.over();
      this.destroyed = true;
      this.emit('close');
    });
    if (!this.emit('response', res)) res.resume();
  }

  abort() {
    if (this.aborted) return;
    this.aborted = true;
    process.nextTick(() => this.emit('abort'));
    this.destroy();
  }

  destroy(err) {
    if (this.destroyed) return this;
    this.#unsignal?.();
    if (this.#handle !== undefined) native.abort(this.#handle);
    if (this.res) {
      this.destroyed = true;
      this.res.destroy(err);
      return this;
    }
    super.destroy(err ?? hangUp());
    this.socket?.over();
    return this;
  }
}

// urlOptions are the options that a URL stands for.
function urlOptions(url) {
  const options = {
    protocol: url.protocol,
    hostname: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    hash: url.hash, search: url.search, pathname: url.pathname, path: `${url.pathname || ''}${url.search || ''}`, href: url.href,
  };
  if (url.port !== '') options.port = Number(url.port);
  if (url.username || url.password) options.auth = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return options;
}

module.exports = {ClientRequest, urlOptions};
