'use strict';

// StringDecoder: texts out of pieces of bytes, where a character may be in two of them.

const {toText, unfinished} = require('internal/encoding');
const {NodeTypeError, invalidType} = require('internal/errors');

const names = {utf8: 'utf8', 'utf-8': 'utf8', ucs2: 'utf16le', 'ucs-2': 'utf16le', utf16le: 'utf16le', 'utf-16le': 'utf16le', latin1: 'latin1', binary: 'latin1', ascii: 'ascii', hex: 'hex', base64: 'base64', base64url: 'base64url'};

function StringDecoder(encoding) {
  this.encoding = names[`${encoding ?? 'utf8'}`.toLowerCase()];
  if (this.encoding === undefined) throw new NodeTypeError('ERR_UNKNOWN_ENCODING', `Unknown encoding: ${encoding}`);
  this.rest = Buffer.alloc(0);
}

// incomplete is how many bytes at the end wait for those that come next.
function incomplete(bytes, encoding) {
  switch (encoding) {
    case 'utf8': return unfinished(bytes);
    case 'utf16le': {
      const odd = bytes.length % 2;
      const last = bytes.length - odd - 1;
      return last > 0 && (bytes[last] & 0xfc) === 0xd8 ? odd + 2 : odd;
    }
    case 'base64': case 'base64url': return bytes.length % 3;
  }
  return 0;
}

StringDecoder.prototype.write = function write(chunk) {
  if (typeof chunk === 'string') return chunk;
  if (!ArrayBuffer.isView(chunk)) throw invalidType('buf', 'an instance of Buffer, TypedArray, or DataView', chunk);
  let bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (this.rest.length > 0) bytes = Buffer.concat([this.rest, bytes]);
  const whole = bytes.length - incomplete(bytes, this.encoding);
  this.rest = Buffer.from(bytes.subarray(whole));
  return toText(bytes, this.encoding, 0, whole);
};

StringDecoder.prototype.end = function end(chunk) {
  let text = chunk === undefined ? '' : this.write(chunk);
  if (this.rest.length > 0) text += this.encoding === 'utf8' ? '\ufffd' : toText(this.rest, this.encoding, 0, this.rest.length);
  this.rest = Buffer.alloc(0);
  return text;
};

StringDecoder.prototype.text = function text(chunk, offset) {
  this.rest = Buffer.alloc(0);
  return this.write(chunk.subarray(offset));
};

module.exports = {StringDecoder};
