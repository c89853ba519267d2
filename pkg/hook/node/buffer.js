'use strict';

// Buffer: a Uint8Array that knows texts and numbers. And Blob, File, atob and btoa.

const {
  NodeTypeError, NodeRangeError, invalidType, invalidValue, outOfRange, received, validateNumber,
} = require('internal/errors');
const {toBytes, toText, byteLength, isUTF8, compare, copy, fill, indexOf, lastIndexOf, swap, unfinished} = require('internal/encoding');
const {types} = require('internal/types');
const {inspect, hexBytes} = require('internal/inspect');

const maxLength = 2 ** 32;
const maxStringLength = 2 ** 29 - 24;

class FastBuffer extends Uint8Array {}

// Buffer is a function without new, too, as it was in the beginning.
function Buffer(value, encodingOrOffset, length) {
  if (typeof value === 'number') {
    if (typeof encodingOrOffset === 'string') throw invalidType('string', 'of type string', value);
    return Buffer.alloc(value);
  }
  return Buffer.from(value, encodingOrOffset, length);
}
Object.defineProperty(FastBuffer.prototype, 'constructor', {value: Buffer, writable: true, configurable: true});
Buffer.prototype = FastBuffer.prototype;
Object.setPrototypeOf(Buffer, Uint8Array);
Object.defineProperty(Buffer, Symbol.species, {get: () => FastBuffer, configurable: true});

// encodingOf is the one name of an encoding; undefined when there is none such.
function encodingOf(name) {
  if (!name || name === 'utf8') return 'utf8';
  switch (`${name}`.toLowerCase()) {
    case 'utf8': case 'utf-8': return 'utf8';
    case 'ucs2': case 'ucs-2': case 'utf16le': case 'utf-16le': return 'utf16le';
    case 'latin1': case 'binary': return 'latin1';
    case 'ascii': return 'ascii';
    case 'hex': return 'hex';
    case 'base64': return 'base64';
    case 'base64url': return 'base64url';
  }
  return undefined;
}

function knownEncoding(name) {
  return encodingOf(name) ?? unknown(name);
}

function unknown(name) { throw new NodeTypeError('ERR_UNKNOWN_ENCODING', `Unknown encoding: ${name}`); }

// bytesOf are the bytes of a text or of an object with bytes.
function bytesOf(value, encoding, name = 'value') {
  if (typeof value === 'string') return new FastBuffer(toBytes(value, knownEncoding(encoding)));
  if (types.isUint8Array(value)) return value;
  throw invalidType(name, 'one of type string or an instance of Buffer or Uint8Array', value);
}

// Making buffers.

function validSize(size) {
  validateNumber(size, 'size');
  if (!(size >= 0 && size <= maxLength)) throw outOfRange('size', `>= 0 && <= ${maxLength}`, size);
}

Buffer.alloc = function alloc(size, value, encoding) {
  validSize(size);
  const made = new FastBuffer(size);
  if (value !== undefined && value !== 0 && size > 0) made.fill(value, typeof encoding === 'string' ? encoding : undefined);
  return made;
};

Buffer.allocUnsafe = function allocUnsafe(size) {
  validSize(size);
  return new FastBuffer(size);
};
Buffer.allocUnsafeSlow = Buffer.allocUnsafe;

Buffer.from = function from(value, encodingOrOffset, length) {
  if (typeof value === 'string') return new FastBuffer(toBytes(value, knownEncoding(encodingOrOffset)));
  if (value !== null && typeof value === 'object') {
    if (types.isAnyArrayBuffer(value)) return fromArrayBuffer(value, encodingOrOffset, length);
    const primitive = value.valueOf && value.valueOf();
    if (primitive !== undefined && primitive !== null && primitive !== value && (typeof primitive === 'string' || typeof primitive === 'object')) {
      return Buffer.from(primitive, encodingOrOffset, length);
    }
    const made = fromObject(value);
    if (made !== undefined) return made;
    if (typeof value[Symbol.toPrimitive] === 'function') {
      const text = value[Symbol.toPrimitive]('string');
      if (typeof text === 'string') return Buffer.from(text, encodingOrOffset);
    }
  }
  throw new NodeTypeError('ERR_INVALID_ARG_TYPE',
    `The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object.${received(value)}`);
};

function fromArrayBuffer(buffer, offset, length) {
  offset = offset === undefined ? 0 : Number(offset) || 0;
  const most = buffer.byteLength - offset;
  if (most < 0) throw new NodeRangeError('ERR_BUFFER_OUT_OF_BOUNDS', '"offset" is outside of buffer bounds');
  length = length === undefined ? most : Math.max(0, Number(length) || 0);
  if (length > most) throw new NodeRangeError('ERR_BUFFER_OUT_OF_BOUNDS', '"length" is outside of buffer bounds');
  return new FastBuffer(buffer, offset, length);
}

