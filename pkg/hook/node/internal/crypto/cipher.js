'use strict';

// Ciphers of messages, and RSA.

const {native, Buffer, take, give} = require('internal/crypto');
const {invalidType, validateString} = require('internal/errors');
const {asStream} = require('internal/crypto/stream');
const {secretOf, keyOf} = require('internal/crypto/keys');

class Cipher {
  #handle;

  constructor(encrypt, algorithm, key, iv, options) {
    validateString(algorithm, 'cipher');
    key = secretOf(key, 'key');
    if (iv !== null) iv = take(iv, 'iv');
    this.#handle = native.newCipher(algorithm, key, iv, encrypt, options?.authTagLength ?? 0);
  }

  update(data, inputEncoding, outputEncoding) {
    return give(native.cipherUpdate(this.#handle, take(data, 'data', inputEncoding)), outputEncoding);
  }

  final(outputEncoding) { return give(native.cipherFinal(this.#handle), outputEncoding); }

  setAutoPadding(on) {
    native.setAutoPadding(this.#handle, on === undefined || Boolean(on));
    return this;
  }

  setAAD(data, options) {
    native.setAAD(this.#handle, take(data, 'aadbuf', options?.encoding));
    return this;
  }

  static authTag(cipher) { return Buffer.from(native.getAuthTag(cipher.#handle)); }

  static expectAuthTag(cipher, tag, encoding) { native.setAuthTag(cipher.#handle, take(tag, 'buffer', encoding)); }

  _transform(chunk, encoding, callback) { this.push(this.update(chunk, encoding)); callback(); }

  _flush(callback) {
    try {
      this.push(this.final());
    } catch (err) {
      callback(err);
      return;
    }
    callback();
  }
}
asStream(Cipher);

class Cipheriv extends Cipher {
  constructor(...args) { super(true, ...args); }
  getAuthTag() { return Cipher.authTag(this); }
}

class Decipheriv extends Cipher {
  constructor(...args) { super(false, ...args); }

  setAuthTag(tag, encoding) {
    Cipher.expectAuthTag(this, tag, encoding);
    return this;
  }
}

function getCipherInfo(name, options) {
  if (typeof name !== 'string' && typeof name !== 'number') throw invalidType('nameOrNid', 'one of type string or number', name);
  if (typeof name === 'number') name = native.ciphers().find((each) => native.cipherInfo(each).nid === name) ?? '';
  const info = native.cipherInfo(name);
  if (info === undefined) return undefined;
  if (options?.keyLength !== undefined && options.keyLength !== info.keyLength) return undefined;
  if (options?.ivLength !== undefined) {
    if (info.mode === 'gcm' ? options.ivLength < 1 : options.ivLength !== (info.ivLength ?? 0)) return undefined;
    if (info.mode === 'gcm') info.ivLength = options.ivLength;
  }
  return info;
}

// rsa is publicEncrypt or privateDecrypt.
function rsa(operation, wants) {
  return (options, data) => {
    const key = keyOf(options, wants, 'key');
    const more = typeof options === 'object' && !ArrayBuffer.isView(options) ? options : {};
    const label = more.oaepLabel === undefined ? undefined : take(more.oaepLabel, 'key.oaepLabel', more.encoding);
    return Buffer.from(native[operation](key, take(data, 'buffer', more.encoding), more.padding ?? 0, more.oaepHash, label));
  };
}

module.exports = {
  Cipheriv, Decipheriv, getCipherInfo,
  createCipheriv: (...args) => new Cipheriv(...args),
  createDecipheriv: (...args) => new Decipheriv(...args),
  getCiphers: () => native.ciphers(),
  publicEncrypt: rsa('encrypt', 'public'),
  privateDecrypt: rsa('decrypt', 'private'),
};
