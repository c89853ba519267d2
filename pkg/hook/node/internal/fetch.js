'use strict';

// fetch, and what comes with it.

const {native, tlsOf} = require('internal/http');
const {Request, Response, Headers, take, bodiless} = require('internal/fetch/messages');
const {FormData} = require('internal/fetch/formdata');
const {ReadableStream, readAll} = require('internal/webstreams');

const redirects = new Set([301, 302, 303, 307, 308]);
const mostRedirects = 20;

function failed(cause) { return new TypeError('fetch failed', {cause}); }

// send sends one request of a chain, and resolves with the head of its response.
function send(request, signal) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => {
      native.abort(handle);
      reject(signal.reason);
    };
    const handle = native.request(request, (err, head) => {
      if (err) {
        signal.removeEventListener('abort', abort);
        if (!signal.aborted) reject(failed(err));
        return;
      }
      head.handle = handle;
      head.over = () => signal.removeEventListener('abort', abort);
      resolve(head);
    });
    signal.addEventListener('abort', abort);
  });
}

// bodyOf is the body of a response as a stream.
function bodyOf(head, signal) {
  let abort;
  const stream = new ReadableStream({
    type: 'bytes',
    start(controller) {
      abort = () => controller.error(signal.reason);
      signal.addEventListener('abort', abort);
    },
    pull(controller) {
      return new Promise((resolve) => {
        native.read(head.handle, (err, chunk) => {
          if (signal.aborted) return resolve();
          if (err) controller.error(new TypeError('terminated', {cause: err}));
          else if (chunk === undefined) controller.close();
          else controller.enqueue(new Uint8Array(chunk));
          if (err || chunk === undefined) over();
          resolve();
        });
      });
    },
    cancel() {
      over();
      native.abort(head.handle);
    },
  });
  function over() {
    head.over();
    signal.removeEventListener('abort', abort);
  }
  return stream;
}

// decoded undoes the encodings of a body, as fetch does.
function decoded(stream, headers) {
  const codings = (headers.get('content-encoding') ?? '').toLowerCase().split(',').map((each) => each.trim()).filter(Boolean);
  const known = {gzip: 'gunzip', 'x-gzip': 'gunzip', deflate: 'inflate', br: 'brotliDecompress'};
  if (codings.length === 0 || codings.some((each) => known[each] === undefined)) return stream;
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      let bytes = await readAll(stream);
      const zlib = require('zlib');
      const decompress = (coding) => new Promise((resolve, reject) => {
        zlib[known[coding]](bytes, (err, result) => (err ? reject(err) : resolve(result)));
      });
      try {
        if (bytes.length > 0) for (const coding of codings.reverse()) bytes = await decompress(coding);
      } catch (cause) {
        throw new TypeError('terminated', {cause});
      }
      if (bytes.byteLength > 0) controller.enqueue(new Uint8Array(bytes));
      controller.close();
    },
    cancel: (reason) => stream.cancel(reason),
  });
}

function lines(headers) {
  const list = [];
  for (const [name, value] of headers) {
    if (name !== 'content-length' && name !== 'transfer-encoding' && name !== 'connection') list.push(name, value);
  }
  for (const [name, value] of [['accept', '*/*'], ['accept-language', '*'], ['sec-fetch-mode', 'cors'], ['user-agent', 'node'], ['accept-encoding', 'gzip, deflate']]) {
    if (!headers.has(name)) list.push(name, value);
  }
  return list;
}

async function fetch(input, init) {
  const request = new Request(input, init);
  const {signal} = request;
  if (signal.aborted) throw signal.reason;
  const given = take(request);
  let body = given.bytes ?? (given.stream === undefined ? undefined : await readAll(given.stream));
  let {method} = request;
  const headers = new Headers(request.headers);
  if (body === undefined && (method === 'POST' || method === 'PUT' || method === 'PATCH')) body = Buffer.alloc(0);
  let url = new URL(request.url);
  for (let hops = 0; ; hops++) {
    if (url.protocol === 'data:') return dataResponse(url);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw failed(new Error('unknown scheme'));
    const target = `${url.origin}${url.pathname}${url.search}`;
    const tls = url.protocol === 'https:' ? tlsOf({}) : undefined;
    const head = await send({method, url: target, headers: lines(headers), body, chunked: given.stream !== undefined, close: false, tls}, signal);
    const received = new Headers();
    for (let i = 0; i < head.headers.length; i += 2) received.append(head.headers[i], head.headers[i + 1]);
    const location = received.get('location');
    if (redirects.has(head.status) && request.redirect !== 'manual' && location !== null) {
      native.abort(head.handle);
      head.over();
      if (request.redirect === 'error') throw failed(new Error('unexpected redirect'));
      if (hops === mostRedirects) throw failed(new Error('redirect count exceeded'));
      const next = new URL(location, url);
      if (head.status !== 303 && given.stream !== undefined) throw failed(new Error('a stream cannot be sent again'));
      if ((head.status === 301 || head.status === 302) && method === 'POST' || head.status === 303 && method !== 'GET' && method !== 'HEAD') {
        method = 'GET';
        body = undefined;
        for (const name of ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']) headers.delete(name);
      }
      if (next.origin !== url.origin) for (const name of ['authorization', 'proxy-authorization', 'cookie', 'host']) headers.delete(name);
      next.hash ||= url.hash;
      url = next;
      continue;
    }
    const empty = method === 'HEAD' || bodiless.has(head.status);
    if (empty) {
      native.abort(head.handle);
      head.over();
    }
    url.hash = '';
    return new Response(empty ? {} : {stream: decoded(bodyOf(head, signal), received)}, {status: head.status, statusText: head.reason, headers: received},
      {network: true, type: 'basic', url: url.href, redirected: hops > 0});
  }
}

function dataResponse(url) {
  const found = /^data:([^,]*?)(;base64)?,(.*)$/s.exec(url.href);
  if (found === null) throw failed(new Error('invalid URL'));
  const [, type, base64, data] = found;
  const text = decodeURIComponent(data);
  const headers = {'content-type': type || 'text/plain;charset=US-ASCII'};
  return new Response({bytes: Buffer.from(text, base64 ? 'base64' : 'utf8')}, {status: 200, statusText: 'OK', headers}, {network: true, type: 'basic', url: url.href});
}

module.exports = {fetch, Headers, Request, Response, FormData};
