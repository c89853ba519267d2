'use strict';

// The methods of Buffer that read and write numbers.

const {NodeRangeError, outOfRange, invalidType, validateNumber} = require('internal/errors');

// checkOffset holds the place of a number of size bytes.
function checkOffset(buffer, offset, size) {
  validateNumber(offset, 'offset');
  const last = buffer.length - size;
  if (Number.isInteger(offset) && offset >= 0 && offset <= last) return;
  if (!Number.isInteger(offset)) throw outOfRange('offset', 'an integer', offset);
  if (last < 0) throw new NodeRangeError('ERR_BUFFER_OUT_OF_BOUNDS', 'Attempt to access memory outside buffer bounds');
  throw outOfRange('offset', `>= 0 and <= ${last}`, offset);
}

// checkValue holds a whole number to its size in bytes.
function checkValue(value, size, signed) {
  const bits = size * 8;
  const big = typeof value === 'bigint';
  const one = big ? 1n : 1;
  const two = big ? 2n : 2;
  const power = two ** (big ? BigInt(bits) - (signed ? 1n : 0n) : bits - (signed ? 1 : 0));
  const low = signed ? -power : power - power;
  if (!(value > power - one || value < low)) return;
  const n = big ? 'n' : '';
  let range;
  if (size <= 4) range = `>= ${low}${n} and <= ${power - one}${n}`;
  else if (signed) range = `>= -(2${n} ** ${bits - 1}${n}) and < 2${n} ** ${bits - 1}${n}`;
  else range = `>= 0${n} and < 2${n} ** ${bits}${n}`;
  throw outOfRange('value', range, value);
}

function viewOf(buffer) { return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength); }

const methods = {};

function define(names, method) {
  for (const name of names) methods[name] = method;
}

// fixed defines the methods of one kind of number, as DataView calls it.
function fixed(name, size, kind, aliases = []) {
  const orders = size === 1 ? [['', true]] : [['LE', true], ['BE', false]];
  for (const [order, little] of orders) {
    const names = [name, ...aliases].map((each) => each + order);
    define(names.map((each) => `read${each}`), function (offset = 0) {
      checkOffset(this, offset, size);
      return viewOf(this)[`get${kind}`](offset, little);
    });
    const signed = !kind.includes('Uint');
    define(names.map((each) => `write${each}`), function (value, offset = 0) {
      if (kind.startsWith('Big')) {
        if (typeof value !== 'bigint') throw new TypeError('Cannot mix BigInt and other types, use explicit conversions');
        checkValue(value, size, signed);
      } else {
        value = Number(value);
        if (!kind.startsWith('Float')) checkValue(value, size, signed);
      }
      checkOffset(this, offset, size);
      viewOf(this)[`set${kind}`](offset, value, little);
      return offset + size;
    });
  }
}

fixed('UInt8', 1, 'Uint8', ['Uint8']);
fixed('UInt16', 2, 'Uint16', ['Uint16']);
fixed('UInt32', 4, 'Uint32', ['Uint32']);
fixed('Int8', 1, 'Int8');
fixed('Int16', 2, 'Int16');
fixed('Int32', 4, 'Int32');
fixed('BigUInt64', 8, 'BigUint64', ['BigUint64']);
fixed('BigInt64', 8, 'BigInt64');
fixed('Float', 4, 'Float32');
fixed('Double', 8, 'Float64');

function checkSize(size) {
  if (size === undefined) throw invalidType('byteLength', 'of type number', size);
  validateNumber(size, 'byteLength');
  if (!Number.isInteger(size)) throw outOfRange('byteLength', 'an integer', size);
  if (size < 1 || size > 6) throw outOfRange('byteLength', '>= 1 and <= 6', size);
}

// Whole numbers of one to six bytes.
for (const little of [true, false]) {
  for (const signed of [true, false]) {
    const order = little ? 'LE' : 'BE';
    const names = signed ? [`Int${order}`] : [`UInt${order}`, `Uint${order}`];
    define(names.map((name) => `read${name}`), function (offset, size) {
      if (offset === undefined) throw invalidType('offset', 'of type number', offset);
      checkSize(size);
      checkOffset(this, offset, size);
      let value = 0;
      for (let i = 0; i < size; i++) value = value * 256 + this[little ? offset + size - 1 - i : offset + i];
      return signed && value >= 2 ** (size * 8 - 1) ? value - 2 ** (size * 8) : value;
    });
    define(names.map((name) => `write${name}`), function (value, offset, size) {
      checkSize(size);
      value = Number(value);
      checkValue(value, size, signed);
      if (offset === undefined) throw invalidType('offset', 'of type number', offset);
      checkOffset(this, offset, size);
      let rest = Math.trunc(value) || 0;
      if (rest < 0) rest += 2 ** (size * 8);
      for (let i = 0; i < size; i++) {
        this[little ? offset + i : offset + size - 1 - i] = rest % 256;
        rest = Math.floor(rest / 256);
      }
      return offset + size;
    });
  }
}

module.exports = methods;
