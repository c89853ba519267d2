'use strict';

// The Web Cryptography API: crypto.subtle. What has a form here goes to the same Go as the module crypto.

const {native, Buffer, isBytes} = require('internal/crypto');
const {NodeTypeError, invalidType} = require('internal/errors');
const {kData, kKeyObject, SecretKeyObject, PublicKeyObject, PrivateKeyObject, parseJWK} = require('internal/crypto/keys');

const usageNames = ['encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey'];
const hashes = {'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512'};
const blocks = {'SHA-1': 512, 'SHA-256': 512, 'SHA-384': 1024, 'SHA-512': 1024};
const curves = {'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1'};

// algorithms by name: which usages their keys have ("secret" or "public" and "private").
const algorithms = {
  HMAC: {secret: ['sign', 'verify']},
  'AES-CBC': {secret: ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']},
  'AES-CTR': {secret: ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']},
  'AES-GCM': {secret: ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']},
  PBKDF2: {secret: ['deriveKey', 'deriveBits']},
  HKDF: {secret: ['deriveKey', 'deriveBits']},
  'RSASSA-PKCS1-v1_5': {public: ['verify'], private: ['sign']},
  'RSA-PSS': {public: ['verify'], private: ['sign']},
  'RSA-OAEP': {public: ['encrypt', 'wrapKey'], private: ['decrypt', 'unwrapKey']},
  ECDSA: {public: ['verify'], private: ['sign']},
  ECDH: {public: [], private: ['deriveKey', 'deriveBits']},
  Ed25519: {public: ['verify'], private: ['sign']},
  X25519: {public: [], private: ['deriveKey', 'deriveBits']},
};

class CryptoKey {
  constructor() { throw new NodeTypeError('ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor'); }
  get [Symbol.toStringTag]() { return 'CryptoKey'; }
}

function cryptoKey(object, algorithm, extractable, usages) {
  const key = Object.create(CryptoKey.prototype);
  const fixed = {type: object.type, extractable: Boolean(extractable), algorithm, usages};
  for (const [name, value] of Object.entries(fixed)) Object.defineProperty(key, name, {value, enumerable: true});
  Object.defineProperty(key, kKeyObject, {value: object});
  return key;
}

function fail(name, message) { return new DOMException(message, name); }

function failed(message = 'The operation failed for an operation-specific reason', cause) {
  const err = fail('OperationError', message);
  if (cause !== undefined) Object.defineProperty(err, 'cause', {value: cause, configurable: true, writable: true});
  return err;
}

function byName(table, name) {
  const wanted = String(name).toUpperCase();
  return Object.keys(table).find((each) => each.toUpperCase() === wanted);
}

// named reads an algorithm, which is an object or its name, and gives it the name's usual case.
function named(algorithm, table = algorithms) {
  const from = typeof algorithm === 'string' ? {name: algorithm} : algorithm;
  const name = byName(table, from?.name);
  if (name === undefined) throw fail('NotSupportedError', 'Unrecognized algorithm name');
  const out = {...from, name};
  if (from.hash !== undefined) out.hash = named(from.hash, hashes);
  return out;
}

function bytes(value, name = 'data') {
  if (!isBytes(value)) throw invalidType(name, 'an instance of ArrayBuffer, Buffer, TypedArray, or DataView', value);
  return value;
}

function hashOf(algorithm) {
  if (algorithm.hash === undefined) throw new NodeTypeError('ERR_MISSING_OPTION', 'algorithm.hash is required');
  return hashes[algorithm.hash.name];
}

// checkUsages returns the usages in their usual order, when a key of this kind may have them.
function checkUsages(usages, allowed, operation) {
  const list = [...usages];
  list.forEach((each, i) => {
    if (!usageNames.includes(each)) {
      throw new NodeTypeError('ERR_INVALID_ARG_VALUE', `Failed to execute '${operation}' on 'SubtleCrypto': 5th argument, index ${i} value '${each}' is not a valid enum value of type KeyUsage.`);
    }
  });
  if (list.some((each) => !allowed.includes(each))) throw fail('SyntaxError', 'Unsupported key usage for this key');
  return usageNames.filter((each) => list.includes(each));
}

function may(key, usage, algorithm) {
  if (!(key instanceof CryptoKey)) throw invalidType('key', 'an instance of CryptoKey', key);
  if (!key.usages.includes(usage) || key.algorithm.name !== algorithm.name) {
    throw fail('InvalidAccessError', 'The requested operation is not valid for the provided key');
  }
  return key[kKeyObject][kData];
}

// later runs a slow function in Go.
function later(operation, ...args) {
  return new Promise((resolve, reject) => {
    native[operation](...args, (err, value) => (err ? reject(failed(undefined, err)) : resolve(value)));
  });
}

function detached(buffer) { return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength); }

function mac(key, hash, data) {
  const handle = native.newHmac(hash, key);
  native.update(handle, data);
  return native.digest(handle, '');
}

// The arguments that Go has for a signature, for each algorithm.
function signature(algorithm, key) {
  switch (algorithm.name) {
    case 'RSASSA-PKCS1-v1_5': return [hashes[key.algorithm.hash.name], 1, undefined, false];
    case 'RSA-PSS': return [hashes[key.algorithm.hash.name], 6, algorithm.saltLength, false];
    case 'ECDSA': return [hashOf(algorithm), 0, undefined, true];
    default: return [undefined, 0, undefined, false];
  }
}

function crypt(encrypt, algorithm, secret, data) {
  const {name} = algorithm;
  const mode = name.slice(4).toLowerCase();
  const iv = bytes(name === 'AES-CTR' ? algorithm.counter : algorithm.iv, `algorithm.${name === 'AES-CTR' ? 'counter' : 'iv'}`);
  const tagLength = name === 'AES-GCM' ? (algorithm.tagLength ?? 128) / 8 : 0;
  data = Buffer.from(isBytes(data) && !(data instanceof ArrayBuffer) ? data.buffer : data, data.byteOffset ?? 0, data.byteLength);
  if (!encrypt && data.length < tagLength) throw failed('The provided data is too small.');
  try {
    const cipher = native.newCipher(`aes-${secret.byteLength * 8}-${mode}`, secret, iv, encrypt, tagLength);
    if (algorithm.additionalData !== undefined && tagLength > 0) native.setAAD(cipher, bytes(algorithm.additionalData, 'algorithm.additionalData'));
    const end = data.length - (encrypt ? 0 : tagLength);
    if (!encrypt && tagLength > 0) native.setAuthTag(cipher, data.subarray(end));
    const parts = [native.cipherUpdate(cipher, data.subarray(0, end)), native.cipherFinal(cipher)];
    if (encrypt && tagLength > 0) parts.push(native.getAuthTag(cipher));
    return detached(Buffer.concat(parts.map((part) => Buffer.from(part))));
  } catch (err) {
    throw failed(undefined, err);
  }
}

function keyLength(algorithm) {
  if (algorithm.name === 'HMAC') return algorithm.length ?? blocks[algorithm.hash.name];
  if (algorithm.name.startsWith('AES-')) return algorithm.length;
  return null;
}

function secretKey(algorithm, secret, extractable, usages) {
  let about = {name: algorithm.name};
  if (algorithm.name === 'HMAC') {
    about = {...about, hash: {name: algorithm.hash.name}, length: secret.length * 8};
  } else if (algorithm.name.startsWith('AES-')) {
    if (![16, 24, 32].includes(secret.length)) throw fail('DataError', 'Invalid key length');
    about.length = secret.length * 8;
  } else if (extractable) {
    throw fail('SyntaxError', `${algorithm.name} keys are not extractable`);
  }
  return cryptoKey(new SecretKeyObject(secret), about, extractable, usages);
}

function pairKey(algorithm, object, extractable, usages) {
  const {bits, exponent, kind} = native.describe(object[kData]);
  const about = {name: algorithm.name};
  const wanted = algorithm.name.startsWith('RSA') ? 'rsa' : algorithm.name.startsWith('EC') ? 'ec' : algorithm.name.toLowerCase();
  if (kind !== wanted) throw fail('DataError', 'Invalid key type');
  if (wanted === 'rsa') {
    const digits = exponent.toString(16);
    const publicExponent = new Uint8Array(Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex'));
    Object.assign(about, {modulusLength: bits, publicExponent, hash: {name: algorithm.hash.name}});
  } else if (wanted === 'ec') {
    about.namedCurve = Object.keys(curves).find((name) => curves[name] === native.describe(object[kData]).curve);
    if (algorithm.namedCurve !== undefined && about.namedCurve !== algorithm.namedCurve) throw fail('DataError', 'Named curve mismatch');
  }
  return cryptoKey(object, about, extractable, usages);
}

// handleOf reads a key of a pair.
function handleOf(format, data, algorithm) {
  try {
    switch (format) {
      case 'spki': return new PublicKeyObject(native.parsePublic(bytes(data), 'der', 'spki'));
      case 'pkcs8': return new PrivateKeyObject(native.parsePrivate(bytes(data), 'der', 'pkcs8'));
      case 'jwk': return data.d === undefined ? new PublicKeyObject(parseJWK(data, 'public')) : new PrivateKeyObject(parseJWK(data, 'private'));
      default: return new PublicKeyObject(native.rawKey(algorithm.namedCurve ?? algorithm.name, bytes(data)));
    }
  } catch (err) {
    if (err.name === 'TypeError' && err.code === 'ERR_INVALID_ARG_TYPE') throw err;
    throw fail('DataError', 'Invalid keyData');
  }
}

class SubtleCrypto {
  async digest(algorithm, data) {
    const {name} = named(algorithm, hashes);
    return native.hash(hashes[name], bytes(data), '');
  }

  async importKey(format, keyData, algorithm, extractable, keyUsages) {
    if (!['raw', 'pkcs8', 'spki', 'jwk'].includes(format)) throw new NodeTypeError('ERR_INVALID_ARG_VALUE', `'${format}' is not a valid enum value of type KeyFormat.`);
    algorithm = named(algorithm);
    const allowed = algorithms[algorithm.name];
    if (allowed.secret) {
      const usages = checkUsages(keyUsages, allowed.secret, 'importKey');
      if (usages.length === 0) throw fail('SyntaxError', 'Usages cannot be empty when importing a secret key.');
      if (algorithm.name === 'HMAC') hashOf(algorithm);
      if (format === 'jwk' && keyData?.kty !== 'oct') throw fail('DataError', 'Invalid keyData');
      if (format !== 'raw' && format !== 'jwk') throw fail('NotSupportedError', `Unable to import ${algorithm.name} key with format ${format}`);
      const secret = format === 'jwk' ? Buffer.from(keyData.k, 'base64url') : Buffer.from(detached(new Uint8Array(bytes(keyData).buffer ?? keyData, keyData.byteOffset ?? 0, keyData.byteLength)));
      if (algorithm.name === 'HMAC' && secret.length === 0) throw fail('DataError', 'Zero-length key is not supported');
      return secretKey(algorithm, secret, extractable, usages);
    }
    if (algorithm.name.startsWith('RSA')) hashOf(algorithm);
    const object = handleOf(format, keyData, algorithm);
    const usages = checkUsages(keyUsages, allowed[object.type], 'importKey');
    if (object.type === 'private' && usages.length === 0) throw fail('SyntaxError', 'Usages cannot be empty when importing a private key.');
    return pairKey(algorithm, object, extractable, usages);
  }

  async exportKey(format, key) {
    if (!(key instanceof CryptoKey)) throw invalidType('key', 'an instance of CryptoKey', key);
    if (!key.extractable) throw fail('InvalidAccessException', 'key is not extractable');
    const object = key[kKeyObject];
    const {name} = key.algorithm;
    if (format === 'jwk') {
      return {key_ops: [...key.usages], ext: key.extractable, ...object.export({format: 'jwk'}), ...jwkName(key.algorithm)};
    }
    if (format === 'raw' && object.type === 'secret') return detached(object.export());
    if (format === 'raw' && object.type === 'public' && !name.startsWith('RSA')) return native.rawPublic(object[kData]);
    if (format === 'spki' && object.type === 'public' || format === 'pkcs8' && object.type === 'private') {
      return detached(object.export({format: 'der', type: format}));
    }
    throw fail('NotSupportedError', `Unable to export a raw ${name} ${object.type} key`);
  }

  async generateKey(algorithm, extractable, keyUsages) {
    algorithm = named(algorithm);
    const allowed = algorithms[algorithm.name];
    if (allowed.secret) {
      const usages = checkUsages(keyUsages, allowed.secret, 'generateKey');
      if (usages.length === 0) throw fail('SyntaxError', 'Usages cannot be empty when creating a key.');
      if (algorithm.name === 'HMAC') hashOf(algorithm);
      const secret = Buffer.alloc((keyLength(algorithm) ?? 0) >>> 3);
      native.fill(secret);
      return secretKey(algorithm, secret, extractable, usages);
    }
    const all = checkUsages(keyUsages, [...allowed.public, ...allowed.private], 'generateKey');
    const usages = (type) => all.filter((each) => allowed[type].includes(each));
    if (usages('private').length === 0) throw fail('SyntaxError', 'Usages cannot be empty when creating a key.');
    const kind = algorithm.name.startsWith('RSA') ? 'rsa' : algorithm.name.startsWith('EC') ? 'ec' : algorithm.name.toLowerCase();
    if (kind === 'rsa') hashOf(algorithm);
    if (kind === 'rsa' && Buffer.from(algorithm.publicExponent ?? []).toString('hex').replace(/^0+/, '') !== '10001') {
      throw failed('a public exponent other than 65537 is not supported in processors');
    }
    if (kind === 'ec' && curves[algorithm.namedCurve] === undefined) throw fail('NotSupportedError', 'Unrecognized namedCurve');
    const handle = await later('generate', kind, algorithm.modulusLength ?? 0, curves[algorithm.namedCurve] ?? '');
    return {
      publicKey: pairKey(algorithm, new PublicKeyObject(native.publicOf(handle)), true, usages('public')),
      privateKey: pairKey(algorithm, new PrivateKeyObject(handle), extractable, usages('private')),
    };
  }

  async sign(algorithm, key, data) {
    algorithm = named(algorithm);
    const handle = may(key, 'sign', algorithm);
    if (algorithm.name === 'HMAC') return mac(handle, hashes[key.algorithm.hash.name], bytes(data));
    return later('sign', handle, bytes(data), false, ...signature(algorithm, key));
  }

  async verify(algorithm, key, given, data) {
    algorithm = named(algorithm);
    const handle = may(key, 'verify', algorithm);
    if (algorithm.name === 'HMAC') return native.equal(mac(handle, hashes[key.algorithm.hash.name], bytes(data)), bytes(given, 'signature'));
    return later('verify', handle, bytes(data), false, ...signature(algorithm, key), bytes(given, 'signature'));
  }

  async encrypt(algorithm, key, data) { return encryptWith(algorithm, key, data, 'encrypt', 'encrypt'); }

  async decrypt(algorithm, key, data) { return encryptWith(algorithm, key, data, 'decrypt', 'decrypt'); }

  async deriveBits(algorithm, key, length) {
    algorithm = named(algorithm);
    return derive(algorithm, may(key, 'deriveBits', algorithm), length);
  }

  async deriveKey(algorithm, key, derived, extractable, keyUsages) {
    algorithm = named(algorithm);
    derived = named(derived);
    const secret = await derive(algorithm, may(key, 'deriveKey', algorithm), keyLength(derived));
    return this.importKey('raw', secret, derived, extractable, keyUsages);
  }

  async wrapKey(format, key, wrapping, algorithm) {
    const data = await this.exportKey(format, key);
    const text = format === 'jwk' ? Buffer.from(JSON.stringify(data)) : data;
    return encryptWith(algorithm, wrapping, text, 'encrypt', 'wrapKey');
  }

  async unwrapKey(format, wrapped, wrapping, algorithm, keyAlgorithm, extractable, keyUsages) {
    const data = await encryptWith(algorithm, wrapping, wrapped, 'decrypt', 'unwrapKey');
    const keyData = format === 'jwk' ? JSON.parse(Buffer.from(data).toString()) : data;
    return this.importKey(format, keyData, keyAlgorithm, extractable, keyUsages);
  }

  get [Symbol.toStringTag]() { return 'SubtleCrypto'; }
}

function jwkName({name, length, hash}) {
  if (name === 'HMAC') return {alg: `HS${hash.name.slice(4)}`};
  if (name.startsWith('AES-')) return {alg: `A${length}${name.slice(4)}`};
  if (name === 'RSASSA-PKCS1-v1_5') return {alg: `RS${hash.name.slice(4)}`};
  if (name === 'RSA-PSS') return {alg: `PS${hash.name.slice(4)}`};
  if (name === 'RSA-OAEP') return {alg: hash.name === 'SHA-1' ? 'RSA-OAEP' : `RSA-OAEP-${hash.name.slice(4)}`};
  return {};
}

function encryptWith(algorithm, key, data, operation, usage) {
  algorithm = named(algorithm);
  const handle = may(key, usage, algorithm);
  bytes(data);
  if (algorithm.name === 'RSA-OAEP') return later(operation, handle, data, 4, hashes[key.algorithm.hash.name], algorithm.label);
  return crypt(operation === 'encrypt', algorithm, handle, data);
}

async function derive(algorithm, secret, length) {
  switch (algorithm.name) {
    case 'ECDH':
    case 'X25519': {
      const {public: other} = algorithm;
      if (!(other instanceof CryptoKey)) throw invalidType('algorithm.public', 'an instance of CryptoKey', other);
      const shared = await later('agree', secret, other[kKeyObject][kData]);
      if (length === null || length === undefined) return shared;
      if (shared.byteLength * 8 < length) throw failed('derived bit length is too small');
      return shared.slice(0, Math.ceil(length / 8));
    }
    case 'PBKDF2':
      if (!length || length % 8 !== 0) throw failed('length must be a multiple of 8');
      return later('pbkdf2', secret, bytes(algorithm.salt, 'algorithm.salt'), algorithm.iterations, length / 8, hashOf(algorithm));
    default:
      if (length === null || length % 8 !== 0) throw failed('length must be a multiple of 8');
      return later('hkdf', hashOf(algorithm), secret, bytes(algorithm.salt, 'algorithm.salt'), bytes(algorithm.info, 'algorithm.info'), length / 8);
  }
}

module.exports = {SubtleCrypto, CryptoKey};
