'use strict';

// The global console: it prints to the log of the worker.

const {formatWithOptions} = require('internal/format');
const {inspect} = require('internal/inspect');

const levels = {debug: -4, info: 0, warn: 4, error: 8};

// milliseconds is a time as console.time prints it.
function duration(ms) {
  if (ms >= 3600000) return `${clock(ms / 3600000, 60)} (h:mm:ss)`.replace(/^(\d+):(\d+):(\d+)\.\d+/, '$1:$2:$3');
  if (ms >= 60000) {
    const seconds = ms / 1000;
    return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(3).padStart(6, '0')} (m:ss.mmm)`;
  }
  if (ms >= 1000) return `${(ms / 1000).toFixed(3)}s`;
  return `${Number(ms.toFixed(3))}ms`;
}

function clock(hours) {
  const seconds = Math.round(hours * 3600);
  const two = (n) => String(n).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

class Console {
  #print;
  #indent = '';
  #counts = new Map();
  #timers = new Map();

  // A print function takes a level of the log and a text. Node.js's own form, with streams, writes there.
  constructor(out, errors = out) {
    if (typeof out === 'object' && out !== null && typeof out.stdout?.write === 'function') {
      [out, errors] = [out.stdout, out.stderr ?? out.stdout];
    }
    this.#print = typeof out === 'function' ? out : (level, text) => (level >= levels.warn ? errors : out).write(text + '\n');
    for (const key of Object.getOwnPropertyNames(Console.prototype)) {
      if (key !== 'constructor') Object.defineProperty(this, key, {value: this[key].bind(this), writable: true, enumerable: true, configurable: true});
    }
  }

  log(...args) { this.#say(levels.info, args); }
  info(...args) { this.#say(levels.info, args); }
  debug(...args) { this.#say(levels.debug, args); }
  warn(...args) { this.#say(levels.warn, args); }
  error(...args) { this.#say(levels.error, args); }
  dirxml(...args) { this.#say(levels.info, args); }

  dir(value, options) { this.#text(levels.info, inspect(value, {customInspect: false, ...options})); }

  trace(...args) {
    const stack = new Error().stack.split('\n').slice(2).join('\n').replace(/^\t/gm, '    ');
    const text = formatWithOptions({}, ...args);
    this.#text(levels.warn, `Trace${args.length > 0 ? `: ${text}` : ''}\n${stack}`.trimEnd());
  }

  assert(condition, ...args) {
    if (condition) return;
    if (typeof args[0] === 'string') args[0] = `Assertion failed: ${args[0]}`;
    else args.unshift('Assertion failed');
    this.#say(levels.warn, args);
  }

  count(label = 'default') {
    label = `${label}`;
    const n = (this.#counts.get(label) ?? 0) + 1;
    this.#counts.set(label, n);
    this.#text(levels.info, `${label}: ${n}`);
  }

  countReset(label = 'default') {
    if (!this.#counts.delete(`${label}`)) this.#text(levels.warn, `Warning: Count for '${label}' does not exist`);
  }

  time(label = 'default') {
    label = `${label}`;
    if (this.#timers.has(label)) this.#text(levels.warn, `Warning: Label '${label}' already exists for console.time()`);
    else this.#timers.set(label, internal.now());
  }

  timeLog(label = 'default', ...args) { this.#time('timeLog', `${label}`, args); }

  timeEnd(label = 'default') {
    this.#time('timeEnd', `${label}`, []);
    this.#timers.delete(`${label}`);
  }

  group(...args) {
    if (args.length > 0) this.#say(levels.info, args);
    this.#indent += '  ';
  }

  clear() {} // of what is no terminal, as here, nothing is cleared
  groupCollapsed(...args) { this.group(...args); }
  groupEnd() { this.#indent = this.#indent.slice(2); }

  table(data, columns) {
    if (data === null || typeof data !== 'object') return this.#say(levels.info, [data]);
    this.#text(levels.info, table(data, columns));
  }

  #time(name, label, args) {
    const began = this.#timers.get(label);
    if (began === undefined) return this.#text(levels.warn, `Warning: No such label '${label}' for console.${name}()`);
    this.#say(levels.info, [`%s: %s`, label, duration(internal.now() - began), ...args]);
  }

  #say(level, args) { this.#text(level, formatWithOptions({}, ...args)); }

  #text(level, text) {
    if (this.#indent !== '') text = this.#indent + text.replaceAll('\n', '\n' + this.#indent);
    this.#print(level, text);
  }
}

// table draws rows of an object or list: a column for the place, one for each key, one for what is no
// object.
function table(data, only) {
  const cell = (value) => inspect(value, {maxArrayLength: 3, breakLength: Infinity, depth: value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length > 2 ? -1 : 0});
  let place = '(index)';
  let rows;
  if (data instanceof Map) {
    place = '(iteration index)';
    const map = [...data];
    return draw([place, 'Key', 'Values'], map.map(([key, value], i) => [String(i), cell(key), cell(value)]));
  }
  if (data instanceof Set) {
    place = '(iteration index)';
    rows = [...data].map((value, i) => [String(i), value]);
  } else rows = Object.keys(data).map((key) => [key, data[key]]);
  const keys = only ? [...only] : [];
  let values = false;
  const cells = rows.map(([, value]) => {
    const row = new Map();
    if (value === null || typeof value !== 'object' && typeof value !== 'function') {
      values = true;
      row.set(draw, cell(value));
    } else {
      for (const key of only ?? Object.keys(value)) {
        if (!Object.hasOwn(value, key)) continue;
        if (!keys.includes(key)) keys.push(key);
        row.set(key, cell(value[key]));
      }
    }
    return row;
  });
  return draw([place, ...keys, ...(values ? ['Values'] : [])], rows.map(([name], i) => [
    name, ...keys.map((key) => cells[i].get(key) ?? ''), ...(values ? [cells[i].get(draw) ?? ''] : []),
  ]));
}

function draw(head, rows) {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)) + 2);
  const line = (cells) => '│' + cells.map((cell, i) => ` ${cell}`.padEnd(widths[i])).join('│') + '│';
  const rule = (a, b, c) => a + widths.map((width) => '─'.repeat(width)).join(b) + c;
  return [rule('┌', '┬', '┐'), line(head), rule('├', '┼', '┤'), ...rows.map(line), rule('└', '┴', '┘')].join('\n');
}

const console = new Console(internal.print);
console.Console = Console;

module.exports = {console};
