'use strict';

// What kind of built-in object a value is, whatever its prototype says.

const {classOf} = internal;

const typedArrayTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;

// kinds is the name of the built-in that an object is, "TypedArray" and "Function" for all of those.
function kinds(value) {
  if (ArrayBuffer.isView(value)) return typedArrayTag.call(value) === undefined ? 'DataView' : 'TypedArray';
  const kind = classOf(value);
  if (kind === 'Object') {
    const tag = value[Symbol.toStringTag];
    if (tag === 'WeakMap' && works(WeakMap.prototype.has, value)) return tag;
    if (tag === 'Symbol' && works(Symbol.prototype.valueOf, value)) return tag;
    if (tag === 'WeakSet' && works(WeakSet.prototype.has, value)) return tag;
  }
  return kind;
}

function works(method, value) {
  try {
    method.call(value, value);
    return true;
  } catch {
    return false;
  }
}

function isObject(value) { return value !== null && typeof value === 'object'; }

function typed(name) { return (value) => isObject(value) && typedArrayTag.call(value) === name; }

function kind(name) { return (value) => isObject(value) && kinds(value) === name; }

function source(value) { return Function.prototype.toString.call(value); }

const types = {
  isAnyArrayBuffer: kind('ArrayBuffer'),
  isArrayBuffer: kind('ArrayBuffer'),
  isArrayBufferView: (value) => ArrayBuffer.isView(value),
  isArgumentsObject: kind('Arguments'),
  isAsyncFunction: (value) => typeof value === 'function' && /^(static\s+)?async\b/.test(source(value)),
  isBigInt64Array: typed('BigInt64Array'),
  isBigUint64Array: typed('BigUint64Array'),
  isBigIntObject: kind('BigInt'),
  isBooleanObject: kind('Boolean'),
  isBoxedPrimitive: (value) => isObject(value) && ['Number', 'String', 'Boolean', 'BigInt', 'Symbol'].includes(kinds(value)),
  isCryptoKey: (value) => isObject(value) && value[Symbol.toStringTag] === 'CryptoKey',
  isDataView: kind('DataView'),
  isDate: kind('Date'),
  isExternal: () => false,
  isFloat32Array: typed('Float32Array'),
  isFloat64Array: typed('Float64Array'),
  isGeneratorFunction: (value) => typeof value === 'function' && /^(function\s*\*|\*)/.test(source(value)),
  isGeneratorObject: (value) => isObject(value) && Object.prototype.toString.call(value) === '[object Generator]',
  isInt8Array: typed('Int8Array'),
  isInt16Array: typed('Int16Array'),
  isInt32Array: typed('Int32Array'),
  isMap: kind('Map'),
  isMapIterator: (value) => isObject(value) && Object.prototype.toString.call(value) === '[object Map Iterator]',
  isModuleNamespaceObject: () => false,
  isNativeError: kind('Error'),
  isNumberObject: kind('Number'),
  isPromise: kind('Promise'),
  isProxy: (value) => (isObject(value) || typeof value === 'function') && internal.isProxy(value),
  isRegExp: kind('RegExp'),
  isSet: kind('Set'),
  isSetIterator: (value) => isObject(value) && Object.prototype.toString.call(value) === '[object Set Iterator]',
  isSharedArrayBuffer: () => false,
  isStringObject: kind('String'),
  isSymbolObject: kind('Symbol'),
  isTypedArray: (value) => isObject(value) && kinds(value) === 'TypedArray',
  isUint8Array: typed('Uint8Array'),
  isUint8ClampedArray: typed('Uint8ClampedArray'),
  isUint16Array: typed('Uint16Array'),
  isUint32Array: typed('Uint32Array'),
  isWeakMap: kind('WeakMap'),
  isWeakSet: kind('WeakSet'),
};

module.exports = {kinds, types};
