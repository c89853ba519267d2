'use strict';

// Values as text: what util.inspect gives, and what console prints.

const {kinds} = require('internal/types');

const custom = Symbol.for('nodejs.util.inspect.custom');

const defaults = {
  showHidden: false, depth: 2, colors: false, customInspect: true, showProxy: false, maxArrayLength: 100,
  maxStringLength: 10000, breakLength: 80, compact: 3, sorted: false, getters: false, numericSeparator: false,
};

const colors = {
  __proto__: null,
  reset: [0, 0], bold: [1, 22], dim: [2, 22], italic: [3, 23], underline: [4, 24], blink: [5, 25], inverse: [7, 27],
  hidden: [8, 28], strikethrough: [9, 29], doubleunderline: [21, 24],
  black: [30, 39], red: [31, 39], green: [32, 39], yellow: [33, 39], blue: [34, 39], magenta: [35, 39], cyan: [36, 39],
  white: [37, 39], gray: [90, 39], grey: [90, 39],
  bgBlack: [40, 49], bgRed: [41, 49], bgGreen: [42, 49], bgYellow: [43, 49], bgBlue: [44, 49], bgMagenta: [45, 49],
  bgCyan: [46, 49], bgWhite: [47, 49], bgGray: [100, 49],
  redBright: [91, 39], greenBright: [92, 39], yellowBright: [93, 39], blueBright: [94, 39], magentaBright: [95, 39],
  cyanBright: [96, 39], whiteBright: [97, 39],
};

const styles = {
  __proto__: null,
  special: 'cyan', number: 'yellow', bigint: 'yellow', boolean: 'yellow', undefined: 'grey', null: 'bold',
  string: 'green', symbol: 'green', date: 'magenta', regexp: 'red', module: 'underline',
};

function plain(text) { return text; }

function colored(text, style) {
  const color = colors[styles[style]];
  return color ? `\u001b[${color[0]}m${text}\u001b[${color[1]}m` : text;
}

// inspect makes a text of any value. Instead of options it takes showHidden, depth and colors, too.
function inspect(value, options, depth, color) {
  const state = {...inspect.defaultOptions, seen: [], refs: undefined, indent: 0, level: 0, stylize: plain, user: undefined};
  if (typeof options === 'object' && options !== null) {
    for (const key of Object.keys(options)) {
      if (key in defaults || key === 'stylize') state[key] = options[key];
    }
    state.user = options;
  } else {
    if (options !== undefined) state.showHidden = options;
    if (depth !== undefined) state.depth = depth;
    if (color !== undefined) state.colors = color;
  }
  if (state.colors && state.stylize === plain) state.stylize = colored;
  if (state.maxArrayLength === null) state.maxArrayLength = Infinity;
  if (state.maxStringLength === null) state.maxStringLength = Infinity;
  if (state.depth === null) state.depth = Infinity;
  return show(state, value, 0, true);
}
inspect.custom = custom;
inspect.colors = colors;
inspect.styles = styles;
inspect.defaultOptions = {...defaults};

// show makes a text of a value that is depth levels below the first.
function show(state, value, depth, typed) {
  if (value === null || typeof value !== 'object' && typeof value !== 'function') return primitive(state, value, typed);
  const target = internal.proxyTarget(value);
  const shown = target === undefined ? value : target;
  if (target !== undefined && state.showProxy) return showProxy(state, value, depth);
  if (state.customInspect) {
    const own = shown[custom];
    if (typeof own === 'function' && own !== inspect && !(shown.constructor && shown.constructor.prototype === shown)) {
      const left = state.depth - depth;
      const options = {...inspect.defaultOptions, depth: state.depth, ...state.user, stylize: state.stylize};
      const made = own.call(value, left, options, inspect);
      if (made !== shown) {
        if (typeof made !== 'string') return show(state, made, depth);
        return made.replaceAll('\n', '\n' + ' '.repeat(state.indent));
      }
    }
  }
  if (state.seen.includes(shown)) {
    state.refs ??= new Map();
    if (!state.refs.has(shown)) state.refs.set(shown, state.refs.size + 1);
    return state.stylize(`[Circular *${state.refs.get(shown)}]`, 'special');
  }
  return showObject(state, shown, depth, typed);
}

