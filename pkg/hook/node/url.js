'use strict';

// The URL Standard's URL, and what Node.js had before it: parse, format and resolve.

const web = require('internal/weburl');
const querystring = require('querystring');
const {NodeTypeError, invalidType, validateString} = require('internal/errors');


const slashed = ['http', 'https', 'ftp', 'gopher', 'file', 'ws', 'wss'].flatMap((name) => [name, `${name}:`]);
const hostless = ['javascript', 'javascript:'];

function Url() {
  Object.assign(this, {
    protocol: null, slashes: null, auth: null, host: null, port: null, hostname: null, hash: null, search: null, query: null,
    pathname: null, path: null, href: null,
  });
}

function invalid(input) { return Object.assign(new NodeTypeError('ERR_INVALID_URL', 'Invalid URL'), {input}); }

// These are escaped wherever they are after the host.
const escaped = /[\t\n\r "'<>\\^`{|}]/g;

function escapePart(char) { return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`; }

Url.prototype.parse = function parse(text, parsesQuery, slashesDenoteHost) {
  validateString(text, 'url');
  let rest = text.trim();
  // Backslashes before the query are slashes.
  const question = rest.search(/[?#]/);
  rest = question < 0 ? rest.replaceAll('\\', '/') : rest.slice(0, question).replaceAll('\\', '/') + rest.slice(question);
  const scheme = /^[a-z0-9.+-]+:/i.exec(rest)?.[0];
  const lower = scheme?.toLowerCase();
  if (scheme) {
    this.protocol = lower;
    rest = rest.slice(scheme.length);
  }
  const hasSlashes = rest.startsWith('//');
  if ((slashesDenoteHost || scheme || /^\/\/[^@/]+@[^@/]+/.test(rest)) && hasSlashes && !(lower && hostless.includes(lower))) {
    rest = rest.slice(2);
    this.slashes = true;
  }
  if (!hostless.includes(lower) && (this.slashes || scheme && !slashed.includes(scheme))) rest = this.parseAuthority(rest, text);
  if (!hostless.includes(lower)) rest = rest.replace(escaped, escapePart);
  const hash = rest.indexOf('#');
  if (hash >= 0) {
    this.hash = rest.slice(hash);
    rest = rest.slice(0, hash);
  }
  const query = rest.indexOf('?');
  if (query >= 0) {
    this.search = rest.slice(query);
    this.query = this.search.slice(1);
    if (parsesQuery) this.query = querystring.parse(this.query);
    rest = rest.slice(0, query);
  } else if (parsesQuery) {
    this.search = null;
    this.query = Object.create(null);
  }
  if (rest !== '') this.pathname = rest;
  if (slashed.includes(lower) && this.hostname && !this.pathname) this.pathname = '/';
  if (this.pathname || this.search) this.path = (this.pathname || '') + (this.search || '');
  this.href = this.format();
  return this;
};

// parseAuthority takes who and where from the beginning, and gives the rest.
Url.prototype.parseAuthority = function (rest, input) {
  let end = rest.search(/[\t\n\r "#%'/;<>?\\^`{|}]/);
  const stop = rest.search(/[#/?]/);
  const at = rest.slice(0, stop < 0 ? rest.length : stop).lastIndexOf('@');
  if (at >= 0) {
    this.auth = safeDecode(rest.slice(0, at), input);
    rest = rest.slice(at + 1);
    end = rest.search(/[\t\n\r "#%'/;<>?\\^`{|}]/);
  }
  if (end < 0) end = rest.length;
  let host = rest.slice(0, end);
  const port = /:([0-9]*)$/.exec(host);
  if (port) {
    if (port[1] !== '') this.port = port[1];
    host = host.slice(0, -port[0].length);
  }
  const isV6 = host.startsWith('[') && host.endsWith(']');
  let tail = rest.slice(end);
  if (!isV6) {
    const bad = host.search(/[^a-zA-Z0-9.\-_+\u0080-\uffff]/);
    if (bad >= 0) {
      tail = `/${host.slice(bad)}${tail}`;
      host = host.slice(0, bad);
    }
    if (host.length > 255) host = '';
    host = host.toLowerCase();
    if (/[^\x00-\x7f]/.test(host)) {
      host = web.domainToASCII(host);
      if (host === '') throw invalid(input);
    }
  } else host = host.toLowerCase();
  this.hostname = host;
  this.host = host + (this.port ? `:${this.port}` : '');
  if (isV6) {
    this.hostname = host.slice(1, -1);
    if (!tail.startsWith('/')) tail = `/${tail}`;
  }
  return tail;
};

function safeDecode(text, input) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw Object.assign(new URIError('URI malformed'), {input});
  }
}

Url.prototype.format = function format() {
  const auth = this.auth ? `${encodeURIComponent(this.auth).replace(/%3A/i, ':')}@` : '';
  let protocol = this.protocol || '';
  let pathname = this.pathname || '';
  let hash = this.hash || '';
  let host = '';
  if (this.host) host = auth + this.host;
  else if (this.hostname) host = auth + (this.hostname.includes(':') && !this.hostname.startsWith('[') ? `[${this.hostname}]` : this.hostname) + (this.port ? `:${this.port}` : '');
  let query = '';
  if (this.query !== null && typeof this.query === 'object') query = querystring.stringify(this.query);
  let search = this.search || (query && `?${query}`) || '';
  if (protocol && !protocol.endsWith(':')) protocol += ':';
  pathname = pathname.replace(/[?#]/g, encodeURIComponent);
  if (this.slashes || slashed.includes(protocol)) {
    if (this.slashes || host) {
      if (pathname && !pathname.startsWith('/')) pathname = `/${pathname}`;
      host = `//${host}`;
    } else if (/^file:?$/.test(protocol)) host = '//';
  }
  search = search.replaceAll('#', '%23');
  if (hash && !hash.startsWith('#')) hash = `#${hash}`;
  if (search && !search.startsWith('?')) search = `?${search}`;
  return protocol + host + pathname + search + hash;
};

Url.prototype.resolve = function resolve(relative) { return this.resolveObject(parse(relative, false, true)).format(); };

Url.prototype.resolveObject = function resolveObject(relative) {
  if (typeof relative === 'string') relative = parse(relative, false, true);
  const made = Object.assign(new Url(), this, {hash: relative.hash});
  if (relative.href === '') {
    made.href = made.format();
    return made;
  }
  if (relative.slashes && !relative.protocol) {
    Object.assign(made, relative, {protocol: this.protocol});
    if (slashed.includes(made.protocol) && made.hostname && !made.pathname) made.path = made.pathname = '/';
    made.href = made.format();
    return made;
  }
  if (relative.protocol && relative.protocol !== made.protocol) {
    if (!slashed.includes(relative.protocol)) {
      Object.assign(made, relative);
      made.href = made.format();
      return made;
    }
    Object.assign(made, {protocol: relative.protocol, auth: relative.auth, host: relative.host, hostname: relative.hostname, port: relative.port, pathname: relative.pathname, search: relative.search, query: relative.query, slashes: made.slashes || relative.slashes});
    if (!relative.host && !/^file:?$/.test(relative.protocol) && !hostless.includes(relative.protocol)) {
      const path = (relative.pathname || '').split('/');
      let host = '';
      while (path.length > 0 && host === '') host = path.shift();
      Object.assign(made, {host, hostname: host, pathname: `/${path.join('/')}`});
    }
    made.host ||= '';
    if (made.pathname || made.search) made.path = (made.pathname || '') + (made.search || '');
    made.href = made.format();
    return made;
  }
  const isAbsolute = Boolean(relative.host) || relative.pathname?.startsWith('/');
  const wasAbsolute = made.pathname?.startsWith('/') || Boolean(made.host) && Boolean(relative.pathname);
  let base = made.pathname ? made.pathname.split('/') : [];
  const steps = relative.pathname ? relative.pathname.split('/') : [];
  const mustBeAbsolute = isAbsolute || made.pathname?.startsWith('/') || Boolean(made.host) && Boolean(relative.pathname);
  if (isAbsolute) {
    if (relative.host) Object.assign(made, {host: relative.host, hostname: relative.hostname, port: relative.port, auth: null});
    Object.assign(made, {search: relative.search, query: relative.query});
    base = steps;
  } else if (steps.length > 0) {
    base.pop();
    base = base.concat(steps);
    Object.assign(made, {search: relative.search, query: relative.query});
  } else if (relative.search !== null && relative.search !== undefined) {
    Object.assign(made, {search: relative.search, query: relative.query});
    made.path = (made.pathname || '') + (made.search || '');
    made.href = made.format();
    return made;
  }
  if (base.length === 0) {
    made.pathname = null;
    made.path = made.search ? `/${made.search}` : null;
    made.href = made.format();
    return made;
  }
  const last = base[base.length - 1];
  const ends = (made.host || relative.host || base.length > 1) && (last === '.' || last === '..') || last === '';
  const out = [];
  let up = 0;
  for (const step of base.reverse()) {
    if (step === '.') continue;
    if (step === '..') up++;
    else if (up > 0 && step !== '') up--;
    else out.unshift(step);
  }
  if (!mustBeAbsolute && !wasAbsolute) while (up-- > 0) out.unshift('..');
  if (mustBeAbsolute && out[0] !== '' && !(out[0] && out[0].startsWith('/'))) out.unshift('');
  if (ends && !out.join('/').endsWith('/')) out.push('');
  made.pathname = out.length === 0 ? null : out.join('/');
  if (made.pathname !== null || made.search !== null) made.path = (made.pathname || '') + (made.search || '');
  made.auth = relative.auth || made.auth;
  made.slashes = made.slashes || relative.slashes;
  made.href = made.format();
  return made;
};

function parse(text, parsesQuery, slashesDenoteHost) {
  if (text instanceof Url) return text;
  return new Url().parse(text, parsesQuery, slashesDenoteHost);
}

// format takes a URL of either kind, what parse gives, or a text.
function format(url, options) {
  if (typeof url === 'string') return parse(url).format();
  if (url === null || typeof url !== 'object') throw invalidType('urlObject', 'one of type object or string', url);
  if (!(url instanceof web.URL)) return Url.prototype.format.call(url);
  const {auth = true, fragment = true, search = true, unicode = false} = options ?? {};
  const copy = new web.URL(url.href);
  if (!auth) copy.username = copy.password = '';
  if (!fragment) copy.hash = '';
  if (!search) copy.search = '';
  return unicode ? copy.href.replace(copy.hostname, web.domainToUnicode(copy.hostname)) : copy.href;
}

function resolve(from, to) { return parse(from, false, true).resolve(to); }

function resolveObject(from, to) { return from ? parse(from, false, true).resolveObject(to) : to; }

module.exports = {...web, Url, parse, format, resolve, resolveObject};
