'use strict';

// EventEmitter, and the functions about it.

const {NodeError, AbortError, validateFunction, validateAbortSignal, outOfRange, invalidType} = require('internal/errors');

const captured = Symbol.for('nodejs.rejection');
const errorMonitor = Symbol('events.errorMonitor');
const kCapture = Symbol('kCapture');

let defaultMaxListeners = 10;

function EventEmitter(options) { EventEmitter.init.call(this, options); }

EventEmitter.prototype._events = undefined;
EventEmitter.prototype._eventsCount = 0;
EventEmitter.prototype._maxListeners = undefined;

EventEmitter.init = function (options) {
  if (this._events === undefined || this._events === Object.getPrototypeOf(this)._events) {
    this._events = Object.create(null);
    this._eventsCount = 0;
  }
  this._maxListeners = this._maxListeners || undefined;
  if (options?.captureRejections !== undefined) this[kCapture] = Boolean(options.captureRejections);
};

function validateCount(n, name) {
  if (typeof n !== 'number') throw invalidType(name, 'of type number', n);
  if (n < 0 || Number.isNaN(n)) throw outOfRange(name, '>= 0', n);
}

EventEmitter.prototype.setMaxListeners = function setMaxListeners(n) {
  validateCount(n, 'setMaxListeners');
  this._maxListeners = n;
  return this;
};

EventEmitter.prototype.getMaxListeners = function getMaxListeners() {
  return this._maxListeners === undefined ? EventEmitter.defaultMaxListeners : this._maxListeners;
};

// emit calls the listeners there are now, one after another.
EventEmitter.prototype.emit = function emit(type, ...args) {
  const events = this._events;
  if (type === 'error') {
    if (events?.[errorMonitor] !== undefined) this.emit(errorMonitor, ...args);
    if (events?.error === undefined) throw unhandled(args[0]);
  }
  const listeners = events?.[type];
  if (listeners === undefined) return false;
  if (typeof listeners === 'function') call(this, type, listeners, args);
  else for (const listener of listeners.slice()) call(this, type, listener, args);
  return true;
};

function unhandled(error) {
  if (error instanceof Error) return error;
  const {inspect} = require('internal/inspect');
  const made = new NodeError('ERR_UNHANDLED_ERROR', `Unhandled error. (${typeof error === 'string' ? `'${error}'` : inspect(error)})`);
  made.context = error;
  return made;
}

function call(emitter, type, listener, args) {
  const result = listener.apply(emitter, args);
  if (emitter[kCapture] && typeof result?.then === 'function') {
    result.then(undefined, (error) => process.nextTick(() => {
      if (typeof emitter[captured] === 'function') return emitter[captured](error, type, ...args);
      const before = emitter[kCapture];
      emitter[kCapture] = false;
      try {
        emitter.emit('error', error);
      } finally {
        emitter[kCapture] = before;
      }
    }));
  }
}

function add(emitter, type, listener, first) {
  validateFunction(listener, 'listener');
  let events = emitter._events;
  if (events === undefined) {
    events = emitter._events = Object.create(null);
    emitter._eventsCount = 0;
  } else if (events.newListener !== undefined) {
    emitter.emit('newListener', type, listener.listener ?? listener);
    events = emitter._events;
  }
  const there = events[type];
  if (there === undefined) {
    events[type] = listener;
    emitter._eventsCount++;
    return emitter;
  }
  if (typeof there === 'function') events[type] = first ? [listener, there] : [there, listener];
  else if (first) there.unshift(listener);
  else there.push(listener);
  const most = emitter.getMaxListeners();
  const all = events[type];
  if (most > 0 && all.length > most && !all.warned) {
    all.warned = true;
    const {inspect} = require('internal/inspect');
    const warning = new Error(`Possible EventEmitter memory leak detected. ${all.length} ${String(type)} listeners added to ` +
      `${inspect(emitter, {depth: -1})}. MaxListeners is ${most}. Use emitter.setMaxListeners() to increase limit`);
    warning.name = 'MaxListenersExceededWarning';
    Object.assign(warning, {emitter, type, count: all.length});
    process.emitWarning(warning);
  }
  return emitter;
}