function showProxy(state, value, depth) {
  if (depth > state.depth) return state.stylize('Proxy [Array]', 'special');
  const parts = internal.proxyParts(value);
  state.indent += 2;
  const texts = parts.map((part) => show(state, part, depth + 1));
  state.indent -= 2;
  return join(state, texts, '', ['Proxy [', ']'], false, depth);
}

const meta = /[\x00-\x1f\x27\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const escapes = {'\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r', '\\': '\\\\', "'": "\\'"};

// quote puts a text between the quotes that it needs to escape least.
function quote(text) {
  if (!meta.test(text)) return `'${text}'`;
  let mark = "'";
  if (text.includes("'")) {
    if (!text.includes('"')) mark = '"';
    else if (!text.includes('`') && !text.includes('${')) mark = '`';
  }
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    const unit = text.charCodeAt(i);
    if (char === "'" && mark !== "'") out += char;
    else if (escapes[char]) out += escapes[char];
    else if (unit < 0x20 || unit >= 0x7f && unit <= 0x9f) out += '\\x' + unit.toString(16).toUpperCase().padStart(2, '0');
    else if (unit >= 0xd800 && unit <= 0xdfff) {
      const next = text.charCodeAt(i + 1);
      if (unit < 0xdc00 && next >= 0xdc00 && next <= 0xdfff) out += char + text[++i];
      else out += '\\u' + unit.toString(16);
    } else out += char;
  }
  return mark + out + mark;
}

function number(value, separated) {
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  if (!separated || !/^-?\d+(\.\d+)?$/.test(text)) return text;
  const [whole, part] = text.split('.');
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, '_');
  return part === undefined ? groups : `${groups}.${part.replace(/(\d{3})(?=\d)/g, '$1_')}`;
}

function primitive(state, value, first) {
  switch (typeof value) {
    case 'string': return string(state, value, first);
    case 'number': return state.stylize(number(value, state.numericSeparator), 'number');
    case 'bigint': return state.stylize(number(value, state.numericSeparator) + 'n', 'bigint');
    case 'boolean': return state.stylize(String(value), 'boolean');
    case 'symbol': return state.stylize(symbol(value), 'symbol');
    case 'undefined': return state.stylize('undefined', 'undefined');
  }
  return state.stylize('null', 'null');
}

function symbol(value) { return value.toString(); }

// string shows a text; a long one of many lines is a sum of its lines.
function string(state, value, first) {
  let rest = '';
  if (value.length > state.maxStringLength) {
    const more = value.length - state.maxStringLength;
    value = value.slice(0, state.maxStringLength);
    rest = `... ${more} more character${more > 1 ? 's' : ''}`;
  }
  if (state.compact !== true && !first && value.length > 16 && value.length > state.breakLength - state.indent - 4) {
    const lines = value.split(/(?<=\n)/);
    return lines.map((line) => state.stylize(quote(line), 'string')).join(` +\n${' '.repeat(state.indent + 2)}`) + rest;
  }
  return state.stylize(quote(value), 'string') + rest;
}

// maker is the name of what made an object, null when its prototype chain has none.
function maker(value) {
  for (let o = value; o !== null; o = Object.getPrototypeOf(o)) {
    const property = Object.getOwnPropertyDescriptor(o, 'constructor');
    if (property !== undefined && typeof property.value === 'function' && property.value.name !== '' &&
        isInstance(value, property.value)) {
      return String(property.value.name);
    }
  }
  return null;
}

function isInstance(value, constructor) {
  try {
    return value instanceof constructor;
  } catch {
    return false;
  }
}

