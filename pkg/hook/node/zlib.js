'use strict';

// Compression. Streams keep what is written to them and do their work at the end.

const {invalidType, outOfRange, validateFunction} = require('internal/errors');
const {Transform} = require('stream');

const constants = {
  Z_NO_FLUSH: 0, Z_PARTIAL_FLUSH: 1, Z_SYNC_FLUSH: 2, Z_FULL_FLUSH: 3, Z_FINISH: 4, Z_BLOCK: 5, Z_OK: 0, Z_STREAM_END: 1,
  Z_NEED_DICT: 2, Z_ERRNO: -1, Z_STREAM_ERROR: -2, Z_DATA_ERROR: -3, Z_MEM_ERROR: -4, Z_BUF_ERROR: -5, Z_VERSION_ERROR: -6,
  Z_NO_COMPRESSION: 0, Z_BEST_SPEED: 1, Z_BEST_COMPRESSION: 9, Z_DEFAULT_COMPRESSION: -1, Z_FILTERED: 1, Z_HUFFMAN_ONLY: 2,
  Z_RLE: 3, Z_FIXED: 4, Z_DEFAULT_STRATEGY: 0, DEFLATE: 1, INFLATE: 2, GZIP: 3, GUNZIP: 4, DEFLATERAW: 5, INFLATERAW: 6, UNZIP: 7,
  BROTLI_DECODE: 8, BROTLI_ENCODE: 9, Z_MIN_WINDOWBITS: 8, Z_MAX_WINDOWBITS: 15, Z_DEFAULT_WINDOWBITS: 15, Z_MIN_CHUNK: 64,
  Z_MAX_CHUNK: Infinity, Z_DEFAULT_CHUNK: 16384, Z_MIN_MEMLEVEL: 1, Z_MAX_MEMLEVEL: 9, Z_DEFAULT_MEMLEVEL: 8, Z_MIN_LEVEL: -1,
  Z_MAX_LEVEL: 9, Z_DEFAULT_LEVEL: -1, BROTLI_OPERATION_PROCESS: 0, BROTLI_OPERATION_FLUSH: 1, BROTLI_OPERATION_FINISH: 2,
  BROTLI_OPERATION_EMIT_METADATA: 3, BROTLI_PARAM_MODE: 0, BROTLI_MODE_GENERIC: 0, BROTLI_MODE_TEXT: 1, BROTLI_MODE_FONT: 2,
  BROTLI_DEFAULT_MODE: 0, BROTLI_PARAM_QUALITY: 1, BROTLI_MIN_QUALITY: 0, BROTLI_MAX_QUALITY: 11, BROTLI_DEFAULT_QUALITY: 11,
  BROTLI_PARAM_LGWIN: 2, BROTLI_MIN_WINDOW_BITS: 10, BROTLI_MAX_WINDOW_BITS: 24, BROTLI_DEFAULT_WINDOW: 22,
  BROTLI_PARAM_LGBLOCK: 3, BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING: 4, BROTLI_PARAM_SIZE_HINT: 5,
  BROTLI_PARAM_LARGE_WINDOW: 6, BROTLI_DECODER_PARAM_LARGE_WINDOW: 1,
};

// kinds are the functions and classes: what Go calls the format, and whether it packs.
const kinds = {
  Gzip: ['gzip', true], Gunzip: ['gzip', false], Deflate: ['deflate', true], Inflate: ['deflate', false], DeflateRaw: ['raw', true],
  InflateRaw: ['raw', false], Unzip: ['any', false], BrotliCompress: ['brotli', true], BrotliDecompress: ['brotli', false],
};

function bytesOf(data) {
  if (typeof data === 'string') return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  throw invalidType('buffer', 'of type string or an instance of Buffer, TypedArray, DataView, or ArrayBuffer', data);
}

function levelOf(format, options) {
  if (format === 'brotli') return options.params?.[constants.BROTLI_PARAM_QUALITY] ?? constants.BROTLI_DEFAULT_QUALITY;
  const level = options.level ?? constants.Z_DEFAULT_COMPRESSION;
  if (typeof level !== 'number') throw invalidType('options.level', 'of type number', level);
  if (!Number.isInteger(level) || level < -1 || level > 9) throw outOfRange('options.level', '>= -1 and <= 9', level);
  return level;
}