function fromObject(value) {
  if (types.isUint8Array(value)) {
    const made = new FastBuffer(value.length);
    copy(made, value);
    return made;
  }
  if (value.length !== undefined || types.isAnyArrayBuffer(value.buffer)) {
    return typeof value.length === 'number' ? new FastBuffer(Array.from(value)) : new FastBuffer(0);
  }
  if (value.type === 'Buffer' && Array.isArray(value.data)) return new FastBuffer(value.data);
  return undefined;
}

Buffer.of = function of(...items) { return new FastBuffer(items); };

Buffer.copyBytesFrom = function copyBytesFrom(view, offset = 0, length) {
  if (!types.isTypedArray(view)) throw invalidType('view', 'an instance of TypedArray', view);
  const part = view.subarray(offset, length === undefined ? undefined : offset + length);
  return Buffer.from(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
};

Buffer.concat = function concat(list, length) {
  if (!Array.isArray(list)) throw invalidType('list', 'an instance of Array', list);
  if (length === undefined) {
    length = 0;
    for (const each of list) length += each?.length ?? 0;
  } else if (!Number.isInteger(length) || length < 0) {
    validateNumber(length, 'length');
    throw outOfRange('length', `>= 0 && <= ${maxLength}`, length);
  }
  const made = new FastBuffer(length);
  let at = 0;
  list.forEach((each, i) => {
    if (!types.isUint8Array(each)) throw invalidType(`list[${i}]`, 'an instance of Buffer or Uint8Array', each);
    if (at < length) at += copy(made.subarray(at), each);
  });
  return made;
};

// What is asked of the class.

Buffer.isBuffer = function isBuffer(value) { return value instanceof FastBuffer; };
Buffer.isEncoding = function isEncoding(name) { return typeof name === 'string' && name !== '' && encodingOf(name) !== undefined; };

Buffer.byteLength = function bufferByteLength(value, encoding) {
  if (typeof value !== 'string') {
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return value.byteLength;
    throw invalidType('string', 'of type string or an instance of Buffer or ArrayBuffer', value);
  }
  switch (encodingOf(encoding)) {
    case 'utf16le': return value.length * 2;
    case 'latin1': case 'ascii': return value.length;
    case 'hex': return value.length >>> 1;
    case 'base64': case 'base64url': {
      let {length} = value;
      while (length > 0 && value[length - 1] === '=' && value.length - length < 2) length--;
      return Math.floor(length * 3 / 4);
    }
  }
  return byteLength(value);
};

Buffer.compare = function bufferCompare(a, b) {
  if (!types.isUint8Array(a)) throw invalidType('buf1', 'an instance of Buffer or Uint8Array', a);
  if (!types.isUint8Array(b)) throw invalidType('buf2', 'an instance of Buffer or Uint8Array', b);
  return compare(a, b);
};

Buffer.poolSize = 8192;

// Methods: from here to the end of the file, they are put into the prototype, not to be enumerated.

const methods = {
  get parent() { return this.buffer; },
  get offset() { return this.byteOffset; },

  toString(encoding, start, end) {
    start = bound(start, 0, this.length);
    end = bound(end, this.length, this.length);
    if (end <= start) return '';
    return toText(this, encoding === undefined ? 'utf8' : Buffer.isEncoding(encoding) ? encodingOf(encoding) : unknown(encoding), start, end);
  },

  toLocaleString(...args) { return this.toString(...args); },

  toJSON() { return {type: 'Buffer', data: Array.from(this)}; },

  equals(other) {
    if (!types.isUint8Array(other)) throw invalidType('otherBuffer', 'an instance of Buffer or Uint8Array', other);
    return this === other || this.length === other.length && compare(this, other) === 0;
  },

  compare(target, targetStart = 0, targetEnd = target.length, start = 0, end = this.length) {
    if (!types.isUint8Array(target)) throw invalidType('target', 'an instance of Buffer or Uint8Array', target);
    within('targetStart', targetStart, 0, Number.MAX_SAFE_INTEGER);
    within('targetEnd', targetEnd, 0, target.length);
    within('sourceStart', start, 0, Number.MAX_SAFE_INTEGER);
    within('sourceEnd', end, 0, this.length);
    return compare(this.subarray(start, Math.max(start, end)), target.subarray(targetStart, Math.max(targetStart, targetEnd)));
  },

  copy(target, targetStart, start, end) {
    if (!ArrayBuffer.isView(target)) throw invalidType('target', 'an instance of Buffer or Uint8Array', target);
    const to = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    targetStart = Math.max(0, Math.trunc(Number(targetStart)) || 0);
    start = Math.trunc(Number(start)) || 0;
    if (start < 0 || start > this.length) throw outOfRange('sourceStart', `>= 0 && <= ${this.length}`, start);
    end = end === undefined ? this.length : Math.trunc(Number(end)) || 0;
    if (end < 0) throw outOfRange('sourceEnd', '>= 0', end);
    if (targetStart >= to.length || end <= start) return 0;
    return copy(to.subarray(targetStart), this.subarray(start, Math.min(end, this.length)));
  },

  slice(start, end) { return this.subarray(start, end); },

  subarray(start, end) {
    start = relative(start, 0, this.length);
    end = relative(end, this.length, this.length);
    return new FastBuffer(this.buffer, this.byteOffset + start, Math.max(0, end - start));
  },

  write(text, offset, length, encoding) {
    if (typeof offset === 'string') [offset, encoding] = [undefined, offset];
    else if (typeof length === 'string') [length, encoding] = [undefined, length];
    if (typeof text !== 'string') throw new NodeTypeError('ERR_INVALID_ARG_TYPE', 'argument must be a string');
    offset ??= 0;
    within('offset', offset, 0, this.length);
    const left = this.length - offset;
    if (length === undefined) length = left;
    else within('length', length, 0, this.length);
    return writeText(this, text, offset, Math.min(length, left), knownEncoding(encoding));
  },

  fill(value, offset, end, encoding) {
    if (typeof offset === 'string') [encoding, offset] = [offset, undefined];
    else if (typeof end === 'string') [encoding, end] = [end, undefined];
    if (encoding !== undefined && typeof encoding !== 'string') throw invalidType('encoding', 'of type string', encoding);
    if (offset === undefined) offset = 0;
    else within('offset', offset, 0, Number.MAX_SAFE_INTEGER);
    if (end === undefined) end = this.length;
    else within('end', end, 0, this.length);
    if (offset >= end) return this;
    let pattern;
    if (typeof value === 'string') {
      pattern = value === '' ? Uint8Array.of(0) : bytesOf(value, encoding);
    } else if (types.isUint8Array(value) || ArrayBuffer.isView(value)) {
      pattern = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    } else pattern = Uint8Array.of(Number(value) & 255);
    if (pattern.length === 0) throw invalidValue('value', value);
    fill(this.subarray(offset, end), pattern);
    return this;
  },

  indexOf(value, offset, encoding) { return find(this, value, offset, encoding, false); },
  lastIndexOf(value, offset, encoding) { return find(this, value, offset, encoding, true); },
  includes(value, offset, encoding) { return find(this, value, offset, encoding, false) !== -1; },

  swap16() { return swapped(this, 2); },
  swap32() { return swapped(this, 4); },
  swap64() { return swapped(this, 8); },

  [inspect.custom](depth, options) {
    const most = module.exports.INSPECT_MAX_BYTES;
    let text = hexBytes(this.subarray(0, most));
    const more = this.length - most;
    if (more > 0) text += ` ... ${more} more byte${more > 1 ? 's' : ''}`;
    const extra = Object.keys(this).filter((key) => !/^\d+$/.test(key));
    if (extra.length > 0) {
      const object = Object.fromEntries(extra.map((key) => [key, this[key]]));
      text += `${this.length > 0 ? ', ' : ''}${inspect(object, {...options, breakLength: Infinity, compact: true}).slice(2, -2)}`;
    }
    return `<${this.constructor.name} ${text}>`;
  },
};
methods.inspect = methods[inspect.custom];

function within(name, value, low, high) {
  validateNumber(value, name);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < low || value > high) throw outOfRange(name, `>= ${low} && <= ${high}`, value);
}