// prefix is what stands before the braces: the name, the size, and the tag when it says something else.
function prefix(name, tag, kind, size = '') {
  if (name === null) {
    if (tag !== '' && tag !== kind) return `[${kind}${size}: null prototype] [${tag}] `;
    return `[${kind}${size}: null prototype] `;
  }
  if (tag !== '' && tag !== name) return `${name}${size} [${tag}] `;
  return `${name}${size} `;
}

function keysOf(state, value) {
  const symbols = Object.getOwnPropertySymbols(value);
  if (state.showHidden) return [...Object.getOwnPropertyNames(value), ...symbols];
  return [...Object.keys(value), ...symbols.filter((key) => Object.prototype.propertyIsEnumerable.call(value, key))];
}

function isIndex(key, length) {
  return typeof key === 'string' && /^(0|[1-9]\d*)$/.test(key) && Number(key) < length;
}

function showObject(state, value, depth, typed) {
  const name = maker(value);
  let tag = value[Symbol.toStringTag];
  if (typeof tag !== 'string' || tag !== '' && (state.showHidden ? Object.hasOwn(value, Symbol.toStringTag) : Object.prototype.propertyIsEnumerable.call(value, Symbol.toStringTag))) tag = '';
  let keys;
  let base = '';
  let braces = ['{', '}'];
  let entries = () => [];
  let isList = false; // entries are those of a list: they may be put in columns
  const kind = kinds(value);
  switch (kind) {
    case 'Array': case 'TypedArray': {
      keys = keysOf(state, value).filter((key) => !isIndex(key, value.length));
      const type = kind === 'Array' ? 'Array' : Object.getPrototypeOf(Uint8Array.prototype)[Symbol.toStringTag] ?? value[Symbol.toStringTag];
      if (kind === 'TypedArray') {
        const fallback = value[Symbol.toStringTag];
        braces = [prefix(name, tag, fallback, `(${value.length})`) + '[', ']'];
        entries = () => showTyped(state, value);
      } else {
        braces = [(name === 'Array' && tag === '' ? '' : prefix(name, tag, type, `(${value.length})`)) + '[', ']'];
        entries = () => showArray(state, value, depth);
      }
      if (value.length === 0 && keys.length === 0) return braces[0] + ']';
      isList = true;
      break;
    }
    case 'Set':
      keys = keysOf(state, value);
      braces[0] = prefix(name, tag, 'Set', `(${value.size})`) + '{';
      entries = () => showSet(state, value, depth);
      if (value.size === 0 && keys.length === 0) return braces[0] + '}';
      break;
    case 'Map':
      keys = keysOf(state, value);
      braces[0] = prefix(name, tag, 'Map', `(${value.size})`) + '{';
      entries = () => showMap(state, value, depth);
      if (value.size === 0 && keys.length === 0) return braces[0] + '}';
      break;
    case 'Arguments':
      keys = keysOf(state, value);
      braces[0] = '[Arguments] {';
      if (keys.length === 0) return '[Arguments] {}';
      break;
    case 'Function':
      keys = keysOf(state, value);
      base = showFunction(value, name, tag);
      if (keys.length === 0) return state.stylize(base, 'special');
      break;
    case 'RegExp':
      keys = keysOf(state, value);
      base = RegExp.prototype.toString.call(value);
      if (name !== 'RegExp') base = prefix(name, tag, 'RegExp') + base;
      if (keys.length === 0 || depth > state.depth) return state.stylize(base, 'regexp');
      break;
    case 'Date':
      keys = keysOf(state, value);
      base = Number.isNaN(value.getTime()) ? Date.prototype.toString.call(value) : Date.prototype.toISOString.call(value);
      if (name !== 'Date') base = prefix(name, tag, 'Date') + base;
      if (keys.length === 0) return state.stylize(base, 'date');
      break;
    case 'Error':
      keys = keysOf(state, value);
      base = showError(state, value, name, tag, keys);
      if (keys.length === 0) return base;
      break;
    case 'ArrayBuffer':
      keys = keysOf(state, value);
      braces[0] = prefix(name, tag, 'ArrayBuffer') + '{';
      entries = () => {
        const shown = Math.min(Math.max(0, state.maxArrayLength), value.byteLength);
        let text = hexBytes(new Uint8Array(value, 0, shown));
        if (value.byteLength > shown) text += ` ... ${value.byteLength - shown} more byte${value.byteLength - shown > 1 ? 's' : ''}`;
        return [`[Uint8Contents]: <${text}>`, `byteLength: ${state.stylize(String(value.byteLength), 'number')}`];
      };
      break;
    case 'DataView':
      keys = keysOf(state, value);
      braces[0] = prefix(name, tag, 'DataView') + '{';
      entries = () => ['byteLength', 'byteOffset', 'buffer'].map((key) => `${key}: ${inner(state, value[key], depth)}`);
      break;
    case 'Promise':
      keys = keysOf(state, value);
      braces[0] = prefix(name, tag, 'Promise') + '{';
      entries = () => {
        const [status, result] = internal.promise(value);
        if (status === 'pending') return [state.stylize('<pending>', 'special')];
        const text = inner(state, result, depth);
        return [status === 'rejected' ? `${state.stylize('<rejected>', 'special')} ${text}` : text];
      };
      break;
    case 'WeakSet': case 'WeakMap':
      keys = keysOf(state, value);
      braces[0] = prefix(name, tag, kind) + '{';
      entries = () => [state.stylize('<items unknown>', 'special')];
      break;
    case 'Number': case 'Boolean': case 'BigInt': case 'Symbol': case 'String': {
      keys = keysOf(state, value);
      if (kind === 'String') keys = keys.filter((key) => !isIndex(key, value.length));
      let type = kind;
      if (name !== kind) type += name === null ? ' (null prototype)' : ` (${name})`;
      if (tag !== '' && tag !== name) type += ` [${tag}]`;
      const inside = primitive({...state, stylize: plain}, value.valueOf(), true);
      base = `[${type}: ${inside}]`;
      if (keys.length === 0) return state.stylize(base, kind.toLowerCase());
      break;
    }
    default:
      keys = keysOf(state, value);
      if (name === 'Object' && tag === '') {
        if (keys.length === 0) return '{}';
      } else {
        braces[0] = prefix(name, tag, 'Object') + '{';
        if (keys.length === 0) return braces[0] + '}';
      }
  }
  if (depth > state.depth) {
    const what = kind === 'Array' && name === 'Array' ? 'Array' : prefix(name, tag, kind === 'Array' ? 'Array' : 'Object').slice(0, -1);
    return state.stylize(name === null ? what : `[${what}]`, 'special');
  }
  state.seen.push(value);
  state.level = depth;
  const texts = entries();
  for (const key of keys) texts.push(property(state, value, key, depth, isList));
  state.seen.pop();
  if (state.refs?.has(value)) {
    const ref = state.stylize(`<ref *${state.refs.get(value)}>`, 'special');
    if (state.compact !== true) base = base === '' ? ref : `${ref} ${base}`;
    else braces[0] = `${ref} ${braces[0]}`;
  }
  if (state.sorted) {
    const by = state.sorted === true ? undefined : state.sorted;
    if (!isList) texts.sort(by);
    else texts.splice(texts.length - keys.length, keys.length, ...texts.slice(texts.length - keys.length).sort(by));
  }
  return join(state, texts, base, braces, isList, depth, value);
}

