'use strict';

const {kinds} = require('internal/types');
const {unsupported} = require('internal/errors');

// structuredClone copies a value with all that it holds. Objects lose their classes; functions and
// symbols cannot be copied.
function structuredClone(value, options) {
  if (arguments.length === 0) throw new TypeError("The 'value' argument must be specified");
  if (options?.transfer?.length > 0) throw unsupported('structuredClone with transfer');
  return copy(value, new Map());
}

function fail(what) { throw new DOMException(`${what} could not be cloned.`, 'DataCloneError'); }

function copy(value, copies) {
  if (typeof value === 'symbol') fail(value.toString());
  if (typeof value === 'function') fail(String(value));
  if (value === null || typeof value !== 'object') return value;
  if (copies.has(value)) return copies.get(value);
  const kind = kinds(value);
  const into = empty(value, kind, (inner) => copy(inner, copies));
  copies.set(value, into);
  switch (kind) {
    case 'Map':
      for (const [key, item] of [...value]) into.set(copy(key, copies), copy(item, copies));
      break;
    case 'Set':
      for (const item of [...value]) into.add(copy(item, copies));
      break;
    case 'Error':
      if (Object.hasOwn(value, 'cause')) {
        Object.defineProperty(into, 'cause', {value: copy(value.cause, copies), writable: true, configurable: true});
      }
      break;
    case 'Array': case 'Object': case 'Arguments':
      for (const key of Object.keys(value)) into[key] = copy(value[key], copies);
  }
  return into;
}

// empty makes the copy without what it holds.
function empty(value, kind, inner) {
  switch (kind) {
    case 'Date': return new Date(value.getTime());
    case 'RegExp': return new RegExp(value.source, value.flags);
    case 'Number': case 'String': case 'Boolean': case 'BigInt': return Object(value.valueOf());
    case 'Map': return new Map();
    case 'Set': return new Set();
    case 'ArrayBuffer': return value.slice(0);
    case 'TypedArray': case 'DataView': {
      const type = kind === 'DataView' ? DataView : globalThis[value[Symbol.toStringTag]];
      return new type(inner(value.buffer), value.byteOffset, kind === 'DataView' ? value.byteLength : value.length);
    }
    case 'Error': {
      const type = {EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError}[value.name] ?? Error;
      const made = new type(value.message);
      Object.defineProperty(made, 'stack', {value: value.stack, writable: true, configurable: true});
      return made;
    }
    case 'Array': return new Array(value.length);
    case 'Object': case 'Arguments': return {};
  }
  return fail(Object.prototype.toString.call(value).replace('[object ', '#<').replace(']', '>'));
}

module.exports = {structuredClone};
