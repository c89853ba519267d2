'use strict';

// URL and URLSearchParams of the URL Standard.

const {NodeTypeError, invalidType} = require('internal/errors');
const {inspect} = require('internal/inspect');
const {wellFormed} = require('internal/encoding');

const kUpdate = Symbol('update');
const kAttach = Symbol('attach');

// usv is a text of the standard: halves of surrogate pairs become the replacement character.
function usv(value) { return wellFormed(`${value}`); }

function missing(...names) {
  const list = names.length > 1 ? `The ${names.map((name) => `"${name}"`).join(' and ')} arguments` : `The "${names[0]}" argument`;
  return new NodeTypeError('ERR_MISSING_ARGS', `${list} must be specified`);
}

const parts = ['href', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];

class URL {
  #parts;
  #params;

  constructor(input, base) {
    if (arguments.length === 0) throw missing('url');
    input = `${input}`;
    this.#parts = internal.parse(input, base === undefined ? undefined : `${base}`);
    if (this.#parts === null) {
      const error = new NodeTypeError('ERR_INVALID_URL', 'Invalid URL');
      error.input = input;
      if (base !== undefined) error.base = `${base}`;
      throw error;
    }
  }

  get origin() {
    const [, protocol, , , host, , , pathname] = this.#parts;
    if (['http:', 'https:', 'ftp:', 'ws:', 'wss:'].includes(protocol)) return `${protocol}//${host}`;
    if (protocol === 'blob:') {
      const inner = internal.parse(pathname, undefined);
      if (inner !== null && ['http:', 'https:'].includes(inner[1])) return `${inner[1]}//${inner[4]}`;
    }
    return 'null';
  }

  get searchParams() {
    if (this.#params === undefined) {
      this.#params = new URLSearchParams(this.search);
      this.#params[kAttach](this);
    }
    return this.#params;
  }

