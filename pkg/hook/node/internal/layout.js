'use strict';

// How what an object holds is laid out as a text, on one line, on many, or in columns.

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

module.exports = {join};
