'use strict';

// The global objects that Node.js has and the language does not. Those that take long to make, and
// that few use, are made when they are first asked for.

function define(name, value) {
  Object.defineProperty(globalThis, name, {value, writable: true, enumerable: false, configurable: true});
}

// lazy defines globals that are exports of a module, or the module itself.
function lazy(module, ...names) {
  for (const name of names) {
    Object.defineProperty(globalThis, name, {
      get() {
        define(name, name === module ? require(module) : require(module)[name]);
        return globalThis[name];
      },
      set(value) { define(name, value); },
      enumerable: false,
      configurable: true,
    });
  }
}

// Parts of the language that its interpreter lacks.

for (const name of ['asyncIterator', 'dispose', 'asyncDispose']) {
  if (!Symbol[name]) Object.defineProperty(Symbol, name, {value: Symbol(`Symbol.${name}`)});
}

// captureStackTrace gives an object the stack of where it is called, without the frames above and
// including the function below.
Error.captureStackTrace = function captureStackTrace(object, below) {
  let frames = new Error().stack.split('\n').slice(2);
  if (typeof below === 'function' && below.name) {
    const at = frames.findIndex((frame) => frame.startsWith(`\tat ${below.name} `));
    if (at >= 0) frames = frames.slice(at + 1);
  }
  const stack = [Error.prototype.toString.call(object), ...frames].join('\n');
  Object.defineProperty(object, 'stack', {value: stack, writable: true, enumerable: false, configurable: true});
};
Error.stackTraceLimit = 10;

// RegExp knows the properties of characters that a pattern names.
{
  const Native = RegExp;
  const made = function RegExp(pattern, flags) {
    if (typeof pattern === 'string' && typeof flags === 'string' && flags.includes('u') && /\\[pP]\{/.test(pattern)) {
      pattern = internal.expandPattern(pattern, flags);
    }
    if (new.target) return Reflect.construct(Native, [pattern, flags], new.target === made ? Native : new.target);
    return Native(pattern, flags);
  };
  Object.defineProperty(made, 'length', {value: 2, configurable: true});
  Object.defineProperty(made, 'prototype', {value: Native.prototype, writable: false});
  Object.defineProperty(made, Symbol.species, {get() { return this === made ? Native : this; }, configurable: true});
  Object.defineProperty(Native.prototype, 'constructor', {value: made, writable: true, configurable: true});
  define('RegExp', made);
}

// A WeakRef may keep its object for as long as it is there itself, and a FinalizationRegistry need
// never call back.
define('WeakRef', class WeakRef {
  #target;
  constructor(target) { this.#target = target; }
  deref() { return this.#target; }
  get [Symbol.toStringTag]() { return 'WeakRef'; }
});
define('FinalizationRegistry', class FinalizationRegistry {
  register() {}
  unregister() { return false; }
  get [Symbol.toStringTag]() { return 'FinalizationRegistry'; }
});

// Timers.

const kTimer = Symbol('timer');

class Timeout {
  constructor(repeat, args) {
    this[kTimer] = internal.startTimer(repeat, args);
  }
  ref() { return this; }
  unref() { return this; }
  hasRef() { return true; }
  close() { internal.stopTimer(this[kTimer]); return this; }
  [Symbol.toPrimitive]() { return this[kTimer]; }
}

// A timer is cleared by its object, its number, or the text of its number.
function clear(timer) {
  if (timer instanceof Timeout) internal.stopTimer(timer[kTimer]);
  else if (timer !== undefined && timer !== null) internal.stopTimer(Number(timer) || 0);
}

define('setTimeout', function setTimeout(...args) { return new Timeout(false, args); });
define('setInterval', function setInterval(...args) { return new Timeout(true, args); });
define('setImmediate', function setImmediate(callback, ...args) { return new Timeout(false, [callback, 0, ...args]); });
define('clearTimeout', clear);
define('clearInterval', clear);
define('clearImmediate', clear);
define('queueMicrotask', function queueMicrotask(callback) {
  if (typeof callback !== 'function') throw require('internal/errors').invalidType('callback', 'of type function', callback);
  Promise.resolve().then(() => callback());
});

// util.promisify makes of a timer the one that gives a promise.
for (const timer of [setTimeout, setImmediate]) {
  Object.defineProperty(timer, Symbol.for('nodejs.util.promisify.custom'), {
    get: () => require('timers/promises')[timer.name], enumerable: true, configurable: true,
  });
}

const performance = {
  now: internal.now,
  timeOrigin: internal.started,
  toJSON() { return {timeOrigin: performance.timeOrigin}; },
};
define('performance', performance);

lazy('internal/console', 'console');
lazy('process', 'process');
lazy('internal/eventtarget', 'Event', 'CustomEvent', 'EventTarget', 'AbortController', 'AbortSignal', 'DOMException');
lazy('internal/text', 'TextEncoder', 'TextDecoder');
lazy('internal/clone', 'structuredClone');
lazy('buffer', 'Buffer', 'Blob', 'atob', 'btoa');
lazy('url', 'URL', 'URLSearchParams');
lazy('internal/crypto/web', 'crypto', 'Crypto', 'CryptoKey', 'SubtleCrypto');
lazy('buffer', 'File');
lazy('internal/fetch', 'fetch', 'Headers', 'Request', 'Response', 'FormData');
lazy('internal/webstreams', 'ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamDefaultController');
lazy('internal/websocket', 'WebSocket');
