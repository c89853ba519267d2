'use strict';

// Assertions.

const {inspect} = require('internal/inspect');
const {isDeepEqual, isDeepStrictEqual} = require('internal/equal');
const {NodeTypeError, invalidType, invalidValue, validateFunction} = require('internal/errors');
const {types} = require('internal/types');

const texts = {
  deepStrictEqual: 'Expected values to be strictly deep-equal:',
  strictEqual: 'Expected values to be strictly equal:',
  deepEqual: 'Expected values to be loosely deep-equal:',
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notIdentical: 'Values have same structure but are not reference-equal:',
};

function show(value) {
  return inspect(value, {compact: false, customInspect: false, depth: 1000, maxArrayLength: Infinity, showHidden: false, showProxy: false, sorted: true, getters: true});
}

// message tells what is wrong between two values, under a head of its own.
function message(operator, actual, expected, head = texts[operator]) {
  if (operator === 'deepStrictEqual' || operator === 'strictEqual') {
    const [a, b] = [show(actual), show(expected)];
    const primitive = (value) => value === null || typeof value !== 'object' && typeof value !== 'function';
    if (operator === 'strictEqual' && primitive(actual) && primitive(expected) && a !== b && !a.includes('\n') && !b.includes('\n') && a.length + b.length < 80) {
      return `${head}\n\n${a} !== ${b}\n`;
    }
    if (a === b) return `${operator === 'strictEqual' ? texts.notIdentical : head}\n\n${a}\n`;
    return `${head}\n${difference(a.split('\n'), b.split('\n'))}`;
  }
  if (operator === 'deepEqual') return `${head}\n\n${show(actual)}\n\nshould loosely deep-equal\n\n${show(expected)}`;
  if (operator === 'notDeepEqual') return `Expected values not to be loosely deep-equal:\n\n${show(actual)}\n\nshould not loosely deep-equal\n\n${show(expected)}`;
  const text = show(expected);
  if (head !== undefined) return `${head}${text.includes('\n') ? `\n\n${text}\n` : ` ${text}`}`;
  return `${show(actual)} ${operator} ${show(expected)}`;
}

// difference shows the lines that two texts do not share, by their longest common sequence.
function difference(a, b) {
  const lengths = [];
  for (let i = a.length; i >= 0; i--) {
    lengths[i] = [];
    for (let j = b.length; j >= 0; j--) {
      if (i === a.length || j === b.length) lengths[i][j] = 0;
      else lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const lines = ['+ actual - expected', ''];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`  ${a[i++]}`);
      j++;
    } else if (i < a.length && (j === b.length || lengths[i + 1][j] >= lengths[i][j + 1])) lines.push(`+ ${a[i++]}`);
    else lines.push(`- ${b[j++]}`);
  }
  return lines.join('\n');
}

// textOf is what was given, with the difference below it for the strict comparisons.
function textOf(given, operator, actual, expected) {
  if (given === undefined || given === null) return message(operator, actual, expected);
  return operator === 'deepStrictEqual' || operator === 'strictEqual' ? message(operator, actual, expected, String(given)) : String(given);
}

class AssertionError extends Error {
  constructor(options) {
    if (options === null || typeof options !== 'object') throw invalidType('options', 'of type object', options);
    const {message: given, operator, actual, expected, stackStartFn} = options;
    super(textOf(given, operator, actual, expected));
    this.generatedMessage = !given;
    Object.defineProperty(this, 'name', {value: 'AssertionError', enumerable: false, writable: true, configurable: true});
    this.code = 'ERR_ASSERTION';
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    if (stackStartFn) Error.captureStackTrace(this, stackStartFn);
    const end = this.stack.indexOf('\n');
    Object.defineProperty(this, 'stack', {value: `AssertionError [ERR_ASSERTION]: ${this.message}${end < 0 ? '' : framesOf(this.stack)}`, writable: true, configurable: true});
  }
  toString() { return `${this.name} [${this.code}]: ${this.message}`; }
}

function framesOf(stack) {
  const at = stack.indexOf('\n\tat ');
  return at < 0 ? '' : stack.slice(at);
}

// failWith throws the error that was given instead of a message, or one of ours.
function failWith(options, generated) {
  if (options.message instanceof Error) throw options.message;
  const error = new AssertionError(options);
  if (generated !== undefined) error.generatedMessage = generated;
  throw error;
}

function ok(...args) { test(ok, args); }

