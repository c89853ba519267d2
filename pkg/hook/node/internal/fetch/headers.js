'use strict';

// Headers of fetch.

const {token} = require('internal/http');

const kGuard = Symbol('guard');

function checkName(name) {
  name = String(name);
  if (!token.test(name)) throw new TypeError(`Headers.append: "${name}" is an invalid header name.`);
  return name.toLowerCase();
}

function checkValue(value) {
  value = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
  if (/[\0\r\n]/.test(value) || /[^\0-\xff]/.test(value)) throw new TypeError(`Headers.append: "${value}" is an invalid header value.`);
  return value;
}

class Headers {
  #list = new Map(); // name to value; of set-cookie, to all of them

  constructor(init) {
    Object.defineProperty(this, kGuard, {value: {fixed: false}});
    if (init === undefined) return;
    if (init === null || typeof init !== 'object') throw new TypeError("Headers constructor: init given is not an object.");
    if (typeof init[Symbol.iterator] === 'function') {
      for (const pair of init) {
        const [name, value, ...more] = pair;
        if (value === undefined || more.length > 0) throw new TypeError('Headers constructor: expected name/value pair to be length 2.');
        this.append(name, value);
      }
    } else {
      for (const name of Reflect.ownKeys(init)) this.append(name, init[name]);
    }
  }

  #change() {
    if (this[kGuard].fixed) throw new TypeError('immutable');
  }

  append(name, value) {
    name = checkName(name);
    value = checkValue(value);
    this.#change();
    const before = this.#list.get(name);
    if (name === 'set-cookie') this.#list.set(name, [...(before ?? []), value]);
    else this.#list.set(name, before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`);
  }

  set(name, value) {
    name = checkName(name);
    value = checkValue(value);
    this.#change();
    this.#list.set(name, name === 'set-cookie' ? [value] : value);
  }

  delete(name) {
    name = checkName(name);
    this.#change();
    this.#list.delete(name);
  }

  get(name) {
    const value = this.#list.get(checkName(name));
    return Array.isArray(value) ? value.join(', ') : value ?? null;
  }

  has(name) { return this.#list.has(checkName(name)); }

  getSetCookie() { return [...(this.#list.get('set-cookie') ?? [])]; }

  #sorted() {
    return [...this.#list.keys()].sort().flatMap((name) => {
      const value = this.#list.get(name);
      return Array.isArray(value) ? value.map((each) => [name, each]) : [[name, value]];
    });
  }

  forEach(callback, self) {
    for (const [name, value] of this.#sorted()) callback.call(self, value, name, this);
  }

  entries() { return this.#sorted()[Symbol.iterator](); }
  keys() { return this.#sorted().map(([name]) => name)[Symbol.iterator](); }
  values() { return this.#sorted().map(([, value]) => value)[Symbol.iterator](); }
  [Symbol.iterator]() { return this.entries(); }
  get [Symbol.toStringTag]() { return 'Headers'; }
}

module.exports = {Headers, kGuard};
