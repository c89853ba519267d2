'use strict';

// FormData, written and read as multipart/form-data.

const {Blob, File} = require('buffer');
const {blobBytes} = require('internal/blob');

class FormData {
  #list = [];

  constructor(form) {
    if (form !== undefined) throw new TypeError("Failed to construct 'FormData': parameter 1 is not of type 'HTMLFormElement'");
  }

  #entry(name, value, filename) {
    if (!(value instanceof Blob)) return [String(name), String(value)];
    if (!(value instanceof File) || filename !== undefined) {
      value = new File([value], filename ?? value.name ?? 'blob', {type: value.type, lastModified: value.lastModified});
    }
    return [String(name), value];
  }

  append(name, value, filename) { this.#list.push(this.#entry(name, value, filename)); }

  set(name, value, filename) {
    const entry = this.#entry(name, value, filename);
    const at = this.#list.findIndex(([each]) => each === entry[0]);
    if (at < 0) return this.#list.push(entry), undefined;
    this.#list = this.#list.filter(([each], i) => each !== entry[0] || i === at);
    this.#list[at] = entry;
  }

  delete(name) { this.#list = this.#list.filter(([each]) => each !== String(name)); }
  get(name) { return this.#list.find(([each]) => each === String(name))?.[1] ?? null; }
  getAll(name) { return this.#list.filter(([each]) => each === String(name)).map(([, value]) => value); }
  has(name) { return this.#list.some(([each]) => each === String(name)); }
  forEach(callback, self) { for (const [name, value] of this.#list) callback.call(self, value, name, this); }
  entries() { return this.#list.map((entry) => [...entry])[Symbol.iterator](); }
  keys() { return this.#list.map(([name]) => name)[Symbol.iterator](); }
  values() { return this.#list.map(([, value]) => value)[Symbol.iterator](); }
  [Symbol.iterator]() { return this.entries(); }
  get [Symbol.toStringTag]() { return 'FormData'; }
}

function quoted(text) { return text.replace(/\r\n?|\n/g, '\r\n').replace(/[\r\n"]/g, (c) => ({'\r': '%0D', '\n': '%0A', '"': '%22'}[c])); }

// encode makes the bytes of a form, and the boundary between its parts.
function encode(form) {
  const boundary = `----formdata-salvo-${require('crypto').randomInt(1e11).toString().padStart(12, '0')}`;
  const parts = [];
  for (const [name, value] of form) {
    let head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"`;
    if (typeof value === 'string') {
      parts.push(Buffer.from(`${head}\r\n\r\n${value.replace(/\r?\n|\r/g, '\r\n')}\r\n`));
      continue;
    }
    head += `; filename="${quoted(value.name)}"\r\nContent-Type: ${value.type || 'application/octet-stream'}\r\n\r\n`;
    parts.push(Buffer.from(head), blobBytes(value), Buffer.from('\r\n'));
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return {boundary, bytes: Buffer.concat(parts)};
}

// decode reads a form.
function decode(bytes, boundary) {
  const form = new FormData();
  const mark = Buffer.from(`--${boundary}`);
  let at = bytes.indexOf(mark);
  if (at < 0) throw new TypeError('Failed to parse body as FormData.');
  for (;;) {
    at += mark.length;
    if (bytes.subarray(at, at + 2).toString('latin1') === '--') return form;
    const headEnd = bytes.indexOf('\r\n\r\n', at);
    const end = bytes.indexOf(Buffer.from(`\r\n--${boundary}`), headEnd + 2);
    if (headEnd < 0 || end < 0) throw new TypeError('Failed to parse body as FormData.');
    const head = bytes.subarray(at + 2, headEnd).toString();
    const field = (name) => new RegExp(`[; ]${name}="((?:[^"\\\\]|\\\\.)*)"`, 'i').exec(head)?.[1]
      ?.replace(/%0D|%0A|%22/gi, (c) => ({'%0d': '\r', '%0a': '\n', '%22': '"'}[c.toLowerCase()]));
    const name = field('name');
    if (name === undefined) throw new TypeError('Failed to parse body as FormData.');
    const data = bytes.subarray(headEnd + 4, end);
    const filename = field('filename');
    if (filename === undefined) form.append(name, data.toString());
    else form.append(name, new File([data], filename, {type: /^content-type:\s*(.*)$/im.exec(head)?.[1]?.trim() ?? 'text/plain'}));
    at = end + 2;
  }
}

module.exports = {FormData, encode, decode};
