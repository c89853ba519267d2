'use strict';

// What all parts of the module crypto use. internal is what Go has for it: see crypto.go.

const {Buffer} = require('buffer');
const {NodeError, invalidType, validateInteger, validateString} = require('internal/errors');

const bytesLike = 'of type string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView';

function isBytes(value) { return ArrayBuffer.isView(value) || value instanceof ArrayBuffer; }

// plain tells that Go may take a string as it is.
function plain(encoding) {
  return encoding === undefined || encoding === null || encoding === 'utf8' || encoding === 'utf-8' || encoding === 'buffer';
}

// take makes of an argument what Go takes for bytes.
function take(value, name, encoding, expected = bytesLike) {
  if (typeof value === 'string') return plain(encoding) ? value : Buffer.from(value, encoding);
  if (!isBytes(value)) throw invalidType(name, expected, value);
  return value;
}

// give makes what a caller gets of what Go has: an ArrayBuffer, or a string already.
function give(result, encoding) {
  if (typeof result === 'string') return result;
  const buffer = Buffer.from(result);
  return plain(encoding) ? encoding === undefined || encoding === null || encoding === 'buffer' ? buffer : buffer.toString('utf8') : buffer.toString(encoding);
}

// callbackOf checks the callback of a function that has one, and gives it Buffers.
function buffers(callback) {
  return (err, result) => (err ? callback(err) : callback(null, Buffer.from(result)));
}

const int32 = 2 ** 31 - 1;

function validateLength(value, name) { validateInteger(value, name, 0, int32); }

module.exports = {
  native: internal, Buffer, NodeError, bytesLike, isBytes, take, give, buffers, int32, validateLength, validateString,
};
