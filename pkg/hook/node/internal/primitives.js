'use strict';

// Values that are no objects as texts, and the colors of all.

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

module.exports = {colors, styles, plain, colored, quote, number, primitive, symbol};
