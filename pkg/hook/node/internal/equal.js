'use strict';

// Deep equality as module assert has it, strict and loose.

const {kinds} = require('internal/types');

function isDeepStrictEqual(a, b) { return equal(a, b, true, []); }

function isDeepEqual(a, b) { return equal(a, b, false, []); }

function same(a, b, strict) {
  return strict ? Object.is(a, b) : a == b || a !== a && b !== b;
}

// equal compares two values; pairs are those that are being compared, which count as equal meanwhile.
function equal(a, b, strict, pairs) {
  if (a === b) return a !== 0 || !strict || Object.is(a, b);
  const objects = (a !== null && typeof a === 'object' ? 1 : 0) + (b !== null && typeof b === 'object' ? 1 : 0);
  if (objects < 2) {
    if (strict) return objects === 0 && typeof a === 'number' && a !== a && b !== b;
    return objects === 0 && typeof a !== 'function' && typeof b !== 'function' && same(a, b, false);
  }
  if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (Object.prototype.toString.call(a) !== Object.prototype.toString.call(b)) return false;
  const kind = kinds(a);
  if (kind !== kinds(b)) return false;
  switch (kind) {
    case 'Array':
      if (a.length !== b.length) return false;
      break;
    case 'Date':
      if (!Object.is(Date.prototype.getTime.call(a), Date.prototype.getTime.call(b))) return false;
      break;
    case 'RegExp':
      if (a.source !== b.source || a.flags !== b.flags || a.lastIndex !== b.lastIndex) return false;
      break;
    case 'Error':
      if (a.message !== b.message || a.name !== b.name) return false;
      break;
    case 'TypedArray':
      if (!sameBytes(a, b, strict)) return false;
      break;
    case 'ArrayBuffer':
      if (!sameBytes(new Uint8Array(a), new Uint8Array(b), true)) return false;
      break;
    case 'Set': case 'Map':
      if (a.size !== b.size) return false;
      break;
    case 'Number': case 'String': case 'Boolean': case 'BigInt': case 'Symbol':
      if (!Object.is(a.valueOf(), b.valueOf())) return false;
      break;
    case 'Promise': case 'WeakMap': case 'WeakSet':
      return false;
  }
  if (pairs.some(([x, y]) => x === a && y === b)) return true;
  pairs.push([a, b]);
  const result = sameKeys(a, b, strict, pairs, kind === 'TypedArray') &&
    (kind !== 'Set' || sameSet(a, b, strict, pairs)) && (kind !== 'Map' || sameMap(a, b, strict, pairs));
  pairs.pop();
  return result;
}

function sameBytes(a, b, strict) {
  if (a.length !== b.length) return false;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return internal.sameBytes(a, b);
  return a.every((item, i) => (strict ? Object.is(item, b[i]) : item === b[i]));
}

function ownKeys(o, strict, isList) {
  let keys = Object.keys(o);
  if (isList) keys = keys.filter((key) => !/^(0|[1-9]\d*)$/.test(key));
  if (!strict) return keys;
  return [...keys, ...Object.getOwnPropertySymbols(o).filter((key) => Object.prototype.propertyIsEnumerable.call(o, key))];
}

function sameKeys(a, b, strict, pairs, isList) {
  const keys = ownKeys(a, strict, isList);
  if (keys.length !== ownKeys(b, strict, isList).length) return false;
  return keys.every((key) => Object.prototype.propertyIsEnumerable.call(b, key) && equal(a[key], b[key], strict, pairs));
}

// sameSet compares what is the same in both first; what is left may be equal in any order.
function sameSet(a, b, strict, pairs) {
  const left = [...b].filter((item) => !a.has(item));
  for (const item of a) {
    if (b.has(item)) continue;
    if (strict && (item === null || typeof item !== 'object')) return false;
    const at = left.findIndex((other) => equal(item, other, strict, pairs));
    if (at < 0) return false;
    left.splice(at, 1);
  }
  return true;
}

function sameMap(a, b, strict, pairs) {
  const left = [...b].filter(([key]) => !a.has(key));
  for (const [key, value] of a) {
    if (b.has(key)) {
      if (!equal(value, b.get(key), strict, pairs)) return false;
      continue;
    }
    if (strict && (key === null || typeof key !== 'object')) return false;
    const at = left.findIndex(([other, otherValue]) => equal(key, other, strict, pairs) && equal(value, otherValue, strict, pairs));
    if (at < 0) return false;
    left.splice(at, 1);
  }
  return true;
}

module.exports = {isDeepStrictEqual, isDeepEqual};
