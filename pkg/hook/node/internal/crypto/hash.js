'use strict';

// Digests and MACs.

const {native, NodeError, take, give, validateLength} = require('internal/crypto');
const {NodeTypeError, invalidType, validateString} = require('internal/errors');
const {asStream} = require('internal/crypto/stream');
const {secretOf} = require('internal/crypto/keys');

const dataLike = 'of type string or an instance of Buffer, TypedArray, or DataView';

function finalized() { return new NodeError('ERR_CRYPTO_HASH_FINALIZED', 'Digest already called'); }

function update(handle, data, encoding) {
  if (data instanceof ArrayBuffer) throw invalidType('data', dataLike, data);
  native.update(handle, take(data, 'data', encoding, dataLike));
}

class Hash {
  #handle; #done = false;

  constructor(algorithm, options, handle) {
    if (handle === undefined) {
      validateString(algorithm, 'algorithm');
      const length = options?.outputLength;
      if (length !== undefined) validateLength(length, 'options.outputLength');
      handle = native.newHash(algorithm, length ?? -1);
    }
    this.#handle = handle;
  }

  copy(options) {
    if (this.#done) throw finalized();
    return new Hash(undefined, options, native.clone(this.#handle));
  }

  update(data, encoding) {
    if (this.#done) throw finalized();
    update(this.#handle, data, encoding);
    return this;
  }

  digest(encoding) {
    if (this.#done) throw finalized();
    this.#done = true;
    return give(native.digest(this.#handle, encoding ?? ''), encoding);
  }

  _transform(chunk, encoding, callback) { this.update(chunk, encoding); callback(); }
  _flush(callback) { this.push(this.digest()); callback(); }
}

class Hmac {
  #handle; #done = false;

  constructor(algorithm, key, options) {
    validateString(algorithm, 'hmac');
    this.#handle = native.newHmac(algorithm, secretOf(key, 'key', options?.encoding));
  }

  update(data, encoding) {
    if (this.#done) throw finalized();
    update(this.#handle, data, encoding);
    return this;
  }

  // A second digest of a MAC is empty, not an error.
  digest(encoding) {
    if (this.#done) return give(new ArrayBuffer(0), encoding);
    this.#done = true;
    return give(native.digest(this.#handle, encoding ?? ''), encoding);
  }

  _transform(chunk, encoding, callback) { this.update(chunk, encoding); callback(); }
  _flush(callback) { this.push(this.digest()); callback(); }
}

asStream(Hash);
asStream(Hmac);

function hash(algorithm, input, encoding = 'hex') {
  validateString(algorithm, 'algorithm');
  const data = take(input, 'input', undefined, 'of type string or an instance of Buffer, TypedArray, or DataView');
  validateString(encoding, 'outputEncoding');
  return give(native.hash(algorithm, data, encoding.toLowerCase()), encoding);
}

function timingSafeEqual(a, b) {
  for (const [name, value] of [['buf1', a], ['buf2', b]]) {
    if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) {
      throw new NodeTypeError('ERR_INVALID_ARG_TYPE', `The "${name}" argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView.`);
    }
  }
  if (a.byteLength !== b.byteLength) {
    const err = new RangeError('Input buffers must have the same byte length');
    err.code = 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH';
    throw err;
  }
  return native.equal(a, b);
}

module.exports = {
  Hash, Hmac, hash, timingSafeEqual,
  createHash: (algorithm, options) => new Hash(algorithm, options),
  createHmac: (algorithm, key, options) => new Hmac(algorithm, key, options),
  getHashes: () => native.hashes(),
};