EventEmitter.prototype.addListener = function addListener(type, listener) { return add(this, type, listener, false); };
EventEmitter.prototype.on = EventEmitter.prototype.addListener;
EventEmitter.prototype.prependListener = function prependListener(type, listener) { return add(this, type, listener, true); };

function onceOnly(emitter, type, listener) {
  validateFunction(listener, 'listener');
  let done = false;
  function wrapped(...args) {
    if (done) return undefined;
    done = true;
    emitter.removeListener(type, wrapped);
    return listener.apply(emitter, args);
  }
  wrapped.listener = listener;
  return wrapped;
}

EventEmitter.prototype.once = function once(type, listener) {
  return this.on(type, onceOnly(this, type, listener));
};

EventEmitter.prototype.prependOnceListener = function prependOnceListener(type, listener) {
  return this.prependListener(type, onceOnly(this, type, listener));
};

EventEmitter.prototype.removeListener = function removeListener(type, listener) {
  validateFunction(listener, 'listener');
  const events = this._events;
  const there = events?.[type];
  if (there === undefined) return this;
  let removed = listener;
  if (typeof there === 'function') {
    if (there !== listener && there.listener !== listener) return this;
    removed = there;
    delete events[type];
    this._eventsCount--;
  } else {
    let at = there.length - 1;
    while (at >= 0 && there[at] !== listener && there[at].listener !== listener) at--;
    if (at < 0) return this;
    removed = there[at];
    if (at === 0) there.shift();
    else there.splice(at, 1);
    if (there.length === 1) events[type] = there[0];
  }
  if (events.removeListener !== undefined) this.emit('removeListener', type, removed.listener ?? removed);
  return this;
};
EventEmitter.prototype.off = EventEmitter.prototype.removeListener;

EventEmitter.prototype.removeAllListeners = function removeAllListeners(type) {
  const events = this._events;
  if (events === undefined) return this;
  if (events.removeListener === undefined) {
    if (arguments.length === 0) {
      this._events = Object.create(null);
      this._eventsCount = 0;
    } else if (events[type] !== undefined) {
      delete events[type];
      this._eventsCount--;
    }
    return this;
  }
  if (arguments.length === 0) {
    for (const key of Reflect.ownKeys(events)) {
      if (key !== 'removeListener') this.removeAllListeners(key);
    }
    this.removeAllListeners('removeListener');
    this._events = Object.create(null);
    this._eventsCount = 0;
    return this;
  }
  for (const listener of listenersOf(this, type, false).reverse()) this.removeListener(type, listener);
  return this;
};

function listenersOf(emitter, type, unwrap) {
  const there = emitter._events?.[type];
  if (there === undefined) return [];
  const all = typeof there === 'function' ? [there] : there.slice();
  return unwrap ? all.map((listener) => listener.listener ?? listener) : all;
}

EventEmitter.prototype.listeners = function listeners(type) { return listenersOf(this, type, true); };
EventEmitter.prototype.rawListeners = function rawListeners(type) { return listenersOf(this, type, false); };
EventEmitter.prototype.eventNames = function eventNames() { return this._events === undefined ? [] : Reflect.ownKeys(this._events); };

EventEmitter.prototype.listenerCount = function listenerCount(type, listener) {
  const all = listenersOf(this, type, false);
  return listener === undefined ? all.length : all.filter((each) => each === listener || each.listener === listener).length;
};

Object.defineProperty(EventEmitter, 'defaultMaxListeners', {
  enumerable: true,
  get: () => defaultMaxListeners,
  set(n) {
    validateCount(n, 'defaultMaxListeners');
    defaultMaxListeners = n;
  },
});

