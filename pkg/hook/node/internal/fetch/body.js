'use strict';

// Bodies of requests and responses.

const {Blob} = require('buffer');
const {types} = require('internal/types');
const {blobBytes} = require('internal/blob');
const {ReadableStream, isDisturbed, readAll} = require('internal/webstreams');
const {FormData, encode, decode} = require('internal/fetch/formdata');

// extract makes a body of what a caller gave: its bytes or its stream, and the content-type that goes with it.
function extract(value) {
  if (value instanceof ReadableStream) {
    if (isDisturbed(value) || value.locked) throw new TypeError('Response body object should not be disturbed or locked');
    return {stream: value};
  }
  if (value instanceof Blob) return {bytes: blobBytes(value), type: value.type || undefined};
  if (types.isAnyArrayBuffer(value)) return {bytes: Buffer.from(value.slice(0))};
  if (ArrayBuffer.isView(value)) return {bytes: Buffer.from(Buffer.from(value.buffer, value.byteOffset, value.byteLength))};
  if (value instanceof FormData) {
    const {bytes, boundary} = encode(value);
    return {bytes, type: `multipart/form-data; boundary=${boundary}`};
  }
  if (value instanceof URLSearchParams) return {bytes: Buffer.from(String(value)), type: 'application/x-www-form-urlencoded;charset=UTF-8'};
  if (typeof value === 'object' && typeof value[Symbol.asyncIterator] === 'function') return {stream: ReadableStream.from(value)};
  return {bytes: Buffer.from(String(value)), type: 'text/plain;charset=UTF-8'};
}

function streamOf(bytes) {
  return new ReadableStream({
    type: 'bytes',
    start(controller) {
      if (bytes.length > 0) controller.enqueue(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
      controller.close();
    },
  });
}

const kBody = Symbol('body');

// Body is what Request and Response have in common.
class Body {
  constructor(body) {
    // bytes, or a stream of them; used when it was read without a stream.
    Object.defineProperty(this, kBody, {value: {used: false, ...body}, writable: true});
  }

  get body() {
    const body = this[kBody];
    if (body.bytes === undefined && body.stream === undefined) return null;
    return body.stream ??= streamOf(body.bytes);
  }

  get bodyUsed() {
    const {used, stream} = this[kBody];
    return used || stream !== undefined && isDisturbed(stream);
  }

  async #read() {
    const body = this[kBody];
    if (this.bodyUsed || body.stream?.locked) throw new TypeError('Body is unusable');
    if (body.bytes === undefined && body.stream === undefined) return Buffer.alloc(0);
    body.used = true;
    return body.stream === undefined ? body.bytes : readAll(body.stream);
  }

  async arrayBuffer() {
    const bytes = await this.#read();
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  }

  async bytes() { return new Uint8Array(await this.arrayBuffer()); }
  async blob() { return new Blob([await this.#read()], {type: this.headers.get('content-type') ?? ''}); }
  async text() { return (await this.#read()).toString().replace(/^\ufeff/, ''); }
  async json() { return JSON.parse(await this.text()); }

  async formData() {
    const type = this.headers.get('content-type') ?? '';
    if (/^multipart\/form-data/i.test(type)) {
      const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type);
      if (boundary === null) throw new TypeError('Failed to parse body as FormData.');
      return decode(await this.#read(), boundary[1] ?? boundary[2]);
    }
    if (!/^application\/x-www-form-urlencoded/i.test(type)) throw new TypeError(`Content-Type was not one of "multipart/form-data" or "application/x-www-form-urlencoded".`);
    const form = new FormData();
    for (const [name, value] of new URLSearchParams(await this.text())) form.append(name, value);
    return form;
  }

  // copy is the same body once more.
  static copy(from) {
    const body = from[kBody];
    if (from.bodyUsed || body.stream?.locked) throw new TypeError('Response.clone: Body has already been consumed.');
    if (body.bytes !== undefined) return {bytes: body.bytes};
    if (body.stream === undefined) return {};
    const [a, b] = body.stream.tee();
    body.stream = a;
    return {stream: b};
  }

  // take is a body for the one who sends it.
  static take(from) {
    const body = from[kBody];
    if (from.bodyUsed) throw new TypeError('Cannot construct a Request with a Request object that has already been used.');
    body.used = body.bytes !== undefined || body.stream !== undefined;
    return body.bytes !== undefined ? {bytes: body.bytes} : {stream: body.stream};
  }
}

const {copy, take} = Body;
delete Body.copy;
delete Body.take;

module.exports = {Body, kBody, extract, copy, take};
