'use strict';

// Query strings as Node.js had them before URLSearchParams.

function escape(text) {
  if (typeof text !== 'string') text = typeof text === 'object' ? String(text) : `${text}`;
  try {
    return encodeURIComponent(text);
  } catch {
    throw Object.assign(new URIError('URI malformed'), {code: 'ERR_INVALID_URI'});
  }
}

function unescape(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return unescapeBuffer(text).toString();
  }
}

function unescapeBuffer(text) {
  const bytes = Buffer.from(String(text));
  const out = [];
  for (let i = 0; i < bytes.length; i++) {
    const digits = bytes[i] === 0x25 ? bytes.toString('latin1', i + 1, i + 3) : '';
    if (/^[0-9a-fA-F]{2}$/.test(digits)) {
      out.push(parseInt(digits, 16));
      i += 2;
    } else out.push(bytes[i]);
  }
  return Buffer.from(out);
}

function primitive(value) {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return `${value}`;
  if (typeof value === 'bigint' || typeof value === 'boolean') return `${value}`;
  return '';
}

function stringify(object, separator = '&', equals = '=', options) {
  separator ||= '&';
  equals ||= '=';
  const encode = typeof options?.encodeURIComponent === 'function' ? options.encodeURIComponent : module.exports.escape;
  if (object === null || typeof object !== 'object') return '';
  const pairs = [];
  for (const key of Object.keys(object)) {
    const name = encode(primitive(key)) + equals;
    const value = object[key];
    if (Array.isArray(value)) for (const each of value) pairs.push(name + encode(primitive(each)));
    else pairs.push(name + encode(primitive(value)));
  }
  return pairs.join(separator);
}

function parse(text, separator, equals, options) {
  const out = Object.create(null);
  if (typeof text !== 'string' || text === '') return out;
  const decode = typeof options?.decodeURIComponent === 'function' ? options.decodeURIComponent : module.exports.unescape;
  const safe = (part) => {
    part = part.replaceAll('+', ' ');
    if (!part.includes('%') && decode === unescape) return part;
    try {
      return decode(part);
    } catch {
      return unescape(part);
    }
  };
  const mark = equals ? `${equals}` : '=';
  let pairs = text.split(separator ? `${separator}` : '&');
  const most = typeof options?.maxKeys === 'number' ? options.maxKeys : 1000;
  if (most > 0) pairs = pairs.slice(0, most);
  for (const pair of pairs) {
    if (pair === '') continue;
    const at = pair.indexOf(mark);
    const key = safe(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : safe(pair.slice(at + mark.length));
    if (!(key in out)) out[key] = value;
    else if (Array.isArray(out[key])) out[key].push(value);
    else out[key] = [out[key], value];
  }
  return out;
}

module.exports = {escape, unescape, unescapeBuffer, stringify, encode: stringify, parse, decode: parse};
