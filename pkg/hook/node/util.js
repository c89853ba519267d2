'use strict';

// Functions of all kinds about values.

const {inspect} = require('internal/inspect');
const {format, formatWithOptions} = require('internal/format');
const {types} = require('internal/types');
const {wellFormed} = require('internal/encoding');
const {isDeepStrictEqual} = require('internal/equal');
const {validateFunction, validateString, validateAbortSignal, invalidType} = require('internal/errors');

const kPromisify = Symbol.for('nodejs.util.promisify.custom');

// promisify makes a function that gives a promise of one that takes a callback.
function promisify(original) {
  validateFunction(original, 'original');
  if (original[kPromisify]) {
    const own = original[kPromisify];
    if (typeof own !== 'function') throw invalidType('util.promisify.custom', 'of type function', own);
    return Object.defineProperty(own, kPromisify, {value: own, configurable: true});
  }
  function made(...args) {
    return new Promise((resolve, reject) => {
      original.call(this, ...args, (error, value) => (error ? reject(error) : resolve(value)));
    });
  }
  Object.setPrototypeOf(made, Object.getPrototypeOf(original));
  Object.defineProperty(made, kPromisify, {value: made, configurable: true});
  return Object.defineProperties(made, Object.getOwnPropertyDescriptors(original));
}
promisify.custom = kPromisify;

// callbackify makes a function that takes a callback of one that gives a promise.
function callbackify(original) {
  validateFunction(original, 'original');
  function made(...args) {
    const callback = args.pop();
    validateFunction(callback, 'last argument');
    Reflect.apply(original, this, args).then(
      (value) => process.nextTick(callback, null, value),
      (reason) => {
        if (!reason) {
          const error = new Error('Promise was rejected with a falsy value');
          Object.assign(error, {code: 'ERR_FALSY_VALUE_REJECTION', reason});
          reason = error;
        }
        process.nextTick(callback, reason);
      });
  }
  const properties = Object.getOwnPropertyDescriptors(original);
  if (typeof properties.length?.value === 'number') properties.length.value++;
  if (typeof properties.name?.value === 'string') properties.name.value += 'Callbackified';
  delete properties.prototype;
  return Object.defineProperties(made, properties);
}

function inherits(constructor, above) {
  if (constructor === undefined || constructor === null) throw invalidType('ctor', 'of type function', constructor);
  if (above === undefined || above === null) throw invalidType('superCtor', 'of type function', above);
  if (above.prototype === undefined) throw invalidType('superCtor.prototype', 'of type object', above.prototype);
  Object.defineProperty(constructor, 'super_', {value: above, writable: true, configurable: true});
  Object.setPrototypeOf(constructor.prototype, above.prototype);
}

const warnedOf = new Set();

// deprecate makes a function that warns when it is first called.
function deprecate(fn, message, code) {
  let warned = false;
  function deprecated(...args) {
    if (!warned) {
      warned = true;
      if (code === undefined || !warnedOf.has(code)) {
        if (code !== undefined) warnedOf.add(code);
        process.emitWarning(message, 'DeprecationWarning', code);
      }
    }
    return new.target ? Reflect.construct(fn, args, new.target) : Reflect.apply(fn, this, args);
  }
  Object.setPrototypeOf(deprecated, fn);
  if (fn.prototype) deprecated.prototype = fn.prototype;
  return deprecated;
}

// debuglog makes a function that prints when its name is in the variable NODE_DEBUG.
function debuglog(name) {
  const wanted = new RegExp(`^(${(process.env.NODE_DEBUG ?? '').replace(/[|\\{}()[\]^$+?.]/g, '\\$&').replaceAll('*', '.*').replaceAll(',', '|')})$`, 'i');
  const enabled = Boolean(process.env.NODE_DEBUG) && wanted.test(name);
  const log = (...args) => { if (enabled) console.debug(`${name.toUpperCase()} ${process.pid}: ${format(...args)}`); };
  return Object.defineProperty(log, 'enabled', {get: () => enabled, enumerable: true});
}

function stripVTControlCharacters(text) {
  validateString(text, 'str');
  return text.replace(/[\u001b\u009b][[\]()#;?]*(?:(?:(?:(?:;[-a-zA-Z\d/#&.:=?%@~_]+)*|[a-zA-Z\d]+(?:;[-a-zA-Z\d/#&.:=?%@~_]*)*)?(?:\u0007|\u001b\\|\u009c))|(?:(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-ntqry=><~]))/g, '');
}

// styleText colors a text for a stream that is a terminal: standard output here is none.
function styleText(format, text, {validateStream = true, stream = process.stdout} = {}) {
  validateString(text, 'text');
  let before = '';
  let after = '';
  for (const name of [format].flat()) {
    const codes = inspect.colors[name];
    if (codes === undefined) throw require('internal/errors').invalidValue('format', name, `must be one of: ${Object.keys(inspect.colors).map((key) => `'${key}'`).join(', ')}`);
    before += `\u001b[${codes[0]}m`;
    after = `\u001b[${codes[1]}m` + after;
  }
  return validateStream && !stream?.isTTY ? text : before + text + after;
}

function toUSVString(text) { return wellFormed(`${text}`); }

function aborted(signal, resource) {
  if (signal === undefined) throw invalidType('signal', 'an instance of AbortSignal', signal);
  validateAbortSignal(signal, 'signal');
  if (resource === null || typeof resource !== 'object') throw invalidType('resource', 'of type object', resource);
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => { signal.addEventListener('abort', () => resolve(), {once: true}); });
}

const errnoNames = require('internal/errno').names;

function getSystemErrorName(number) {
  return errnoNames.get(number)?.[0];
}

module.exports = {
  inspect, format, formatWithOptions, promisify, callbackify, inherits, deprecate, debuglog, debug: debuglog, types,
  isDeepStrictEqual, stripVTControlCharacters, styleText, toUSVString, aborted, getSystemErrorName,
  getSystemErrorMap: () => new Map(errnoNames),
  TextEncoder, TextDecoder,
  log: (...args) => console.log('%s - %s', new Date().toTimeString().slice(0, 8), format(...args)),
  _extend(target, source) {
    if (source !== null && typeof source === 'object') Object.assign(target, source);
    return target;
  },
  isArray: Array.isArray,
  isBoolean: (value) => typeof value === 'boolean',
  isBuffer: (value) => Buffer.isBuffer(value),
  isDate: types.isDate,
  isError: (value) => types.isNativeError(value) || value instanceof Error,
  isFunction: (value) => typeof value === 'function',
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value === null || value === undefined,
  isNumber: (value) => typeof value === 'number',
  isObject: (value) => value !== null && typeof value === 'object',
  isPrimitive: (value) => value === null || typeof value !== 'object' && typeof value !== 'function',
  isRegExp: types.isRegExp,
  isString: (value) => typeof value === 'string',
  isSymbol: (value) => typeof value === 'symbol',
  isUndefined: (value) => value === undefined,
};