// inner shows what an object holds.
function inner(state, value, depth) {
  state.indent += 2;
  const text = show(state, value, depth + 1);
  state.indent -= 2;
  return text;
}

function showArray(state, value, depth) {
  const texts = [];
  const shown = Math.min(Math.max(0, state.maxArrayLength), value.length);
  let i = 0;
  for (; i < value.length && texts.length < shown; i++) {
    if (Object.hasOwn(value, i)) {
      texts.push(property(state, value, String(i), depth, true, true));
      continue;
    }
    let holes = 1;
    while (i + 1 < value.length && !Object.hasOwn(value, i + 1)) holes++, i++;
    texts.push(state.stylize(`<${holes} empty item${holes > 1 ? 's' : ''}>`, 'undefined'));
  }
  if (i < value.length) texts.push(more(value.length - i));
  return texts;
}

function more(n) { return `... ${n} more item${n > 1 ? 's' : ''}`; }

function showTyped(state, value) {
  const shown = Math.min(Math.max(0, state.maxArrayLength), value.length);
  const texts = [];
  for (let i = 0; i < shown; i++) texts.push(primitive(state, value[i]));
  if (value.length > shown) texts.push(more(value.length - shown));
  if (state.showHidden) {
    for (const key of ['BYTES_PER_ELEMENT', 'length', 'byteLength', 'byteOffset', 'buffer']) {
      texts.push(`[${key}]: ${inner(state, value[key], state.level)}`);
    }
  }
  return texts;
}

