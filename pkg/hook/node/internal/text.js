'use strict';

// TextEncoder and TextDecoder.

const {toBytes, toText, unfinished, isUTF8, wellFormed} = require('internal/encoding');
const {NodeRangeError, NodeTypeError, invalidType} = require('internal/errors');

class TextEncoder {
  get encoding() { return 'utf-8'; }
  encode(text = '') { return new Uint8Array(toBytes(`${text}`, 'utf8')); }
  encodeInto(text, target) {
    if (typeof text !== 'string') throw invalidType('src', 'of type string', text);
    if (!(target instanceof Uint8Array)) throw invalidType('dest', 'an instance of Uint8Array', target);
    const bytes = new Uint8Array(toBytes(text, 'utf8'));
    if (bytes.length <= target.length) {
      target.set(bytes);
      return {read: text.length, written: bytes.length};
    }
    let part = bytes.subarray(0, target.length);
    part = part.subarray(0, part.length - unfinished(part));
    target.set(part);
    return {read: toText(part, 'utf8', 0, part.length).length, written: part.length};
  }
  get [Symbol.toStringTag]() { return 'TextEncoder'; }
}

const labels = {
  'utf-8': ['utf-8', 'utf8', 'unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'x-unicode20utf8'],
  'utf-16le': ['utf-16le', 'utf-16', 'ucs-2', 'unicode', 'iso-10646-ucs-2', 'csunicode', 'unicodefeff'],
  'windows-1252': ['latin1', 'iso-8859-1', 'ascii', 'us-ascii', 'windows-1252', 'cp1252', 'x-cp1252', 'l1', 'iso8859-1', 'iso88591',
    'iso_8859-1', 'ansi_x3.4-1968', 'cp819', 'ibm819', 'csisolatin1', 'iso-ir-100', 'iso_8859-1:1987'],
};

// What windows-1252 has between 0x80 and 0x9f.
const windows = '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  #rest = new Uint8Array(0);
  #started = false;

  constructor(label = 'utf-8', options = {}) {
    const name = `${label}`.trim().toLowerCase();
    this.#encoding = Object.keys(labels).find((key) => labels[key].includes(name));
    if (this.#encoding === undefined) throw new NodeRangeError('ERR_ENCODING_NOT_SUPPORTED', `The "${label}" encoding is not supported`);
    this.#fatal = Boolean(options?.fatal);
    this.#ignoreBOM = Boolean(options?.ignoreBOM);
  }

  get encoding() { return this.#encoding; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }

  decode(input, options) {
    let bytes = this.#bytes(input);
    if (this.#rest.length > 0) {
      const all = new Uint8Array(this.#rest.length + bytes.length);
      all.set(this.#rest);
      all.set(bytes, this.#rest.length);
      bytes = all;
    }
    const stream = Boolean(options?.stream);
    let keep = 0;
    if (this.#encoding === 'utf-8' && stream) keep = unfinished(bytes);
    if (this.#encoding === 'utf-16le') {
      keep = bytes.length % 2;
      if (stream && bytes.length - keep >= 2 && (bytes[bytes.length - keep - 1] & 0xfc) === 0xd8) keep += 2;
    }
    this.#rest = stream ? bytes.slice(bytes.length - keep) : new Uint8Array(0);
    const whole = bytes.length - keep;
    if (this.#fatal && this.#broken(bytes.subarray(0, whole), stream ? 0 : keep)) {
      this.#rest = new Uint8Array(0);
      this.#started = false;
      throw new NodeTypeError('ERR_ENCODING_INVALID_ENCODED_DATA', `The encoded data was not valid for encoding ${this.#encoding}`);
    }
    let text = this.#text(bytes, whole);
    if (!stream && keep > 0) text += '\ufffd';
    if (!this.#started && !this.#ignoreBOM && this.#encoding !== 'windows-1252' && text[0] === '\ufeff') text = text.slice(1);
    this.#started = stream && (this.#started || whole > 0);
    return text;
  }

  #bytes(input) {
    if (input === undefined) return new Uint8Array(0);
    if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    if (input instanceof ArrayBuffer) return new Uint8Array(input);
    throw invalidType('list', 'an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView', input);
  }

  #broken(bytes, left) {
    if (this.#encoding === 'utf-8') return !isUTF8(bytes);
    return this.#encoding === 'utf-16le' && (left > 0 || !isWellFormed(toText(bytes, 'utf16le', 0, bytes.length)));
  }

  #text(bytes, length) {
    if (this.#encoding === 'utf-8') return toText(bytes, 'utf8', 0, length);
    if (this.#encoding === 'utf-16le') return wellFormed(toText(bytes, 'utf16le', 0, length));
    return toText(bytes, 'latin1', 0, length).replace(/[\x80-\x9f]/g, (char) => windows[char.charCodeAt(0) - 0x80]);
  }

  get [Symbol.toStringTag]() { return 'TextDecoder'; }
}

function isWellFormed(text) { return wellFormed(text) === text; }

module.exports = {TextEncoder, TextDecoder};