// once gives a promise of the arguments of the next event; an error event rejects it.
function once(emitter, name, options = {}) {
  const {signal} = options;
  validateAbortSignal(signal, 'options.signal');
  if (signal?.aborted) return Promise.reject(new AbortError(undefined, {cause: signal.reason}));
  return new Promise((resolve, reject) => {
    if (typeof emitter.on !== 'function') {
      if (typeof emitter.addEventListener !== 'function') throw invalidType('emitter', 'an instance of EventEmitter', emitter);
      emitter.addEventListener(name, (event) => resolve([event]), {once: true});
      return;
    }
    const end = () => {
      emitter.removeListener(name, resolved);
      emitter.removeListener('error', failed);
      signal?.removeEventListener('abort', aborted);
    };
    const resolved = (...args) => { end(); resolve(args); };
    const failed = (error) => { end(); reject(error); };
    const aborted = () => { end(); reject(new AbortError(undefined, {cause: signal.reason})); };
    emitter.once(name, resolved);
    if (name !== 'error') emitter.once('error', failed);
    signal?.addEventListener('abort', aborted, {once: true});
  });
}

// on gives an async iterator of the arguments of events. An error event makes it throw, one of
// options.close ends it.
function on(emitter, name, options = {}) {
  const {signal} = options;
  validateAbortSignal(signal, 'options.signal');
  if (signal?.aborted) throw new AbortError(undefined, {cause: signal.reason});
  const arrived = [];
  const waiting = [];
  let failure;
  let ended = false;
  const take = (...args) => {
    if (waiting.length > 0) waiting.shift().resolve({value: args, done: false});
    else arrived.push(args);
  };
  const fail = (error) => {
    if (waiting.length > 0) waiting.shift().reject(error);
    else failure = {error};
    finish();
  };
  const aborted = () => fail(new AbortError(undefined, {cause: signal.reason}));
  const finish = () => {
    if (ended) return;
    ended = true;
    emitter.removeListener(name, take);
    emitter.removeListener('error', fail);
    for (const close of options.close ?? []) emitter.removeListener(close, finish);
    signal?.removeEventListener('abort', aborted);
    for (const {resolve} of waiting.splice(0)) resolve({value: undefined, done: true});
  };
  emitter.on(name, take);
  if (name !== 'error') emitter.on('error', fail);
  for (const close of options.close ?? []) emitter.on(close, finish);
  signal?.addEventListener('abort', aborted, {once: true});
  return {
    next() {
      if (arrived.length > 0) return Promise.resolve({value: arrived.shift(), done: false});
      if (failure !== undefined) {
        const {error} = failure;
        failure = undefined;
        return Promise.reject(error);
      }
      if (ended) return Promise.resolve({value: undefined, done: true});
      return new Promise((resolve, reject) => waiting.push({resolve, reject}));
    },
    return() {
      finish();
      return Promise.resolve({value: undefined, done: true});
    },
    throw(error) {
      fail(error);
      return Promise.resolve({value: undefined, done: true});
    },
    [Symbol.asyncIterator]() { return this; },
  };
}

function setMaxListeners(n = defaultMaxListeners, ...targets) {
  validateCount(n, 'setMaxListeners');
  if (targets.length === 0) defaultMaxListeners = n;
  for (const target of targets) {
    if (typeof target.setMaxListeners === 'function') target.setMaxListeners(n);
  }
}

function getEventListeners(target, type) {
  return typeof target.listeners === 'function' ? target.listeners(type) : require('internal/eventtarget').listenersOf(target, type);
}

function addAbortListener(signal, listener) {
  validateAbortSignal(signal, 'signal');
  validateFunction(listener, 'listener');
  if (signal.aborted) queueMicrotask(() => listener());
  else signal.addEventListener('abort', listener, {once: true});
  return {[Symbol.dispose]() { signal.removeEventListener('abort', listener); }};
}

Object.assign(EventEmitter, {
  EventEmitter, once, on, setMaxListeners, getEventListeners, addAbortListener, errorMonitor,
  captureRejectionSymbol: captured,
  captureRejections: false,
  usingDomains: false,
  listenerCount: (emitter, type) => emitter.listenerCount(type),
  getMaxListeners: (target) => (typeof target.getMaxListeners === 'function' ? target.getMaxListeners() : defaultMaxListeners),
});

module.exports = EventEmitter;