function test(fn, args) {
  const [value, given] = args;
  if (value) return;
  let text = given;
  let generated = false;
  if (args.length === 0) {
    generated = true;
    text = 'No value argument passed to `assert.ok()`';
  } else if (given === undefined || given === null) {
    generated = true;
    text = 'The expression evaluated to a falsy value';
  } else if (given instanceof Error) throw given;
  const error = new AssertionError({actual: value, expected: true, message: text, operator: '==', stackStartFn: fn});
  error.generatedMessage = generated;
  throw error;
}

function assert(...args) { test(assert, args); }

function needs(args, count) {
  if (args < count) throw new NodeTypeError('ERR_MISSING_ARGS', 'The "actual" and "expected" arguments must be specified');
}

// comparison makes an assertion about two values.
function comparison(operator, holds, name = operator) {
  const made = {[name](actual, expected, given) {
    needs(arguments.length, 2);
    if (!holds(actual, expected)) failWith({actual, expected, message: given, operator, stackStartFn: made});
  }}[name];
  return made;
}

const loose = (a, b) => a == b || a !== a && b !== b;

Object.assign(assert, {
  ok,
  equal: comparison('==', loose, 'equal'),
  notEqual: comparison('!=', (a, b) => !loose(a, b), 'notEqual'),
  strictEqual: comparison('strictEqual', Object.is),
  notStrictEqual: comparison('notStrictEqual', (a, b) => !Object.is(a, b)),
  deepEqual: comparison('deepEqual', isDeepEqual),
  notDeepEqual: comparison('notDeepEqual', (a, b) => !isDeepEqual(a, b)),
  deepStrictEqual: comparison('deepStrictEqual', isDeepStrictEqual),
  notDeepStrictEqual: comparison('notDeepStrictEqual', (a, b) => !isDeepStrictEqual(a, b)),
  fail(given) {
    if (given instanceof Error) throw given;
    const error = new AssertionError({message: given ?? 'Failed', operator: 'fail', stackStartFn: assert.fail});
    error.generatedMessage = given === undefined;
    throw error;
  },
  match: matching('match', 'The input did not match the regular expression', true),
  doesNotMatch: matching('doesNotMatch', 'The input was expected to not match the regular expression', false),
  throws(fn, ...rest) { expectError(assert.throws, caught(fn), rest); },
  doesNotThrow(fn, ...rest) { expectNone(assert.doesNotThrow, caught(fn), rest); },
  async rejects(fn, ...rest) { expectError(assert.rejects, await rejection(fn), rest); },
  async doesNotReject(fn, ...rest) { expectNone(assert.doesNotReject, await rejection(fn), rest); },
  ifError(value) {
    if (value === null || value === undefined) return;
    const text = typeof value === 'object' && typeof value.message === 'string' ? (value.message || value.constructor.name) : inspect(value);
    const error = new AssertionError({actual: value, expected: null, operator: 'ifError', message: `ifError got unwanted exception: ${text}`, stackStartFn: assert.ifError});
    throw error;
  },
  AssertionError,
});

function matching(name, text, wanted) {
  return {[name](string, regexp, given) {
    if (!types.isRegExp(regexp)) throw invalidType('regexp', 'an instance of RegExp', regexp);
    if (typeof string === 'string' && (regexp.exec(string) !== null) === wanted) return;
    if (given instanceof Error) throw given;
    const made = typeof string !== 'string' ? `The "string" argument must be of type string. Received type ${typeof string} (${inspect(string)})` : `${text} ${inspect(regexp)}. Input:\n\n${inspect(string)}\n`;
    const error = new AssertionError({actual: string, expected: regexp, message: given ?? made, operator: name, stackStartFn: assert[name]});
    error.generatedMessage = given === undefined;
    throw error;
  }}[name];
}

const nothing = Symbol('nothing');

function caught(fn) {
  validateFunction(fn, 'fn');
  try {
    fn();
  } catch (error) {
    return error;
  }
  return nothing;
}

async function rejection(source) {
  let promise = source;
  if (typeof source === 'function') {
    promise = source();
    if (typeof promise?.then !== 'function') throw new NodeTypeError('ERR_INVALID_RETURN_VALUE', `Expected instance of Promise to be returned from the "promiseFn" function but got ${promise === null || promise === undefined ? promise : typeof promise === 'object' ? `an instance of ${promise.constructor?.name}` : `type ${typeof promise} (${inspect(promise)})`}.`);
  } else if (typeof promise?.then !== 'function') throw invalidType('promiseFn', 'of type function or an instance of Promise', source);
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return nothing;
}

