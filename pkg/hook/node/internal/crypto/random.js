'use strict';

// Random numbers. They are drawn from the virtual user's stream, as Math.random's are: the same seed gives
// the same.

const {native, Buffer, int32} = require('internal/crypto');
const {NodeTypeError, outOfRange, invalidType, validateFunction} = require('internal/errors');

function size(value, name, most, offset = 0) {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
  if (Number.isNaN(value) || value < offset || value > most) throw outOfRange(name, `>= ${offset} && <= ${most}`, value);
  return value >>> 0;
}

function randomBytes(length, callback) {
  length = size(length, 'size', int32);
  if (callback !== undefined) validateFunction(callback, 'callback');
  const bytes = Buffer.alloc(length);
  native.fill(bytes);
  if (callback === undefined) return bytes;
  setImmediate(callback, null, bytes);
}

function part(buf, offset, length) {
  if (!ArrayBuffer.isView(buf) && !(buf instanceof ArrayBuffer)) {
    throw invalidType('buf', 'an instance of ArrayBuffer or ArrayBufferView', buf);
  }
  const unit = buf.BYTES_PER_ELEMENT || 1;
  offset = offset === undefined ? 0 : size(offset, 'offset', buf.byteLength / unit) * unit;
  length = length === undefined ? buf.byteLength - offset : size(length, 'size', int32) * unit;
  if (offset + length > buf.byteLength) throw outOfRange('size + offset', `<= ${buf.byteLength}`, offset + length);
  return buf instanceof ArrayBuffer ? new Uint8Array(buf, offset, length) : new Uint8Array(buf.buffer, buf.byteOffset + offset, length);
}

function randomFillSync(buf, offset, length) {
  native.fill(part(buf, offset, length));
  return buf;
}

function randomFill(buf, offset, length, callback) {
  if (typeof offset === 'function') [offset, callback] = [undefined, offset];
  else if (typeof length === 'function') [length, callback] = [undefined, length];
  validateFunction(callback, 'callback');
  randomFillSync(buf, offset, length);
  setImmediate(callback, null, buf);
}

const widest = 2 ** 48 - 1;

function randomInt(min, max, callback) {
  if (max === undefined || typeof max === 'function') [min, max, callback] = [0, min, max];
  if (callback !== undefined) validateFunction(callback, 'callback');
  for (const [name, value] of [['min', min], ['max', max]]) {
    if (!Number.isSafeInteger(value)) throw invalidType(name, 'a safe integer', value);
  }
  if (max <= min) throw outOfRange('max', `greater than the value of "min" (${min})`, max);
  if (max - min > widest) throw outOfRange(callback === undefined && min === 0 ? 'max' : 'max - min', `<= ${widest}`, max - min);
  const n = min + native.below(max - min);
  if (callback === undefined) return n;
  setImmediate(callback, undefined, n);
}

function randomUUID(options) {
  if (options !== undefined && (options === null || typeof options !== 'object')) throw invalidType('options', 'of type object', options);
  return native.uuid();
}

const integers = ['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array'];

function getRandomValues(array) {
  if (arguments.length < 1) throw new NodeTypeError('ERR_MISSING_ARGS', 'The "typedArray" argument must be specified');
  if (!ArrayBuffer.isView(array) || !integers.some((name) => array instanceof globalThis[name])) {
    throw new DOMException('The data argument must be an integer-type TypedArray', 'TypeMismatchError');
  }
  if (array.byteLength > 65536) throw new DOMException('The requested length exceeds 65,536 bytes', 'QuotaExceededError');
  native.fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return array;
}

module.exports = {randomBytes, pseudoRandomBytes: randomBytes, randomFill, randomFillSync, randomInt, randomUUID, getRandomValues};