// argumentsOf are those of the function in Go.
function argumentsOf(kind, bytes, options) {
  const [format, packs] = kinds[kind];
  const dictionary = options.dictionary === undefined ? undefined : bytesOf(options.dictionary);
  if (packs) return ['compress', [format, bytes, levelOf(format, options), dictionary]];
  const most = options.maxOutputLength ?? 0;
  const partial = options.finishFlush === constants.Z_SYNC_FLUSH || options.finishFlush === constants.BROTLI_OPERATION_FLUSH && format === 'brotli';
  return ['expand', [format, bytes, most, dictionary, partial]];
}

const zlib = {constants, codes: {}};
for (const name of ['Z_OK', 'Z_STREAM_END', 'Z_NEED_DICT', 'Z_ERRNO', 'Z_STREAM_ERROR', 'Z_DATA_ERROR', 'Z_MEM_ERROR', 'Z_BUF_ERROR', 'Z_VERSION_ERROR']) {
  zlib.codes[name] = constants[name];
  zlib.codes[constants[name]] = name;
}
for (const [name, value] of Object.entries(constants)) {
  if (!name.startsWith('BROTLI')) Object.defineProperty(zlib, name, {value, enumerable: false});
}

const kKind = Symbol('kind');
const kOptions = Symbol('options');
const kChunks = Symbol('chunks');

// Zlib is what the classes have in common. They can be called without new, too.
function Zlib(stream, kind, options) {
  Transform.call(stream, {...options, objectMode: false});
  Object.assign(stream, {bytesWritten: 0, [kKind]: kind, [kOptions]: options ?? {}, [kChunks]: []});
  argumentsOf(kind, Buffer.alloc(0), stream[kOptions]); // throws what is wrong with the options
}
Object.setPrototypeOf(Zlib.prototype, Transform.prototype);

Zlib.prototype._transform = function (chunk, encoding, callback) {
  this[kChunks].push(chunk);
  this.bytesWritten += chunk.length;
  callback();
};

Zlib.prototype._flush = function (callback) {
  const all = Buffer.concat(this[kChunks]);
  this[kChunks] = [];
  if (all.length === 0 && !kinds[this[kKind]][1]) {
    callback();
    return;
  }
  const [name, args] = argumentsOf(this[kKind], all, this[kOptions]);
  internal[name](...args, (error, bytes) => {
    if (error) {
      callback(error);
      return;
    }
    const size = this[kOptions].chunkSize ?? constants.Z_DEFAULT_CHUNK;
    const made = Buffer.from(bytes);
    for (let at = 0; at < made.length; at += size) this.push(made.subarray(at, at + size));
    callback();
  });
};

Zlib.prototype.flush = function (kind, callback) { (typeof kind === 'function' ? kind : callback)?.(); };

Zlib.prototype.close = function (callback) {
  if (callback) this.once('close', callback);
  this.destroy();
};

for (const kind of Object.keys(kinds)) {
  const made = function (options) {
    if (!(this instanceof made)) return new made(options);
    Zlib(this, kind, options);
    return undefined;
  };
  Object.setPrototypeOf(made.prototype, Zlib.prototype);
  Object.setPrototypeOf(made, Transform);
  Object.defineProperty(made, 'name', {value: kind});
  zlib[kind] = made;
  zlib[`create${kind}`] = (options) => new made(options);
  const name = kind[0].toLowerCase() + kind.slice(1);
  zlib[name] = (data, options, callback) => {
    if (typeof options === 'function') [options, callback] = [{}, options];
    validateFunction(callback, 'callback');
    const [call, args] = argumentsOf(kind, bytesOf(data), options ?? {});
    internal[call](...args, (error, bytes) => (error ? callback(error) : callback(null, Buffer.from(bytes))));
  };
  zlib[`${name}Sync`] = (data, options) => {
    const [call, args] = argumentsOf(kind, bytesOf(data), options ?? {});
    return Buffer.from(internal[call](...args));
  };
}

zlib.crc32 = (data, value = 0) => {
  if (!(value >= 0 && value <= 0xffffffff)) throw outOfRange('value', '>= 0 && <= 4294967295', value);
  return internal.crc32(bytesOf(data), value);
};

module.exports = zlib;
