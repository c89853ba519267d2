'use strict';

// Values as text: what util.inspect gives, and what console prints.

const {kinds} = require('internal/types');
const {join} = require('internal/layout');
const {colors, styles, plain, colored, quote, primitive, symbol} = require('internal/primitives');

const custom = Symbol.for('nodejs.util.inspect.custom');

const defaults = {
  showHidden: false, depth: 2, colors: false, customInspect: true, showProxy: false, maxArrayLength: 100,
  maxStringLength: 10000, breakLength: 80, compact: 3, sorted: false, getters: false, numericSeparator: false,
};

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

function hexBytes(bytes) {
  let out = '';
  for (let i = 0; i < bytes.length; i++) out += (i > 0 ? ' ' : '') + bytes[i].toString(16).padStart(2, '0');
  return out;
}

module.exports = {inspect, hexBytes};
