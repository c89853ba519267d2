'use strict';

// Keys: KeyObject, and what functions take for one.

const {native, Buffer, NodeError, isBytes, take, bytesLike, int32} = require('internal/crypto');
const {
  NodeTypeError, invalidType, invalidValue, validateFunction, validateInteger, validateObject, validateString,
} = require('internal/errors');

const kData = Symbol('data'); // what Go has, or the bytes of a secret
const kKeyObject = Symbol('keyObject'); // of a CryptoKey

class KeyObject {
  constructor(type, data) {
    if (type !== 'secret' && type !== 'public' && type !== 'private') throw invalidValue('type', type);
    if (data === undefined) throw invalidType('handle', 'of type object', data);
    Object.defineProperty(this, kData, {value: data});
    Object.defineProperty(this, 'type', {get: () => type, configurable: true});
  }

  static from(key) {
    if (key?.[kKeyObject] === undefined) throw invalidType('key', 'an instance of CryptoKey', key);
    return key[kKeyObject];
  }

  get [Symbol.toStringTag]() { return 'KeyObject'; }

  equals(other) {
    if (!(other instanceof KeyObject)) throw invalidType('otherKeyObject', 'an instance of KeyObject', other);
    if (other.type !== this.type) return false;
    if (this.type !== 'secret') return native.sameKey(this[kData], other[kData]);
    return this[kData].length === other[kData].length && native.equal(this[kData], other[kData]);
  }
}

class SecretKeyObject extends KeyObject {
  constructor(bytes) { super('secret', bytes); }

  get symmetricKeySize() { return this[kData].byteLength; }

  export(options) {
    if (options !== undefined) {
      validateObject(options, 'options');
      if (options.format === 'jwk') return {kty: 'oct', k: this[kData].toString('base64url')};
      if (options.format !== undefined && options.format !== 'buffer') throw invalidValue('options.format', options.format);
    }
    return Buffer.from(this[kData]);
  }
}

class AsymmetricKeyObject extends KeyObject {
  constructor(type, handle) { super(type, handle); }

  get asymmetricKeyType() { return native.describe(this[kData]).kind; }

  get asymmetricKeyDetails() {
    const {kind, bits, exponent, curve} = native.describe(this[kData]);
    if (kind === 'rsa') return {modulusLength: bits, publicExponent: BigInt(exponent)};
    return kind === 'ec' ? {namedCurve: curve} : {};
  }

  export(options) {
    validateObject(options, 'options');
    const {format, type, cipher, passphrase} = options;
    if (format === 'jwk') {
      if (passphrase !== undefined) throw new NodeError('ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS', 'The selected key encoding jwk does not support encryption.');
      return native.writeJWK(this[kData]);
    }
    if (format !== 'pem' && format !== 'der') throw invalidValue('options.format', format);
    const types = this.type === 'public' ? ['pkcs1', 'spki'] : ['pkcs1', 'pkcs8', 'sec1'];
    if (!types.includes(type)) throw invalidValue('options.type', type);
    const out = Buffer.from(native.writeKey(this[kData], format, type, passphrase, cipher));
    return format === 'pem' ? out.toString() : out;
  }
}

class PublicKeyObject extends AsymmetricKeyObject {
  constructor(handle) { super('public', handle); }
}

class PrivateKeyObject extends AsymmetricKeyObject {
  constructor(handle) { super('private', handle); }
}

const keyLike = 'of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, KeyObject, or CryptoKey';

function wrongType(type, expected) {
  return new NodeTypeError('ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE', `Invalid key object type ${type}, expected ${expected}.`);
}

function keyObjectOf(value) { return value instanceof KeyObject ? value : value?.[kKeyObject]; }

// secretOf are the bytes of a secret that a caller gave as a key.
function secretOf(key, name, encoding) {
  const object = keyObjectOf(key);
  if (object === undefined) return take(key, name, encoding, keyLike);
  if (object.type !== 'secret') throw wrongType(object.type, 'secret');
  return object[kData];
}

// keyOf is what Go has of a key that a caller gave: "private" or "public" is what it must be able to be.
function keyOf(input, wants, name = 'key') {
  let object = keyObjectOf(input);
  let options = {};
  let material = input;
  if (object === undefined && input !== null && typeof input === 'object' && !isBytes(input)) {
    options = input;
    material = input.key;
    object = keyObjectOf(material);
    name = `${name}.key`;
  }
  if (object !== undefined) {
    if (object.type === 'secret' || wants === 'private' && object.type !== 'private') {
      throw wrongType(object.type, wants === 'private' ? 'private' : 'private or public');
    }
    return wants === 'public' && object.type === 'private' ? native.publicOf(object[kData]) : object[kData];
  }
  return parse(material, options, wants, name);
}

