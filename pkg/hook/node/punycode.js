'use strict';

// Punycode (RFC 3492): names of other scripts in ASCII.

const base = 36;
const tMin = 1;
const tMax = 26;
const skew = 38;
const damp = 700;
const initialBias = 72;
const initialN = 128;
const largest = 2147483647;

function fail(name) {
  throw new RangeError({overflow: 'Overflow: input needs wider integers to process', notBasic: 'Illegal input >= 0x80 (not a basic code point)', invalid: 'Invalid input'}[name]);
}

// adapt is the bias after a delta, as section 6.1 has it.
function adapt(delta, points, first) {
  delta = first ? Math.floor(delta / damp) : delta >> 1;
  delta += Math.floor(delta / points);
  let k = 0;
  for (; delta > (base - tMin) * tMax >> 1; k += base) delta = Math.floor(delta / (base - tMin));
  return k + Math.floor((base - tMin + 1) * delta / (delta + skew));
}

function threshold(k, bias) { return Math.min(Math.max(k - bias, tMin), tMax); }

function digitOf(code) {
  if (code >= 0x30 && code < 0x3a) return code - 0x30 + 26;
  if (code >= 0x41 && code < 0x5b) return code - 0x41;
  if (code >= 0x61 && code < 0x7b) return code - 0x61;
  return base;
}

function charOf(digit) { return String.fromCharCode(digit < 26 ? digit + 0x61 : digit - 26 + 0x30); }

function decode(text) {
  const out = [];
  const mark = Math.max(text.lastIndexOf('-'), 0);
  for (let i = 0; i < mark; i++) {
    if (text.charCodeAt(i) >= 0x80) fail('notBasic');
    out.push(text.charCodeAt(i));
  }
  let n = initialN;
  let bias = initialBias;
  let i = 0;
  for (let at = mark > 0 ? mark + 1 : 0; at < text.length;) {
    const before = i;
    for (let weight = 1, k = base; ; k += base) {
      if (at >= text.length) fail('invalid');
      const digit = digitOf(text.charCodeAt(at++));
      if (digit >= base) fail('invalid');
      if (digit > Math.floor((largest - i) / weight)) fail('overflow');
      i += digit * weight;
      const t = threshold(k, bias);
      if (digit < t) break;
      if (weight > Math.floor(largest / (base - t))) fail('overflow');
      weight *= base - t;
    }
    const length = out.length + 1;
    bias = adapt(i - before, length, before === 0);
    if (Math.floor(i / length) > largest - n) fail('overflow');
    n += Math.floor(i / length);
    i %= length;
    out.splice(i++, 0, n);
  }
  return String.fromCodePoint(...out);
}

function encode(text) {
  const points = ucs2.decode(text);
  let out = points.filter((point) => point < 0x80).map((point) => String.fromCharCode(point)).join('');
  const basic = out.length;
  let handled = basic;
  if (basic > 0) out += '-';
  let n = initialN;
  let delta = 0;
  let bias = initialBias;
  while (handled < points.length) {
    const next = Math.min(...points.filter((point) => point >= n));
    if (next - n > Math.floor((largest - delta) / (handled + 1))) fail('overflow');
    delta += (next - n) * (handled + 1);
    n = next;
    for (const point of points) {
      if (point < n && ++delta > largest) fail('overflow');
      if (point !== n) continue;
      let q = delta;
      for (let k = base; ; k += base) {
        const t = threshold(k, bias);
        if (q < t) break;
        out += charOf(t + (q - t) % (base - t));
        q = Math.floor((q - t) / (base - t));
      }
      out += charOf(q);
      bias = adapt(delta, handled + 1, handled === basic);
      delta = 0;
      handled++;
    }
    delta++;
    n++;
  }
  return out;
}

const ucs2 = {
  decode: (text) => Array.from(text, (char) => char.codePointAt(0)),
  encode: (points) => String.fromCodePoint(...points),
};

// eachLabel changes the labels of a domain, and of an address what is behind its @.
function eachLabel(domain, change) {
  const at = domain.lastIndexOf('@');
  const head = domain.slice(0, at + 1);
  return head + domain.slice(at + 1).replace(/[\u3002\uff0e\uff61]/g, '.').split('.').map(change).join('.');
}

module.exports = {
  version: '2.1.0', ucs2, decode, encode,
  toASCII: (domain) => eachLabel(domain, (label) => (/[^\x00-\x7f]/.test(label) ? `xn--${encode(label)}` : label)),
  toUnicode: (domain) => eachLabel(domain, (label) => (/^xn--/.test(label) ? decode(label.slice(4).toLowerCase()) : label)),
};