function expectError(fn, actual, [expected, given]) {
  if (typeof expected === 'string') {
    if (given !== undefined) throw invalidType('error', 'of type function or an instance of Error, RegExp, or Object', expected);
    [expected, given] = [undefined, expected];
  } else if (expected !== undefined && expected !== null && typeof expected !== 'object' && typeof expected !== 'function') {
    throw invalidType('error', 'of type function or an instance of Error, RegExp, or Object', expected);
  }
  if (actual === nothing) {
    const kind = fn === assert.rejects ? 'rejection' : 'exception';
    const name = expected?.name ? ` (${expected.name}).` : given ? '' : '.';
    failWith({actual: undefined, expected, operator: fn.name, message: given instanceof Error ? given : `Missing expected ${kind}${name}${given ? `${name ? ' ' : ': '}${given}` : ''}`, stackStartFn: fn});
  }
  if (expected !== undefined && expected !== null) hold(actual, expected, given, fn);
}

// hold holds an error to what it is expected to be: a class, a pattern, a function, or its properties.
function hold(actual, expected, given, fn) {
  if (types.isRegExp(expected)) {
    const text = String(actual);
    if (expected.exec(text) !== null) return;
    failWith({actual, expected, operator: fn.name, stackStartFn: fn, message: given ?? `The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(text)}\n`}, given === undefined);
  }
  if (typeof expected !== 'function') {
    const keys = Object.keys(expected);
    if (expected instanceof Error) keys.push('name', 'message');
    else if (keys.length === 0) throw invalidValue('error', expected, 'may not be an empty object');
    if (actual === null || typeof actual !== 'object') failWith({actual, expected, operator: 'deepStrictEqual', message: given, stackStartFn: fn});
    for (const key of keys) {
      if (typeof actual[key] === 'string' && types.isRegExp(expected[key]) && expected[key].exec(actual[key]) !== null) continue;
      if (key in actual && isDeepStrictEqual(actual[key], expected[key])) continue;
      if (given !== undefined) failWith({actual, expected, operator: fn.name, message: given, stackStartFn: fn});
      const part = (source) => Object.fromEntries(keys.filter((each) => each in source).map((each) => [each, source[each]]));
      const error = new AssertionError({actual: part(actual), expected: part(expected), operator: 'deepStrictEqual', stackStartFn: fn});
      Object.assign(error, {actual, expected, operator: fn.name});
      throw error;
    }
    return;
  }
  if (expected.prototype !== undefined && actual instanceof expected) return;
  if (expected === Error || Error.isPrototypeOf(expected)) {
    if (given !== undefined) failWith({actual, expected, operator: fn.name, message: given, stackStartFn: fn});
    const name = actual?.constructor?.name;
    failWith({actual, expected, operator: fn.name, stackStartFn: fn, message: `The error is expected to be an instance of "${expected.name}". Received ${name ? `"${name}"` : `"${inspect(actual, {depth: -1})}"`}${actual?.message ? `\n\nError message:\n\n${actual.message}` : ''}`}, true);
  }
  const result = expected.call({}, actual);
  if (result === true) return;
  failWith({actual, expected, operator: fn.name, stackStartFn: fn, message: given ?? `The ${expected.name ? `"${expected.name}" ` : ''}validation function is expected to return "true". Received ${inspect(result)}${types.isNativeError(actual) ? `\n\nCaught error:\n\n${actual}` : ''}`}, given === undefined);
}

function expectNone(fn, actual, [expected, given]) {
  if (actual === nothing) return;
  if (typeof expected === 'string') [expected, given] = [undefined, expected];
  const matches = expected === undefined || (types.isRegExp(expected) ? expected.exec(String(actual)) !== null : typeof expected === 'function' && (expected.prototype !== undefined && actual instanceof expected || !Error.isPrototypeOf(expected) && expected !== Error && expected.call({}, actual) === true));
  if (!matches) throw actual;
  const kind = fn === assert.doesNotReject ? 'rejection' : 'exception';
  failWith({actual, expected, operator: fn.name, stackStartFn: fn, message: `Got unwanted ${kind}${given ? `: ${given}` : '.'}\nActual message: "${actual?.message}"`});
}

function strict(...args) { test(strict, args); }

Object.assign(strict, assert, {
  equal: assert.strictEqual,
  notEqual: assert.notStrictEqual,
  deepEqual: assert.deepStrictEqual,
  notDeepEqual: assert.notDeepStrictEqual,
});
assert.strict = strict;
strict.strict = strict;

module.exports = assert;