function bound(value, fallback, most) {
  if (value === undefined) return fallback;
  value = Math.trunc(Number(value)) || 0;
  return Math.min(Math.max(value, 0), most);
}

function relative(value, fallback, length) {
  if (value === undefined) return fallback;
  value = Math.trunc(Number(value)) || 0;
  return value < 0 ? Math.max(0, length + value) : Math.min(value, length);
}

// writeText writes what fits, in whole characters.
function writeText(buffer, text, offset, length, encoding) {
  let bytes = new Uint8Array(toBytes(text, encoding));
  if (bytes.length > length) {
    bytes = bytes.subarray(0, length);
    if (encoding === 'utf8') bytes = bytes.subarray(0, length - unfinished(bytes));
    if (encoding === 'utf16le') bytes = bytes.subarray(0, length - length % 2);
  }
  return copy(buffer.subarray(offset, offset + length), bytes);
}

function find(buffer, value, offset, encoding, last) {
  if (typeof offset === 'string') [encoding, offset] = [offset, undefined];
  offset = Number(offset);
  if (Number.isNaN(offset)) offset = last ? buffer.length : 0;
  offset = Math.trunc(offset);
  if (offset < 0) offset += buffer.length;
  if (offset < 0) {
    if (last) return -1;
    offset = 0;
  }
  let part = value;
  let step = 1;
  if (typeof value === 'number') part = Uint8Array.of(value & 255);
  else if (typeof value === 'string') {
    part = bytesOf(value, encoding);
    if (encodingOf(encoding) === 'utf16le') step = 2;
  } else if (!types.isUint8Array(value)) throw invalidType('value', 'one of type number or string or an instance of Buffer or Uint8Array', value);
  if (part.length === 0) return Math.min(offset, buffer.length);
  if (last) return lastIndexOf(buffer.subarray(0, Math.min(buffer.length, offset + part.length)), part, step);
  if (offset >= buffer.length) return -1;
  offset -= offset % step;
  const at = indexOf(buffer.subarray(offset), part, step);
  return at < 0 ? -1 : at + offset;
}

