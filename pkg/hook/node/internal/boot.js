'use strict';

// The global objects that Node.js has and the language does not.

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

function define(name, value) {
  Object.defineProperty(globalThis, name, {value, writable: true, enumerable: false, configurable: true});
}

define('setTimeout', function setTimeout(...args) { return new Timeout(false, args); });
define('setInterval', function setInterval(...args) { return new Timeout(true, args); });
define('setImmediate', function setImmediate(callback, ...args) { return new Timeout(false, [callback, 0, ...args]); });
define('clearTimeout', clear);
define('clearInterval', clear);
define('clearImmediate', clear);
define('queueMicrotask', function queueMicrotask(callback) {
  if (typeof callback !== 'function') throw new TypeError('The "callback" argument must be of type function.');
  Promise.resolve().then(() => callback());
});