function showSet(state, value, depth) {
  const texts = [];
  for (const item of value) {
    if (texts.length >= state.maxArrayLength) break;
    texts.push(inner(state, item, depth));
  }
  if (value.size > texts.length) texts.push(more(value.size - texts.length));
  return texts;
}

function showMap(state, value, depth) {
  const texts = [];
  for (const [key, item] of value) {
    if (texts.length >= state.maxArrayLength) break;
    texts.push(`${inner(state, key, depth)} => ${inner(state, item, depth)}`);
  }
  if (value.size > texts.length) texts.push(more(value.size - texts.length));
  return texts;
}

function showFunction(value, name, tag) {
  const text = Function.prototype.toString.call(value);
  if (/^class\b/.test(text)) {
    let out = Object.hasOwn(value, 'name') && value.name !== '' ? `[class ${value.name}` : '[class (anonymous)';
    if (name !== 'Function' && name !== null) out += ` [${name}]`;
    if (tag !== '' && name !== tag) out += ` [${tag}]`;
    const above = Object.getPrototypeOf(value);
    if (name === null) out += ' extends [null prototype]';
    else if (above?.name) out += ` extends ${above.name}`;
    return out + ']';
  }
  let type = 'Function';
  if (/^async\b/.test(text)) type = 'AsyncFunction';
  else if (/^(function\s*)?\*/.test(text)) type = 'GeneratorFunction';
  let out = `[${type}`;
  if (name === null) out += ' (null prototype)';
  out += value.name === '' ? ' (anonymous)' : `: ${String(value.name)}`;
  out += ']';
  if (name !== type && name !== null && name !== 'Function') out += ` ${name}`;
  if (tag !== '' && name !== tag && tag !== type) out += ` [${tag}]`;
  return out;
}

