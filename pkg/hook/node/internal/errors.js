'use strict';

// Errors as Node.js makes them: with a code, which is part of their text.

function coded(Base) {
  return class NodeError extends Base {
    constructor(code, message, options) {
      super(message, options);
      this.code = code;
      const end = this.stack.indexOf('\n');
      Object.defineProperty(this, 'stack', {
        value: this.toString() + (end < 0 ? '' : this.stack.slice(end)), writable: true, configurable: true,
      });
    }
    toString() { return `${this.name} [${this.code}]: ${this.message}`; }
  };
}

const NodeError = coded(Error);
const NodeTypeError = coded(TypeError);
const NodeRangeError = coded(RangeError);

// received tells what an argument was instead of what it should be.
function received(value) {
  if (value === undefined || value === null) return ` Received ${value}`;
  if (typeof value === 'function') return ` Received function ${value.name}`;
  const {inspect} = require('internal/inspect');
  if (typeof value === 'object') {
    if (value.constructor?.name) return ` Received an instance of ${value.constructor.name}`;
    return ` Received ${inspect(value, {depth: -1})}`;
  }
  let text = inspect(value, {colors: false});
  if (text.length > 28) text = text.slice(0, 25) + '...';
  return ` Received type ${typeof value} (${text})`;
}

// invalidType is the error for an argument or property of a wrong type: expected is what it must be,
// such as "of type string".
function invalidType(name, expected, value) {
  const kind = name.includes('.') ? 'property' : 'argument';
  const subject = name.endsWith(' argument') ? `The ${name}` : `The "${name}" ${kind}`;
  return new NodeTypeError('ERR_INVALID_ARG_TYPE', `${subject} must be ${expected}.${received(value)}`);
}

function invalidValue(name, value, reason = 'is invalid') {
  const {inspect} = require('internal/inspect');
  let text = inspect(value);
  if (text.length > 128) text = text.slice(0, 128) + '...';
  const kind = name.includes('.') ? 'property' : 'argument';
  return new NodeTypeError('ERR_INVALID_ARG_VALUE', `The ${kind} '${name}' ${reason}. Received ${text}`);
}

// outOfRange is the error for a number that is not what range says, such as ">= 0 && <= 5".
function outOfRange(name, range, value) {
  let text;
  if (Number.isInteger(value) && Math.abs(value) > 2 ** 32) text = grouped(String(value));
  else if (typeof value === 'bigint') text = value > 2n ** 32n || value < -(2n ** 32n) ? grouped(String(value)) + 'n' : value + 'n';
  else text = require('internal/inspect').inspect(value);
  return new NodeRangeError('ERR_OUT_OF_RANGE', `The value of "${name}" is out of range. It must be ${range}. Received ${text}`);
}

function grouped(digits) { return digits.replace(/\B(?=(\d{3})+$)/g, '_'); }

// unsupported is the error for what Node.js has and processors do not.
function unsupported(what) {
  return new NodeError('ERR_FEATURE_UNAVAILABLE_ON_PLATFORM', `${what} is not available to processors`);
}

// Checks of arguments: each throws when the value is not what its name says.

function validateFunction(value, name) {
  if (typeof value !== 'function') throw invalidType(name, 'of type function', value);
}

function validateString(value, name) {
  if (typeof value !== 'string') throw invalidType(name, 'of type string', value);
}

function validateNumber(value, name) {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
}

function validateBoolean(value, name) {
  if (typeof value !== 'boolean') throw invalidType(name, 'of type boolean', value);
}

function validateObject(value, name) {
  if (value === null || typeof value !== 'object') throw invalidType(name, 'of type object', value);
}

function validateInteger(value, name, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) {
  validateNumber(value, name);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < min || value > max) throw outOfRange(name, `>= ${min} && <= ${max}`, value);
}

function validateAbortSignal(value, name) {
  if (value !== undefined && (value === null || typeof value !== 'object' || !('aborted' in value))) {
    throw invalidType(name, 'an instance of AbortSignal', value);
  }
}

// AbortError is what ends an operation whose signal was aborted.
class AbortError extends Error {
  constructor(message = 'The operation was aborted', options) {
    super(message, options);
    this.code = 'ABORT_ERR';
    this.name = 'AbortError';
  }
}

module.exports = {
  NodeError, NodeTypeError, NodeRangeError, AbortError,
  invalidType, invalidValue, outOfRange, unsupported, received,
  validateFunction, validateString, validateNumber, validateBoolean, validateObject, validateInteger, validateAbortSignal,
};
