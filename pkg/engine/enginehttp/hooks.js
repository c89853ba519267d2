'use strict';

// What hooks see of HTTP. Everything is made when it is asked for.

const define = Object.defineProperty;

// A body whose request sent JSON, and which is JSON itself, is what Artillery 1 makes of it: the
// value. To code for Artillery 2, which has the text, it is one, too: it has a text's methods, and
// what makes a text of it, such as JSON.parse, gets the text that came.
function parsedBody(text, value) {
  const methods = Object.create(Array.isArray(value) ? Array.prototype : Object.prototype);
  for (const name of Object.getOwnPropertyNames(String.prototype)) {
    if (name === 'constructor' || name === 'length' || name in methods && name !== 'toString' && name !== 'valueOf') continue;
    const method = String.prototype[name];
    if (typeof method === 'function') define(methods, name, {value: (...args) => method.apply(text, args), configurable: true, writable: true});
  }
  define(methods, Symbol.toPrimitive, {value: () => text});
  return Object.setPrototypeOf(value, methods);
}

exports.body = (text) => {
  if (text === '') return text;
  let value;
  try { value = JSON.parse(text); } catch { return text; }
  return value !== null && typeof value === 'object' ? parsedBody(text, value) : value;
};

// A URL as the request library of Artillery 1 takes it apart.
function uriOf(href) {
  const m = /^([a-z]+:)\/\/(?:([^@\/?#]*)@)?(\[[^\]]*\]|[^:\/?#]*)(?::(\d+))?([^?#]*)(\?[^#]*)?(#.*)?$/i.exec(href) || [];
  const port = m[4] || null;
  const search = m[6] || null;
  const pathname = m[5] || '/';
  return {
    protocol: m[1] || null, slashes: true, auth: m[2] || null,
    host: (m[3] || '') + (port ? ':' + port : ''), port: port || (m[1] === 'https:' ? '443' : '80'), hostname: m[3] || '',
    hash: m[7] || null, search, query: search ? search.slice(1) : null,
    pathname, path: pathname + (search || ''), href,
  };
}

exports.request = (href, method, headers) => ({uri: uriOf(href), method, headers, href});

exports.timings = (total) => ({phases: {wait: 0, dns: 0, tcp: 0, request: 0, firstByte: total, download: 0, total}});

// What JSON.stringify makes of a response.
exports.toJSON = function () {
  const {uri, method, headers} = this.request;
  return {statusCode: this.statusCode, body: this.body, headers: this.headers, request: {uri, method, headers}};
};

// A cookie as tough-cookie has it. Its text is that of a Set-Cookie header.
class Cookie {
  constructor(fields) { Object.assign(this, fields); }
  cookieString() { return this.key === '' ? this.value : `${this.key}=${this.value}`; }
  toString() {
    let s = this.cookieString();
    if (this.expires instanceof Date) s += `; Expires=${this.expires.toUTCString()}`;
    if (this.domain && !this.hostOnly) s += `; Domain=${this.domain}`;
    if (this.path) s += `; Path=${this.path}`;
    if (this.secure) s += '; Secure';
    if (this.httpOnly) s += '; HttpOnly';
    return s;
  }
  toJSON() { return {...this}; }
}

function cookieOf(c) {
  return new Cookie({
    key: c.key, value: c.value, domain: c.domain, path: c.path, secure: c.secure, httpOnly: c.httpOnly,
    hostOnly: c.hostOnly, expires: c.expires ? new Date(c.expires * 1000) : 'Infinity', creation: new Date(c.created), lastAccessed: new Date(c.created),
  });
}

// What a method of the jar gives back without a callback is the value, as in Artillery 1, and a promise
// of it, as in Artillery 2.
function valueAndPromise(value) {
  if (value === undefined) return Promise.resolve();
  let both;
  if (typeof value === 'string') both = new String(value);
  else if (Array.isArray(value)) both = value.slice();
  else both = Object.assign(Object.create(Object.getPrototypeOf(value)), value);
  const promise = Promise.resolve(value);
  for (const name of ['then', 'catch', 'finally']) define(both, name, {value: (...args) => promise[name](...args)});
  return both;
}

const answer = (result, callback) => {
  if (typeof callback !== 'function') return valueAndPromise(result);
  callback(null, result);
  return undefined;
};
// sync is what a method gives to its callback, which it calls at once.
function sync(call) {
  let error, result;
  call((e, r) => { error = e; result = r; });
  if (error) throw error;
  return result;
}
const last = (args) => args[args.length - 1];

// The jar in both shapes: Artillery 1 has it as _jar of a wrapper, Artillery 2 has it bare.
class Jar {
  #native; #idx = null;
  constructor(native) {
    this.#native = native;
    const jar = this;
    this.store = {
      get idx() { return jar.#idx ??= jar.#index(); },
      set idx(value) { jar.#idx = value; },
      synchronous: true,
    };
  }
  get _jar() { return this; }
  #index() {
    const idx = {};
    for (const c of this.#native.all()) ((idx[c.domain] ??= {})[c.path] ??= {})[c.key] = cookieOf(c);
    return idx;
  }
  // What a hook did to the index goes to the jar when the hook is done.
  flush() {
    const idx = this.#idx;
    if (idx === null) return;
    this.#idx = null;
    const list = [];
    for (const domain of Object.keys(idx)) for (const path of Object.keys(idx[domain])) for (const key of Object.keys(idx[domain][path])) {
      const c = idx[domain][path][key];
      list.push({key, value: String(c.value), domain, path, secure: !!c.secure, httpOnly: !!c.httpOnly, hostOnly: c.hostOnly !== false,
        expires: c.expires instanceof Date ? Math.floor(c.expires.getTime() / 1000) : 0});
    }
    this.#native.replace(list);
  }
  setCookie(cookie, url, ...rest) {
    this.flush();
    const kept = this.#native.set(String(cookie), String(url));
    if (!kept) {
      const e = new Error(`Cookie not in this host's domain, or not a cookie: ${cookie}`);
      if (rest[0]?.ignoreError) return answer(undefined, last(rest));
      if (typeof last(rest) === 'function') { last(rest)(e); return undefined; }
      return Promise.reject(e);
    }
    return answer(cookieOf(kept), last(rest));
  }
  getCookies(url, ...rest) { this.flush(); return answer(this.#native.of(String(url)).map(cookieOf), last(rest)); }
  getCookieString(url, ...rest) { this.flush(); return answer(this.#native.of(String(url)).map((c) => cookieOf(c).cookieString()).join('; '), last(rest)); }
  getSetCookieStrings(url, ...rest) { this.flush(); return answer(this.#native.of(String(url)).map((c) => String(cookieOf(c))), last(rest)); }
  removeAllCookies(callback) { this.#idx = null; this.#native.replace([]); return answer(undefined, callback); }
  setCookieSync(cookie, url, options) { return sync((then) => this.setCookie(cookie, url, options, then)); }
  getCookiesSync(url) { return sync((then) => this.getCookies(url, then)); }
  getCookieStringSync(url) { return sync((then) => this.getCookieString(url, then)); }
  getSetCookieStringsSync(url) { return sync((then) => this.getSetCookieStrings(url, then)); }
  removeAllCookiesSync() { this.removeAllCookies(); }
  toJSON() { this.flush(); return {cookies: this.#native.all().map((c) => cookieOf(c).toJSON())}; }
}

exports.jar = (native) => new Jar(native);
