'use strict';

// Blob and File.

const {invalidType} = require('internal/errors');
const {types} = require('internal/types');

const kBytes = Symbol('bytes');

class Blob {
  #type;
  constructor(parts = [], options = {}) {
    if (parts === null || typeof parts[Symbol.iterator] !== 'function' || typeof parts === 'string') {
      throw invalidType('sources', 'a sequence', parts);
    }
    const {type = '', endings = 'transparent'} = options ?? {};
    this[kBytes] = Buffer.concat([...parts].map((part) => bytesOf(part, endings)));
    Object.defineProperty(this, kBytes, {enumerable: false});
    this.#type = /[^\x20-\x7e]/.test(type) ? '' : `${type}`.toLowerCase();
  }
  get size() { return this[kBytes].length; }
  get type() { return this.#type; }
  async arrayBuffer() {
    const {buffer, byteOffset, byteLength} = this[kBytes];
    return buffer.slice(byteOffset, byteOffset + byteLength);
  }
  async text() { return this[kBytes].toString(); }
  slice(start, end, type = '') {
    const made = new Blob([], {type});
    Object.defineProperty(made, kBytes, {value: this[kBytes].subarray(start, end)});
    return made;
  }
  get [Symbol.toStringTag]() { return 'Blob'; }
}

function bytesOf(part, endings) {
  if (part instanceof Blob) return part[kBytes];
  if (types.isAnyArrayBuffer(part)) return Buffer.from(part);
  if (ArrayBuffer.isView(part)) return Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  const text = `${part}`;
  return Buffer.from(endings === 'native' ? text.replace(/\r\n|\r/g, '\n') : text);
}

class File extends Blob {
  #name;
  #lastModified;
  constructor(parts, name, options = {}) {
    super(parts, options);
    this.#name = `${name}`;
    this.#lastModified = options?.lastModified ?? Date.now();
  }
  get name() { return this.#name; }
  get lastModified() { return this.#lastModified; }
  get [Symbol.toStringTag]() { return 'File'; }
}

// bytes are those of a Blob, for modules of ours.
function blobBytes(blob) { return blob[kBytes]; }

module.exports = {Blob, File};
Object.defineProperty(module.exports, 'blobBytes', {value: blobBytes});
