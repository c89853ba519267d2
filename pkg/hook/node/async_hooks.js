'use strict';

// AsyncLocalStorage and AsyncResource: what is kept for all that a call starts, over timers, promises
// and answers that come later.

const {validateFunction, validateString} = require('internal/errors');

const {stores, setStores} = internal;

// within runs a function with other stores than there are now.
function within(map, fn, self, args) {
  const before = stores();
  setStores(map);
  try {
    return Reflect.apply(fn, self, args);
  } finally {
    setStores(before);
  }
}

class AsyncResource {
  #stores = stores();
  constructor(type) {
    validateString(type, 'type');
    this.type = type;
    Object.defineProperty(this, 'type', {enumerable: false});
  }
  runInAsyncScope(fn, self, ...args) { return within(this.#stores, fn, self, args); }
  bind(fn, self) {
    validateFunction(fn, 'fn');
    const resource = this;
    const bound = function (...args) { return resource.runInAsyncScope(fn, self === undefined ? this : self, ...args); };
    return Object.defineProperty(bound, 'length', {value: fn.length, configurable: true});
  }
  emitDestroy() { return this; }
  asyncId() { return 1; }
  triggerAsyncId() { return 0; }
  static bind(fn, type, self) { return new AsyncResource(type || fn.name || 'bound-anonymous-fn').bind(fn, self); }
}

class AsyncLocalStorage {
  static bind(fn) { return AsyncResource.bind(fn); }
  static snapshot() {
    const map = stores();
    return (fn, ...args) => within(map, fn, undefined, args);
  }
  #with(value) { return new Map(stores()).set(this, value); }
  run(value, fn, ...args) { return within(this.#with(value), fn, null, args); }
  exit(fn, ...args) { return this.run(undefined, fn, ...args); }
  enterWith(value) { setStores(this.#with(value)); }
  getStore() { return stores()?.get(this); }
  disable() {
    const map = new Map(stores());
    map.delete(this);
    setStores(map);
  }
}

module.exports = {
  AsyncLocalStorage, AsyncResource,
  executionAsyncId: () => 1,
  triggerAsyncId: () => 0,
  executionAsyncResource: () => ({}),
};