function swapped(buffer, size) {
  if (buffer.length % size !== 0) throw new NodeRangeError('ERR_INVALID_BUFFER_SIZE', `Buffer size must be a multiple of ${size * 8}-bits`);
  swap(buffer, size);
  return buffer;
}

for (const [name, encoding] of [['utf8', 'utf8'], ['latin1', 'latin1'], ['ascii', 'ascii'], ['hex', 'hex'], ['base64', 'base64'], ['base64url', 'base64url'], ['ucs2', 'utf16le']]) {
  methods[`${name}Slice`] = function (start, end) { return this.toString(encoding, start, end); };
  methods[`${name}Write`] = function (text, offset = 0, length = this.length - offset) { return writeText(this, text, offset, Math.min(length, this.length - offset), encoding); };
}

Object.assign(methods, require('internal/buffernumbers'));
for (const key of Reflect.ownKeys(methods)) {
  Object.defineProperty(Buffer.prototype, key, {...Object.getOwnPropertyDescriptor(methods, key), enumerable: false});
}

function atob(text) {
  if (arguments.length === 0) throw new NodeTypeError('ERR_MISSING_ARGS', 'The "input" argument must be specified');
  text = `${text}`.replace(/[\t\n\f\r ]/g, '');
  const body = text.length % 4 === 0 ? text.replace(/={1,2}$/, '') : text;
  if (/[^A-Za-z0-9+/]/.test(body)) throw new DOMException('Invalid character', 'InvalidCharacterError');
  if (body.length % 4 === 1) throw new DOMException('The string to be decoded is not correctly encoded.', 'InvalidCharacterError');
  return Buffer.from(body, 'base64').toString('latin1');
}

function btoa(text) {
  if (arguments.length === 0) throw new NodeTypeError('ERR_MISSING_ARGS', 'The "input" argument must be specified');
  text = `${text}`;
  if (/[^\x00-\xff]/.test(text)) throw new DOMException('Invalid character', 'InvalidCharacterError');
  return Buffer.from(text, 'latin1').toString('base64');
}

function transcode(source, from, to) {
  if (!types.isUint8Array(source)) throw invalidType('source', 'an instance of Buffer or Uint8Array', source);
  const [a, b] = [encodingOf(from), encodingOf(to)];
  const known = ['utf8', 'utf16le', 'latin1', 'ascii'];
  if (!known.includes(a) || !known.includes(b)) {
    const error = new Error(`Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]`);
    throw Object.assign(error, {code: 'U_ILLEGAL_ARGUMENT_ERROR', errno: 1});
  }
  let text = Buffer.from(source).toString(a);
  if (b === 'latin1') text = text.replace(/[^\x00-\xff]/gu, '?');
  if (b === 'ascii') text = text.replace(/[^\x00-\x7f]/gu, '?');
  return Buffer.from(text, b);
}

function SlowBuffer(size) { return Buffer.allocUnsafeSlow(size); }

function view(input) {
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (types.isAnyArrayBuffer(input)) return new Uint8Array(input);
  throw invalidType('input', 'an instance of ArrayBuffer, Buffer, or TypedArray', input);
}

module.exports = {
  Buffer, SlowBuffer, atob, btoa, transcode,
  isUtf8: (input) => isUTF8(view(input)),
  isAscii: (input) => view(input).every((byte) => byte < 128),
  kMaxLength: maxLength,
  kStringMaxLength: maxStringLength,
  constants: {MAX_LENGTH: maxLength, MAX_STRING_LENGTH: maxStringLength},
  INSPECT_MAX_BYTES: 50,
};
Object.assign(module.exports, require('internal/blob'));