  // kUpdate takes the query that the parameters have become.
  [kUpdate](query) { this.#parts = internal.set(this.#parts[0], 'search', query); }

  toString() { return this.href; }
  toJSON() { return this.href; }

  [inspect.custom](depth, options) {
    if (typeof depth === 'number' && depth < 0) return this;
    const shown = Object.create({constructor: this.constructor === URL ? URL : this.constructor});
    for (const name of ['href', 'origin', ...parts.slice(1, 9), 'searchParams', 'hash']) shown[name] = this[name];
    return `${this.constructor.name} ${inspect({...shown}, options)}`;
  }

  static canParse(input, base) {
    if (arguments.length === 0) throw missing('url');
    return internal.parse(`${input}`, base === undefined ? undefined : `${base}`) !== null;
  }

  static {
    parts.forEach((name, i) => {
      Object.defineProperty(URL.prototype, name, {
        get() { return this.#parts[i]; },
        set(value) {
          value = `${value}`;
          if (name === 'href') {
            const made = internal.parse(value, undefined);
            if (made === null) throw Object.assign(new NodeTypeError('ERR_INVALID_URL', 'Invalid URL'), {input: value});
            this.#parts = made;
          } else this.#parts = internal.set(this.#parts[0], name, value) ?? this.#parts;
          if (this.#params !== undefined && (name === 'href' || name === 'search')) this.#params[kUpdate](this.search);
        },
        enumerable: true,
        configurable: true,
      });
    });
    for (const name of ['origin', 'searchParams', 'toString', 'toJSON']) {
      Object.defineProperty(URL.prototype, name, {...Object.getOwnPropertyDescriptor(URL.prototype, name), enumerable: true});
    }
    Object.defineProperty(URL.prototype, Symbol.toStringTag, {value: 'URL', configurable: true});
  }
}

// decode and encode are those of application/x-www-form-urlencoded.
const {decode, encode} = internal;

class URLSearchParams {
  #list = [];
  #url;

  constructor(init) {
    if (init === undefined || init === null) return;
    if (typeof init === 'object' || typeof init === 'function') {
      const iterate = init[Symbol.iterator];
      if (iterate !== undefined && iterate !== null) {
        if (typeof iterate !== 'function') throw new NodeTypeError('ERR_ARG_NOT_ITERABLE', 'Query pairs must be iterable');
        for (const pair of init) {
          if (pair === null || typeof pair !== 'object' || typeof pair[Symbol.iterator] !== 'function') {
            throw new NodeTypeError('ERR_INVALID_TUPLE', 'Each query pair must be an iterable [name, value] tuple');
          }
          const both = [...pair];
          if (both.length !== 2) throw new NodeTypeError('ERR_INVALID_TUPLE', 'Each query pair must be an iterable [name, value] tuple');
          this.#list.push([usv(both[0]), usv(both[1])]);
        }
        return;
      }
      for (const key of Reflect.ownKeys(init)) {
        if (typeof key === 'string' && Object.prototype.propertyIsEnumerable.call(init, key)) this.set(usv(key), usv(init[key]));
      }
      return;
    }
    this[kUpdate](`${init}`);
  }

  [kUpdate](query) {
    query = usv(query);
    if (query.startsWith('?')) query = query.slice(1);
    this.#list = query.split('&').filter((pair) => pair !== '').map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))];
    });
  }

  [kAttach](url) { this.#url = url; }

  #changed() { this.#url?.[kUpdate](this.toString()); }

  get size() { return this.#list.length; }

  append(name, value) {
    if (arguments.length < 2) throw missing('name', 'value');
    this.#list.push([usv(name), usv(value)]);
    this.#changed();
  }

  delete(name, value) {
    if (arguments.length < 1) throw missing('name');
    name = usv(name);
    const every = value === undefined;
    if (!every) value = usv(value);
    this.#list = this.#list.filter(([key, each]) => key !== name || !every && each !== value);
    this.#changed();
  }

  get(name) {
    if (arguments.length < 1) throw missing('name');
    name = usv(name);
    return this.#list.find(([key]) => key === name)?.[1] ?? null;
  }

  getAll(name) {
    if (arguments.length < 1) throw missing('name');
    name = usv(name);
    return this.#list.filter(([key]) => key === name).map(([, value]) => value);
  }

  has(name, value) {
    if (arguments.length < 1) throw missing('name');
    name = usv(name);
    if (value !== undefined) value = usv(value);
    return this.#list.some(([key, each]) => key === name && (value === undefined || each === value));
  }

  set(name, value) {
    if (arguments.length < 2) throw missing('name', 'value');
    name = usv(name);
    const at = this.#list.findIndex(([key]) => key === name);
    if (at < 0) this.#list.push([name, usv(value)]);
    else {
      this.#list[at][1] = usv(value);
      this.#list = this.#list.filter(([key], i) => i <= at || key !== name);
    }
    this.#changed();
  }

  sort() {
    this.#list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#changed();
  }

  forEach(callback, self) {
    require('internal/errors').validateFunction(callback, 'callback');
    for (let i = 0; i < this.#list.length; i++) callback.call(self, this.#list[i][1], this.#list[i][0], this);
  }

  *entries() { for (let i = 0; i < this.#list.length; i++) yield [...this.#list[i]]; }
  *keys() { for (let i = 0; i < this.#list.length; i++) yield this.#list[i][0]; }
  *values() { for (let i = 0; i < this.#list.length; i++) yield this.#list[i][1]; }

  toString() { return this.#list.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&'); }

  [inspect.custom](depth, options) {
    if (typeof depth === 'number' && depth < 0) return '[Object]';
    const pairs = this.#list.map(([name, value]) => `${inspect(name, options)} => ${inspect(value, options)}`);
    if (pairs.length === 0) return 'URLSearchParams {}';
    const line = pairs.join(', ');
    if (line.length <= (options.breakLength ?? 80)) return `URLSearchParams { ${line} }`;
    return `URLSearchParams {\n  ${pairs.join(',\n  ')} }`;
  }

  static {
    for (const name of ['append', 'delete', 'get', 'getAll', 'has', 'set', 'sort', 'entries', 'forEach', 'keys', 'values', 'toString', 'size']) {
      Object.defineProperty(URLSearchParams.prototype, name, {...Object.getOwnPropertyDescriptor(URLSearchParams.prototype, name), enumerable: true});
    }
    Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {value: URLSearchParams.prototype.entries, writable: true, configurable: true});
    Object.defineProperty(URLSearchParams.prototype, Symbol.toStringTag, {value: 'URLSearchParams', configurable: true});
  }
}

function domainToASCII(domain) { return internal.toASCII(`${domain}`); }
function domainToUnicode(domain) { return internal.toUnicode(`${domain}`); }

// fileURLToPath and pathToFileURL are between paths and URLs of files.
function fileURLToPath(url) {
  if (typeof url === 'string') url = new URL(url);
  else if (typeof url?.href !== 'string' || typeof url.protocol !== 'string') throw invalidType('path', 'of type string or an instance of URL', url);
  if (url.protocol !== 'file:') throw new NodeTypeError('ERR_INVALID_URL_SCHEME', 'The URL must be of scheme file');
  if (url.hostname !== '') throw new NodeTypeError('ERR_INVALID_FILE_URL_HOST', `File URL host must be "localhost" or empty on ${process.platform}`);
  if (/%2f/i.test(url.pathname)) throw new NodeTypeError('ERR_INVALID_FILE_URL_PATH', 'File URL path must not include encoded / characters');
  return decodeURIComponent(url.pathname);
}

function pathToFileURL(path) {
  if (typeof path !== 'string') throw invalidType('path', 'of type string', path);
  let resolved = require('path').resolve(path);
  if (path.endsWith('/') && !resolved.endsWith('/')) resolved += '/';
  return new URL(`file://${resolved.replace(/[%\\\n\r\t?#]/g, encodeURIComponent)}`);
}

function urlToHttpOptions(url) {
  const hostname = url.hostname;
  const options = {
    __proto__: null, ...url, protocol: url.protocol, hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname, hash: url.hash,
    search: url.search, pathname: url.pathname, path: `${url.pathname || ''}${url.search || ''}`, href: url.href,
  };
  if (url.port !== '') options.port = Number(url.port);
  if (url.username || url.password) options.auth = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return options;
}

module.exports = {URL, URLSearchParams, domainToASCII, domainToUnicode, fileURLToPath, pathToFileURL, urlToHttpOptions};