// showError shows an error by its stack. Of its keys, those that the stack shows are taken away, and
// cause and errors are added.
function showError(state, value, name, tag, keys) {
  const own = typeof value.stack === 'string' ? value.stack : '';
  let stack = own ? own.replace(/\n\tat /g, '\n    at ').trimEnd() : Error.prototype.toString.call(value);
  if (!state.showHidden) {
    for (const key of ['name', 'message', 'stack']) {
      const at = keys.indexOf(key);
      if (at >= 0 && typeof value[key] === 'string' && stack.includes(value[key])) keys.splice(at, 1);
    }
  } else {
    const at = keys.indexOf('stack');
    if (at >= 0) keys.splice(at, 1);
  }
  for (const key of ['cause', 'errors']) {
    if (Object.hasOwn(value, key) && !keys.includes(key) && (key === 'cause' || Array.isArray(value.errors))) keys.push(key);
  }
  // The name may have been set after the stack was made, or be less telling than that of the class.
  const errorName = value.name === undefined || value.name === null ? 'Error' : String(value.name);
  if (name !== null && (errorName.endsWith('Error') && stack.startsWith(errorName)) &&
      (stack.length === errorName.length || ':\n '.includes(stack[errorName.length]))) {
    const start = /^([A-Z][a-zA-Z0-9_ []*Error)?/.exec(stack);
    if (!name.includes(errorName) && name !== 'NodeError' && start) {
      stack = errorName.includes(name) && start[0] ? stack : `${name} [${errorName}]${stack.slice(errorName.length)}`;
    } else if (errorName === 'Error' && name !== 'Error' && name !== 'NodeError') {
      stack = name + stack.slice(errorName.length);
    }
  }
  if (tag !== '' && tag !== name && !stack.includes(tag)) stack = stack.replace(/^[^\n:]*/, (head) => `${head} [${tag}]`);
  const frames = stack.indexOf('\n    at ');
  if (frames < 0) stack = `[${stack}]`;
  if (state.indent > 0) stack = stack.replaceAll('\n', '\n' + ' '.repeat(state.indent));
  return stack;
}

function property(state, value, key, depth, isList, isItem) {
  const descriptor = Object.getOwnPropertyDescriptor(value, key) ?? {value: value[key], enumerable: true};
  let text;
  if ('value' in descriptor) {
    state.indent += 2;
    text = show(state, descriptor.value, depth + 1);
    state.indent -= 2;
  } else if (descriptor.get !== undefined) {
    const label = descriptor.set === undefined ? 'Getter' : 'Getter/Setter';
    const asked = state.getters === true || state.getters === 'get' && descriptor.set === undefined ||
      state.getters === 'set' && descriptor.set !== undefined;
    text = state.stylize(`[${label}]`, 'special');
    if (asked) {
      try {
        const got = descriptor.get.call(value);
        state.indent += 2;
        if (got === null || typeof got !== 'object') text = `${state.stylize(`[${label}:`, 'special')} ${primitive(state, got)}${state.stylize(']', 'special')}`;
        else text = `${state.stylize(`[${label}]`, 'special')} ${show(state, got, depth + 1)}`;
        state.indent -= 2;
      } catch (error) {
        text = `${state.stylize(`[${label}: <Inspection threw (${error.message})>]`, 'special')}`;
      }
    }
  } else {
    text = state.stylize(descriptor.set !== undefined ? '[Setter]' : 'undefined', descriptor.set !== undefined ? 'special' : 'undefined');
  }
  if (isItem) return text;
  let label;
  if (typeof key === 'symbol') label = `[${state.stylize(symbol(key), 'symbol')}]`;
  else if (key === '__proto__') label = "['__proto__']";
  else if (!descriptor.enumerable) label = `[${key.replace(/[\x00-\x1f\x7f-\x9f]/g, (char) => quote(char).slice(1, -1))}]`;
  else if (/^[a-zA-Z_][a-zA-Z_0-9]*$/.test(key)) label = state.stylize(key, 'name');
  else label = state.stylize(quote(key), 'string');
  return `${label}: ${text}`;
}

// join puts what an object holds on one line when it is short and not deep, else on a line each; items
// of long lists go into columns.
function join(state, texts, base, braces, isList, depth, value) {
  const before = base === '' ? '' : base + ' ';
  if (state.compact !== true) {
    const levels = typeof state.compact === 'number' ? state.compact : 0;
    const count = texts.length;
    if (levels >= 1 && isList && count > 6) texts = columns(state, texts, value);
    if (levels >= 1 && state.level - depth < levels && count === texts.length) {
      const start = texts.length + state.indent + braces[0].length + base.length + 10;
      if (fits(state, texts, start, base)) {
        const line = texts.join(', ');
        if (!line.includes('\n')) return `${before}${braces[0]} ${line} ${braces[1]}`;
      }
    }
    const indent = '\n' + ' '.repeat(state.indent);
    return `${before}${braces[0]}${indent}  ${texts.join(`,${indent}  `)}${indent}${braces[1]}`;
  }
  if (fits(state, texts, 0, base)) return `${braces[0]}${base === '' ? '' : ` ${base}`} ${texts.join(', ')} ${braces[1]}`;
  const indent = '\n' + ' '.repeat(state.indent);
  return `${base === '' && braces[0].length === 1 ? `${braces[0]} ` : `${base === '' ? '' : ` ${base}`}${braces[0]}\n${indent}  `}${texts.join(`,${indent}  `)} ${braces[1]}`;
}

// length is how many characters of a text are seen.
function length(state, text) {
  return state.colors ? text.replace(/\u001b\[\d+m/g, '').length : text.length;
}

// wide are the ranges of characters that take two columns of a terminal.
const wide = [[0x1100, 0x115f], [0x2e80, 0x303e], [0x3040, 0xa4cf], [0xa960, 0xa97c], [0xac00, 0xd7a3], [0xf900, 0xfaff],
  [0xfe30, 0xfe6b], [0xff01, 0xff60], [0xffe0, 0xffe6], [0x1f300, 0x1f64f], [0x1f680, 0x1f6ff], [0x1f900, 0x1f9ff], [0x20000, 0x3fffd]];

// width is how many columns of a terminal a text takes.
function width(state, text) {
  if (state.colors) text = text.replace(/\u001b\[\d+m/g, '');
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const char of text) {
    const point = char.codePointAt(0);
    if (point >= 0x300 && point <= 0x36f || point >= 0x200b && point <= 0x200f) continue;
    columns += wide.some(([from, to]) => point >= from && point <= to) ? 2 : 1;
  }
  return columns;
}

function fits(state, texts, start, base) {
  let total = texts.length + start;
  if (total + texts.length > state.breakLength) return false;
  for (const text of texts) {
    total += length(state, text);
    if (total > state.breakLength) return false;
  }
  return base === '' || !base.includes('\n');
}

// columns puts the items of a list into as many columns of one width as make it roughly as wide as
// 2.5 times its lines, when the items are short and much alike.
function columns(state, texts, value) {
  let items = texts.length;
  if (state.maxArrayLength < value.length) items--; // "... more items" has a line of its own
  const gap = 2;
  const widths = [];
  let total = 0;
  let longest = 0;
  for (let i = 0; i < items; i++) {
    const length = width(state, texts[i]);
    widths.push(length);
    total += length + gap;
    longest = Math.max(longest, length);
  }
  const widest = longest + gap;
  if (!(widest * 3 + state.indent < state.breakLength && (total / widest > 5 || longest <= 6))) return texts;
  const biased = Math.max(widest - 3 - Math.sqrt(widest - total / texts.length), 1);
  const count = Math.min(
    Math.round(Math.sqrt(2.5 * biased * items) / biased),
    Math.floor((state.breakLength - state.indent) / widest), state.compact * 4, 15);
  if (count <= 1) return texts;
  const sizes = [];
  for (let i = 0; i < count; i++) {
    let size = 0;
    for (let j = i; j < items; j += count) size = Math.max(size, widths[j]);
    sizes.push(size + gap);
  }
  const right = value !== undefined && Array.prototype.every.call(value, (item) => typeof item === 'number' || typeof item === 'bigint');
  const rows = [];
  for (let i = 0; i < items; i += count) {
    const end = Math.min(i + count, items);
    let row = '';
    for (let j = i; j < end; j++) {
      const last = j === end - 1;
      const cell = last ? texts[j] : texts[j] + ', ';
      const pad = ' '.repeat(Math.max(0, sizes[j - i] - (last ? gap : 0) - widths[j] - (last ? 0 : gap)));
      row += right ? pad + cell : last ? cell : cell + pad;
    }
    rows.push(row);
  }
  if (items < texts.length) rows.push(texts[items]);
  return rows;
}

function hexBytes(bytes) {
  let out = '';
  for (let i = 0; i < bytes.length; i++) out += (i > 0 ? ' ' : '') + bytes[i].toString(16).padStart(2, '0');
  return out;
}

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

module.exports = {inspect, format, formatWithOptions, hexBytes};