function parse(material, options, wants, name) {
  const {format = 'pem', type, passphrase, encoding} = options;
  if (format === 'jwk') {
    validateObject(material, name);
    return parseJWK(material, wants);
  }
  if (format !== 'pem' && format !== 'der') throw invalidValue('options.format', format);
  if (typeof material !== 'string' && !isBytes(material)) throw invalidType(name, wants === 'public' ? keyLike : bytesLike, material);
  if (format === 'der' && type === undefined) throw invalidValue('options.type', type);
  if (passphrase !== undefined && passphrase !== null && typeof passphrase !== 'string' && !isBytes(passphrase)) {
    throw invalidType('options.passphrase', 'of type string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView', passphrase);
  }
  const bytes = take(material, name, encoding);
  return (wants === 'private' ? native.parsePrivate : native.parsePublic)(bytes, format, type, passphrase);
}

const jwkMembers = {RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x']};

function parseJWK(jwk, wants) {
  const members = jwkMembers[jwk.kty];
  if (members === undefined) throw invalidValue('key.kty', jwk.kty, "must be one of: 'RSA', 'EC', 'OKP'");
  for (const name of members) validateString(jwk[name], `key.${name}`);
  if (wants === 'private') validateString(jwk.d, 'key.d');
  return native.parseJWK(wants === 'private' ? jwk : {...jwk, d: undefined});
}

function createSecretKey(key, encoding) {
  return new SecretKeyObject(Buffer.from(Buffer.from(take(key, 'key', undefined, bytesLike), encoding)));
}

function createPublicKey(key) {
  if (key instanceof KeyObject && key.type !== 'private') throw wrongType(key.type, 'private');
  return new PublicKeyObject(keyOf(key, 'public'));
}

function createPrivateKey(key) {
  if (key instanceof KeyObject) throw invalidType('key', bytesLike, key);
  return new PrivateKeyObject(keyOf(key, 'private'));
}

const kinds = ['rsa', 'rsa-pss', 'dsa', 'ec', 'ed25519', 'ed448', 'x25519', 'x448', 'dh'];

// generateArgs are those of a key pair in Go.
function generateArgs(type, options) {
  if (!kinds.includes(type)) throw invalidValue('type', type, 'must be a supported key type');
  if (type === 'rsa' || type === 'ec') validateObject(options, 'options');
  if (type === 'rsa') {
    validateInteger(options.modulusLength, 'options.modulusLength', 0, int32);
    if ((options.publicExponent ?? 65537) !== 65537) {
      throw new NodeError('ERR_FEATURE_UNAVAILABLE_ON_PLATFORM', 'a public exponent other than 65537 is not supported in processors');
    }
  }
  if (type === 'ec') validateString(options.namedCurve, 'options.namedCurve');
  return [type, options?.modulusLength ?? 0, options?.namedCurve ?? ''];
}

function pairOf(handle, options) {
  const publicKey = new PublicKeyObject(native.publicOf(handle));
  const privateKey = new PrivateKeyObject(handle);
  return {
    publicKey: options?.publicKeyEncoding === undefined ? publicKey : publicKey.export(options.publicKeyEncoding),
    privateKey: options?.privateKeyEncoding === undefined ? privateKey : privateKey.export(options.privateKeyEncoding),
  };
}

function generateKeyPairSync(type, options) { return pairOf(native.generate(...generateArgs(type, options)), options); }

function generateKeyPair(type, options, callback) {
  if (typeof options === 'function') [options, callback] = [undefined, options];
  validateFunction(callback, 'callback');
  native.generate(...generateArgs(type, options), (err, handle) => {
    if (err) return callback(err);
    let pair;
    try {
      pair = pairOf(handle, options);
    } catch (thrown) {
      return callback(thrown);
    }
    callback(null, pair.publicKey, pair.privateKey);
  });
}

Object.defineProperty(generateKeyPair, Symbol.for('nodejs.util.promisify.custom'), {
  value: (type, options) => new Promise((resolve, reject) => {
    generateKeyPair(type, options, (err, publicKey, privateKey) => (err ? reject(err) : resolve({publicKey, privateKey})));
  }),
});

function generateKeySync(type, options) {
  validateString(type, 'type');
  validateObject(options, 'options');
  if (type !== 'hmac' && type !== 'aes') throw invalidValue('type', type, 'must be a supported key type');
  if (type === 'aes' && ![128, 192, 256].includes(options.length)) throw invalidValue('options.length', options.length, 'must be one of: 128, 192, 256');
  validateInteger(options.length, 'options.length', 8, int32);
  const bytes = Buffer.alloc(options.length >>> 3);
  native.fill(bytes);
  return new SecretKeyObject(bytes);
}

function generateKey(type, options, callback) {
  validateFunction(callback, 'callback');
  setImmediate(callback, undefined, generateKeySync(type, options));
}

module.exports = {
  kData, kKeyObject, KeyObject, SecretKeyObject, PublicKeyObject, PrivateKeyObject,
  secretOf, keyOf, parseJWK, createSecretKey, createPublicKey, createPrivateKey,
  generateKeyPair, generateKeyPairSync, generateKey, generateKeySync,
};
