'use strict';

// WebSockets: what the package ws has for clients, and the global WebSocket. internal is what Go has for
// them: see websocket.go.

const native = internal;
const EventEmitter = require('events');
const {Event, EventTarget, DOMException, defineHandler} = require('internal/eventtarget');
const {types} = require('internal/types');
const {blobBytes} = require('internal/blob');
const {unsupported} = require('internal/errors');
const {tlsOf} = require('internal/http');
const {IncomingMessage} = require('internal/http/incoming');
const {checkAgent} = require('internal/http/agent');

const names = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];
const [CONNECTING, OPEN, CLOSING, CLOSED] = [0, 1, 2, 3];

class MessageEvent extends Event {
  #data; #origin;
  constructor(type, options = {}) {
    super(type, options);
    this.#data = options.data ?? null;
    this.#origin = options.origin ?? '';
  }
  get data() { return this.#data; }
  get origin() { return this.#origin; }
  get lastEventId() { return ''; }
  get source() { return null; }
  get ports() { return []; }
}

class CloseEvent extends Event {
  #options;
  constructor(type, options = {}) {
    super(type, options);
    this.#options = options;
  }
  get code() { return this.#options.code ?? 0; }
  get reason() { return this.#options.reason ?? ''; }
  get wasClean() { return this.#options.wasClean ?? false; }
}

class ErrorEvent extends Event {
  #options;
  constructor(type, options = {}) {
    super(type, options);
    this.#options = options;
  }
  get error() { return this.#options.error ?? null; }
  get message() { return this.#options.message ?? ''; }
}

function validCode(code) {
  return code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code) || code >= 3000 && code <= 4999;
}

// address reads the URL of a WebSocket.
function address(url) {
  let parsed;
  try {
    parsed = new URL(String(url));
  } catch {
    throw new SyntaxError(`Invalid URL: ${url}`);
  }
  if (parsed.protocol === 'http:' || parsed.protocol === 'https:') parsed = new URL(parsed.href.replace(/^http/, 'ws'));
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') throw new SyntaxError(`The URL's protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"`);
  if (parsed.hash) throw new SyntaxError('The URL contains a fragment identifier');
  return parsed;
}

function checkProtocols(protocols) {
  const list = [];
  for (const each of protocols) {
    if (typeof each !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(each) || list.includes(each)) {
      throw new SyntaxError('An invalid or duplicated subprotocol was specified');
    }
    list.push(each);
  }
  return list;
}

// WebSocket is that of the package ws.
class WebSocket extends EventEmitter {
  #handle; #state = CONNECTING; #protocol = ''; #buffered = 0; #url; #binaryType = 'nodebuffer'; #failure; #timer; #paused; #listeners = [];

  constructor(url, protocols, options) {
    super();
    if (url === null) throw unsupported('a WebSocket of a server');
    if (protocols === undefined) protocols = [];
    else if (!Array.isArray(protocols)) {
      if (typeof protocols === 'object' && protocols !== null) [protocols, options] = [[], protocols];
      else protocols = [protocols];
    }
    options = {
      followRedirects: false, maxRedirects: 10, maxPayload: 100 * 1024 * 1024, perMessageDeflate: true, protocolVersion: 13, handshakeTimeout: undefined, ...options,
    };
    if (options.protocolVersion !== 13 && options.protocolVersion !== 8) {
      throw new RangeError(`Unsupported protocol version: ${options.protocolVersion} (supported versions: 8, 13)`);
    }
    for (const name of ['createConnection', 'socketPath', 'finishRequest']) {
      if (options[name]) throw unsupported(`the option ${name}`);
    }
    if (options.agent) checkAgent(options.agent);
    const parsed = address(url);
    this.#url = parsed.href;
    protocols = checkProtocols(protocols);
    const headers = [];
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (/^(connection|upgrade|sec-websocket-(key|version|extensions|protocol))$/i.test(name)) continue;
      for (const each of Array.isArray(value) ? value : [value]) headers.push(name, String(each));
    }
    if (options.origin && !headers.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'origin')) headers.push('Origin', options.origin);
    if (options.host) headers.push('Host', options.host);
    const auth = options.auth ?? (parsed.username || parsed.password ? `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}` : undefined);
    if (auth !== undefined && !headers.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'authorization')) {
      headers.push('Authorization', `Basic ${Buffer.from(auth).toString('base64')}`);
    }
    parsed.username = '';
    parsed.password = '';
    const wait = options.handshakeTimeout ?? options.timeout;
    if (wait) {
      this.#timer = setTimeout(() => this.#fail(new Error('Opening handshake has timed out')), wait);
    }
    this.#handle = native.open({
      url: parsed.href, protocols, headers, compress: Boolean(options.perMessageDeflate), redirects: options.followRedirects ? options.maxRedirects : 0,
      maxPayload: options.maxPayload, tls: parsed.protocol === 'wss:' ? tlsOf({...options.agent?.options, ...options}) : undefined,
    }, (name, ...args) => this.#happened[name](...args));
  }

  // What Go tells.
  #happened = {
    open: (head, protocol) => {
      if (this.#state !== CONNECTING) return native.terminate(this.#handle);
      clearTimeout(this.#timer);
      this.#protocol = protocol;
      this.emit('upgrade', new IncomingMessage(undefined, head));
      if (this.#state !== CONNECTING) return;
      this.#state = OPEN;
      this.emit('open');
    },
    refused: (head, body) => {
      if (this.#state !== CONNECTING) return this.#closed(1006, '');
      const res = new IncomingMessage(undefined, head);
      if (this.listenerCount('unexpected-response') > 0) {
        const parts = Buffer.from(body);
        res._read = () => { res.push(parts); res.push(null); };
        this.emit('unexpected-response', {abort() {}, destroy() {}, end() {}, on() { return this; }}, res);
      } else {
        this.#fail(new Error(`Unexpected server response: ${head.status}`));
      }
    },
    error: (err) => (this.#state === CONNECTING ? this.#fail(err) : this.#closed(1006, '')),
    message: (data, binary) => {
      if (this.#state !== OPEN && this.#state !== CLOSING) return;
      if (this.#paused) this.#paused.push([data, binary]);
      else this.#message(data, binary);
    },
    ping: (data) => { if (this.#state === OPEN) this.emit('ping', Buffer.from(data)); },
    pong: (data) => { if (this.#state === OPEN) this.emit('pong', Buffer.from(data)); },
    sent: (size) => { this.#buffered -= size; },
    closed: (code, reason) => this.#closed(code, reason),
  };

  #message(data, binary) {
    let value = Buffer.from(data);
    if (binary && this.#binaryType === 'arraybuffer') value = data;
    else if (binary && this.#binaryType === 'fragments') value = [value];
    this.emit('message', value, binary);
  }

  // fail ends what has not opened.
  #fail(err) {
    if (this.#state === CLOSED || this.#failure !== undefined) return;
    clearTimeout(this.#timer);
    this.#failure = err;
    this.#state = CLOSING;
    native.terminate(this.#handle);
    process.nextTick(() => {
      try {
        this.emit('error', err);
      } finally {
        this.#closed(1006, '');
      }
    });
  }

  #closed(code, reason) {
    if (this.#state === CLOSED) return;
    clearTimeout(this.#timer);
    this.#state = CLOSED;
    this.emit('close', code, Buffer.from(reason ?? ''));
  }

  get readyState() { return this.#state; }
  get url() { return this.#url; }
  get protocol() { return this.#protocol; }
  get extensions() { return ''; }
  get bufferedAmount() { return this.#buffered; }
  get isPaused() { return this.#paused !== undefined; }
  get binaryType() { return this.#binaryType; }
  set binaryType(type) { if (['nodebuffer', 'arraybuffer', 'fragments'].includes(type)) this.#binaryType = type; }

  pause() { if (this.#state === OPEN || this.#state === CLOSING) this.#paused ??= []; }

  resume() {
    const held = this.#paused ?? [];
    this.#paused = undefined;
    for (const [data, binary] of held) this.#message(data, binary);
  }

  send(data, options, callback) {
    if (this.#state === CONNECTING) throw new Error('WebSocket is not open: readyState 0 (CONNECTING)');
    if (typeof options === 'function') [options, callback] = [{}, options];
    if (typeof data === 'number') data = String(data);
    if (this.#state !== OPEN) {
      if (callback) process.nextTick(callback, new Error(`WebSocket is not open: readyState ${this.#state} (${names[this.#state]})`));
      return;
    }
    const binary = options?.binary ?? typeof data !== 'string';
    if (data === undefined || data === null) data = '';
    const bytes = typeof data === 'string' || ArrayBuffer.isView(data) || types.isAnyArrayBuffer(data) ? data : data instanceof Blob ? blobBytes(data) : Buffer.from(data);
    this.#buffered += typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.byteLength;
    native.send(this.#handle, bytes, binary, callback);
  }

  ping(data, mask, callback) { this.#control(data, mask, callback); }

  // A pong that nobody asked for has no use: those that are asked for are sent by themselves.
  pong(data, mask, callback) {
    if (typeof data === 'function') [data, callback] = [undefined, data];
    else if (typeof mask === 'function') callback = mask;
    if (this.#state === CONNECTING) throw new Error('WebSocket is not open: readyState 0 (CONNECTING)');
    if (callback) process.nextTick(callback);
  }

  #control(data, mask, callback) {
    if (this.#state === CONNECTING) throw new Error('WebSocket is not open: readyState 0 (CONNECTING)');
    if (typeof data === 'function') [data, callback] = [undefined, data];
    else if (typeof mask === 'function') callback = mask;
    if (this.#state !== OPEN) {
      if (callback) process.nextTick(callback, new Error(`WebSocket is not open: readyState ${this.#state} (${names[this.#state]})`));
      return;
    }
    native.ping(this.#handle, data === undefined ? '' : typeof data === 'number' ? String(data) : data);
    if (callback) process.nextTick(callback);
  }

  close(code, reason) {
    if (this.#state === CLOSED || this.#state === CLOSING) return;
    if (this.#state === CONNECTING) return this.#fail(new Error('WebSocket was closed before the connection was established'));
    if (code !== undefined && (typeof code !== 'number' || !validCode(code))) throw new TypeError('First argument must be a valid error code number');
    const text = reason === undefined ? '' : String(reason);
    if (Buffer.byteLength(text) > 123) throw new RangeError('The message must not be greater than 123 bytes');
    this.#state = CLOSING;
    native.close(this.#handle, code ?? 1005, text);
  }

  terminate() {
    if (this.#state === CLOSED) return;
    if (this.#state === CONNECTING) return this.#fail(new Error('WebSocket was closed before the connection was established'));
    this.#state = CLOSING;
    native.terminate(this.#handle);
  }

  addEventListener(type, listener, options = {}) {
    if (this.#listeners.some((each) => each.type === type && each.listener === listener)) return;
    const call = (...args) => {
      const event = eventOf(this, type, args);
      if (typeof listener === 'function') listener.call(this, event);
      else listener.handleEvent(event);
    };
    this.#listeners.push({type, listener, call});
    if (options.once) this.once(type, call);
    else this.on(type, call);
  }

  removeEventListener(type, listener) {
    const at = this.#listeners.findIndex((each) => each.type === type && each.listener === listener);
    if (at < 0) return;
    this.removeListener(type, this.#listeners[at].call);
    this.#listeners.splice(at, 1);
  }
}

// eventOf makes the event that a browser would have.
function eventOf(socket, type, args) {
  const event = {
    message: () => new MessageEvent(type, {data: args[1] ? args[0] : args[0].toString()}),
    close: () => new CloseEvent(type, {code: args[0], reason: args[1].toString(), wasClean: args[0] !== 1006}),
    error: () => new ErrorEvent(type, {error: args[0], message: args[0].message}),
  }[type]?.() ?? new Event(type);
  Object.defineProperty(event, 'target', {value: socket, configurable: true});
  return event;
}

for (const type of ['open', 'message', 'error', 'close']) {
  const handlers = new WeakMap();
  Object.defineProperty(WebSocket.prototype, `on${type}`, {
    get() { return handlers.get(this) ?? null; },
    set(handler) {
      if (handlers.has(this)) this.removeEventListener(type, handlers.get(this));
      handlers.delete(this);
      if (typeof handler !== 'function') return;
      handlers.set(this, handler);
      this.addEventListener(type, handler);
    },
    enumerable: true, configurable: true,
  });
}

for (const [value, name] of names.entries()) {
  const constant = {value, enumerable: true};
  Object.defineProperty(WebSocket, name, constant);
  Object.defineProperty(WebSocket.prototype, name, constant);
}

// BrowserWebSocket is the global one.
class BrowserWebSocket extends EventTarget {
  #socket; #binaryType = 'blob';

  constructor(url, protocols = []) {
    super();
    try {
      this.#socket = new WebSocket(url, typeof protocols === 'string' ? [protocols] : [...protocols]);
    } catch (err) {
      throw new DOMException(err.message, 'SyntaxError');
    }
    this.#socket.on('open', () => this.dispatchEvent(new Event('open')));
    this.#socket.on('error', (error) => this.dispatchEvent(new ErrorEvent('error', {error, message: error.message})));
    this.#socket.on('close', (code, reason) => this.dispatchEvent(new CloseEvent('close', {code, reason: reason.toString(), wasClean: code !== 1006})));
    this.#socket.on('message', (data, binary) => {
      let value = data;
      if (!binary) value = data.toString();
      else if (this.#binaryType === 'blob') value = new Blob([data]);
      else value = data.buffer.slice(data.byteOffset, data.byteOffset + data.length);
      this.dispatchEvent(new MessageEvent('message', {data: value, origin: new URL(this.url).origin}));
    });
  }

  get url() { return this.#socket.url; }
  get readyState() { return this.#socket.readyState; }
  get protocol() { return this.#socket.protocol; }
  get extensions() { return ''; }
  get bufferedAmount() { return this.#socket.bufferedAmount; }
  get binaryType() { return this.#binaryType; }
  set binaryType(type) { if (type === 'blob' || type === 'arraybuffer') this.#binaryType = type; }

  send(data) {
    if (this.readyState === CONNECTING) throw new DOMException('Sent before connected.', 'InvalidStateError');
    if (typeof data !== 'string' && !(data instanceof Blob) && !ArrayBuffer.isView(data) && !types.isAnyArrayBuffer(data)) data = String(data);
    this.#socket.send(data);
  }

  close(code, reason = '') {
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999)) throw new DOMException('invalid code', 'InvalidAccessError');
    if (Buffer.byteLength(String(reason)) > 123) throw new DOMException('Reason must be less than 123 bytes', 'SyntaxError');
    this.#socket.close(code, reason);
  }

  get [Symbol.toStringTag]() { return 'WebSocket'; }
}
Object.defineProperty(BrowserWebSocket, 'name', {value: 'WebSocket'});
for (const type of ['open', 'message', 'error', 'close']) defineHandler(BrowserWebSocket.prototype, type);
for (const [value, name] of names.entries()) {
  Object.defineProperty(BrowserWebSocket, name, {value, enumerable: true});
  Object.defineProperty(BrowserWebSocket.prototype, name, {value, enumerable: true});
}

module.exports = {WebSocketClient: WebSocket, WebSocket: BrowserWebSocket, MessageEvent, CloseEvent, ErrorEvent};
