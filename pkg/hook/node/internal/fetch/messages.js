'use strict';

// Request and Response of fetch.

const {Headers, kGuard} = require('internal/fetch/headers');
const {Body, kBody, extract, copy, take} = require('internal/fetch/body');
const {token} = require('internal/http');

const bodiless = new Set([101, 103, 204, 205, 304]);
const usual = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);

function bodyWithType(value, headers) {
  if (value === undefined || value === null) return {};
  const {type, ...body} = extract(value);
  if (type !== undefined && !headers.has('content-type')) headers.set('content-type', type);
  return body;
}

class Request extends Body {
  constructor(input, init = {}) {
    init ??= {};
    const from = input instanceof Request ? input : undefined;
    let url;
    if (from === undefined) {
      try {
        url = new URL(String(input));
      } catch (cause) {
        throw new TypeError(`Failed to parse URL from ${input}`, {cause});
      }
      if (url.username || url.password) throw new TypeError(`Request cannot be constructed from a URL that includes credentials: ${input}`);
    }
    let method = String(init.method ?? from?.method ?? 'GET');
    if (!token.test(method)) throw new TypeError(`'${method}' is not a valid HTTP method.`);
    if (['CONNECT', 'TRACE', 'TRACK'].includes(method.toUpperCase())) throw new TypeError(`'${method}' HTTP method is unsupported.`);
    if (usual.has(method.toUpperCase())) method = method.toUpperCase();
    const headers = new Headers(init.headers ?? from?.headers);
    const given = init.body ?? null;
    if ((given !== null || from?.body && init.body === undefined) && (method === 'GET' || method === 'HEAD')) {
      throw new TypeError('Request with GET/HEAD method cannot have body.');
    }
    const body = given !== null ? bodyWithType(given, headers) : from !== undefined ? take(from) : {};
    if (body.stream !== undefined && given !== null && init.duplex === undefined) throw new TypeError('RequestInit: duplex option is required when sending a body.');
    const redirect = init.redirect ?? from?.redirect ?? 'follow';
    if (!['follow', 'error', 'manual'].includes(redirect)) throw new TypeError(`Request constructor: ${redirect} is not an accepted type. Expected one of follow, error, manual.`);
    const signal = init.signal === undefined ? from?.signal : init.signal;
    if (signal !== undefined && signal !== null && !(signal instanceof AbortSignal)) {
      throw new TypeError("Failed to construct 'Request': member signal is not of type AbortSignal.");
    }
    super(body);
    const values = {
      method, url: from?.url ?? url.href, headers, redirect, signal: signal ?? new AbortController().signal,
      mode: init.mode ?? from?.mode ?? 'cors', credentials: init.credentials ?? from?.credentials ?? 'same-origin',
      cache: init.cache ?? from?.cache ?? 'default', referrer: 'about:client', referrerPolicy: init.referrerPolicy ?? from?.referrerPolicy ?? '',
      integrity: init.integrity ?? from?.integrity ?? '', keepalive: Boolean(init.keepalive ?? from?.keepalive), destination: '', duplex: 'half',
    };
    for (const [name, value] of Object.entries(values)) Object.defineProperty(this, name, {value, enumerable: true});
  }

  clone() {
    const body = copy(this);
    const made = new Request(this.url, {...this, headers: this.headers, body: undefined});
    made[kBody] = {used: false, ...body};
    return made;
  }

  get [Symbol.toStringTag]() { return 'Request'; }
}

class Response extends Body {
  #about;

  constructor(body = null, init = {}, about = {}) {
    init ??= {};
    const status = init.status ?? 200;
    if (about.network !== true && (!Number.isInteger(status) || status < 200 || status > 599)) {
      throw new RangeError('init["status"] must be in the range of 200 to 599, inclusive.');
    }
    const headers = new Headers(init.headers);
    if (body !== null && body !== undefined && about.network !== true && bodiless.has(status)) {
      throw new TypeError(`Response constructor: Invalid response status code ${status}`);
    }
    super(about.network === true ? body : bodyWithType(body, headers));
    this.#about = {status, statusText: String(init.statusText ?? ''), headers, type: 'default', url: '', redirected: false, ...about};
    if (about.network === true) headers[kGuard].fixed = true;
  }

  get status() { return this.#about.status; }
  get statusText() { return this.#about.statusText; }
  get ok() { return this.status >= 200 && this.status <= 299; }
  get headers() { return this.#about.headers; }
  get type() { return this.#about.type; }
  get url() { return this.#about.url; }
  get redirected() { return this.#about.redirected; }

  clone() {
    const {status, statusText, headers} = this;
    return new Response(copy(this), {status, statusText, headers}, {type: this.type, url: this.url, redirected: this.redirected, network: true});
  }

  static error() { return new Response({}, {status: 0}, {network: true, type: 'error'}); }

  static json(data, init = {}) {
    const headers = new Headers(init.headers);
    if (!headers.has('content-type')) headers.set('content-type', 'application/json');
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError('The data is not JSON serializable');
    return new Response(text, {...init, headers});
  }

  static redirect(url, status = 302) {
    if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`Invalid status code ${status}`);
    return new Response(null, {status, headers: {location: new URL(String(url)).href}});
  }

  get [Symbol.toStringTag]() { return 'Response'; }
}

module.exports = {Request, Response, Headers, take, bodiless};
