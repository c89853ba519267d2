'use strict';

// Texts with values in them: util.format, and what console prints.

const {inspect} = require('internal/inspect');
const {number} = require('internal/primitives');

let builtin;

// hasOwnText tells whether the text of an object is its own business, rather than that of the language.
function hasOwnText(value) {
  if (typeof value.toString !== 'function' && typeof value[Symbol.toPrimitive] !== 'function') return false;
  if (Object.hasOwn(value, 'toString') || Object.hasOwn(value, Symbol.toPrimitive)) return true;
  let o = value;
  do {
    o = Object.getPrototypeOf(o);
  } while (o !== null && !Object.hasOwn(o, 'toString') && !Object.hasOwn(o, Symbol.toPrimitive));
  builtin ??= new Set(['Object', 'Function', 'Array', 'Number', 'Boolean', 'String', 'Symbol', 'BigInt', 'Date', 'Promise', 'RegExp',
    'Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError', 'ArrayBuffer',
    'DataView', 'Map', 'Set', 'WeakMap', 'WeakSet', 'Proxy', 'Uint8Array', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array',
    'Int32Array', 'Float32Array', 'Float64Array', 'Uint8ClampedArray', 'BigUint64Array', 'BigInt64Array',
  ].map((name) => globalThis[name]));
  const constructor = o && Object.getOwnPropertyDescriptor(o, 'constructor');
  return constructor !== undefined && constructor !== null && typeof constructor.value === 'function' && !builtin.has(constructor.value);
}

function directive(options, letter, value) {
  switch (letter) {
    case 's':
      if (typeof value === 'number') return number(value);
      if (typeof value === 'bigint') return `${value}n`;
      if (typeof value !== 'object' || value === null || hasOwnText(value)) return String(value);
      return inspect(value, {...options, depth: 0, colors: false, compact: 3});
    case 'd':
      if (typeof value === 'bigint') return `${value}n`;
      return typeof value === 'symbol' ? 'NaN' : number(Number(value));
    case 'i':
      if (typeof value === 'bigint') return `${value}n`;
      return typeof value === 'symbol' ? 'NaN' : number(parseInt(value));
    case 'f':
      return typeof value === 'symbol' ? 'NaN' : number(parseFloat(value));
    case 'j':
      try {
        return JSON.stringify(value);
      } catch (error) {
        if (error instanceof TypeError && /circular/i.test(error.message)) return '[Circular]';
        throw error;
      }
    case 'o':
      return inspect(value, {...options, showHidden: true, showProxy: true, depth: 4});
    case 'O':
      return inspect(value, options);
  }
  return ''; // of %c
}

// formatWithOptions is printf of console: it replaces %s and its like, and adds what is left of the
// values.
function formatWithOptions(options, ...args) {
  const first = args[0];
  if (args.length === 1) return typeof first === 'string' ? first : inspect(first, options);
  let out = '';
  let next = 0;
  if (typeof first === 'string') {
    next = 1;
    out = first.replace(/%([sdifjoOc%])/g, (all, letter) => {
      if (letter === '%') return '%';
      return next < args.length ? directive(options, letter, args[next++]) : all;
    });
  }
  for (; next < args.length; next++) {
    if (next > 0) out += ' ';
    out += typeof args[next] === 'string' ? args[next] : inspect(args[next], options);
  }
  return out;
}

function format(...args) { return formatWithOptions(undefined, ...args); }

module.exports = {format, formatWithOptions};
