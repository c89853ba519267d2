'use strict';

// Signatures, and secrets that two keys share.

const {native, Buffer, NodeError, isBytes, take, give, buffers} = require('internal/crypto');
const {NodeTypeError, invalidType, invalidValue, validateFunction, validateObject, validateString} = require('internal/errors');
const {asStream} = require('internal/crypto/stream');
const {KeyObject, kData, keyOf} = require('internal/crypto/keys');

const dataLike = 'an instance of Buffer, TypedArray, or DataView';

// options reads how a key is to be used: padding, salt, and whether the form is that of IEEE P1363.
function optionsOf(key) {
  if (key === null || typeof key !== 'object' || isBytes(key) || key instanceof KeyObject) return [0, undefined, false];
  const {padding, saltLength, dsaEncoding} = key;
  if (padding !== undefined && !Number.isInteger(padding)) throw invalidValue('options.padding', padding);
  if (saltLength !== undefined && !Number.isInteger(saltLength)) throw invalidValue('options.saltLength', saltLength);
  if (dsaEncoding !== undefined && dsaEncoding !== 'der' && dsaEncoding !== 'ieee-p1363') throw invalidValue('options.dsaEncoding', dsaEncoding);
  return [padding ?? 0, saltLength, dsaEncoding === 'ieee-p1363'];
}

function invalidDigest(name) { return new NodeTypeError('ERR_CRYPTO_INVALID_DIGEST', `Invalid digest: ${name}`); }

// whole refuses keys that sign no digest, as Ed25519 has them.
function whole(handle) {
  if (native.describe(handle).kind === 'ed25519') throw new NodeError('ERR_CRYPTO_UNSUPPORTED_OPERATION', 'Unsupported crypto operation');
  return handle;
}

class Signer {
  #algorithm; #hash;

  constructor(algorithm) {
    validateString(algorithm, 'algorithm');
    if (!native.known(algorithm)) throw new NodeTypeError('ERR_CRYPTO_INVALID_DIGEST', 'Invalid digest');
    this.#algorithm = algorithm;
    this.#hash = native.newHash(algorithm, -1);
  }

  update(data, encoding) {
    native.update(this.#hash, take(data, 'data', encoding, 'of type string or an instance of Buffer, TypedArray, or DataView'));
    return this;
  }

  _write(chunk, encoding, callback) { this.update(chunk, encoding); callback(); }

  static digest(signer) { return [native.digest(signer.#hash, ''), signer.#algorithm]; }
}
asStream(Signer);

class Sign extends Signer {
  sign(key, encoding) {
    if (!key) throw new NodeError('ERR_CRYPTO_SIGN_KEY_REQUIRED', 'No key provided to sign');
    const options = optionsOf(key);
    const handle = whole(keyOf(key, 'private'));
    const [digest, algorithm] = Signer.digest(this);
    return give(native.sign(handle, digest, true, algorithm, ...options), encoding);
  }
}

class Verify extends Signer {
  verify(key, signature, encoding) {
    const options = optionsOf(key);
    const handle = whole(keyOf(key, 'public'));
    signature = take(signature, 'signature', encoding);
    if (typeof signature === 'string') signature = Buffer.from(signature, 'utf8');
    const [digest, algorithm] = Signer.digest(this);
    return native.verify(handle, digest, true, algorithm, ...options, signature);
  }
}

function oneShot(algorithm, data, key, wants) {
  if (algorithm !== null && algorithm !== undefined) {
    validateString(algorithm, 'algorithm');
    if (!native.known(algorithm)) throw invalidDigest(algorithm);
  }
  const options = optionsOf(key);
  return [keyOf(key, wants), take(data, 'data'), false, algorithm, ...options];
}

function sign(algorithm, data, key, callback) {
  if (!key) throw new NodeError('ERR_CRYPTO_SIGN_KEY_REQUIRED', 'No key provided to sign');
  const args = oneShot(algorithm, data, key, 'private');
  if (callback === undefined) return Buffer.from(native.sign(...args));
  validateFunction(callback, 'callback');
  native.sign(...args, buffers(callback));
}

function verify(algorithm, data, key, signature, callback) {
  const args = oneShot(algorithm, data, key, 'public');
  if (!isBytes(signature)) throw invalidType('signature', dataLike, signature);
  if (callback === undefined) return native.verify(...args, signature);
  validateFunction(callback, 'callback');
  native.verify(...args, signature, callback);
}

function diffieHellman(options) {
  validateObject(options, 'options');
  const {privateKey, publicKey} = options;
  if (!(privateKey instanceof KeyObject)) throw invalidValue('options.privateKey', privateKey);
  if (!(publicKey instanceof KeyObject)) throw invalidValue('options.publicKey', publicKey);
  return Buffer.from(native.agree(privateKey[kData], publicKey[kData]));
}

// ECDH is an agreement on a secret between two who make their keys for it.
class ECDH {
  #curve; #own;

  constructor(curve) {
    validateString(curve, 'curve');
    if (!native.curves().includes(curve)) throw new NodeTypeError('ERR_CRYPTO_INVALID_CURVE', 'Invalid EC curve name');
    this.#curve = curve;
  }

  generateKeys(encoding, format) {
    this.#own = native.generate('ec', 0, this.#curve);
    return this.getPublicKey(encoding, format);
  }

  getPublicKey(encoding, format = 'uncompressed') {
    if (format !== 'uncompressed' && format !== 'compressed' && format !== 'hybrid') {
      throw new NodeTypeError('ERR_CRYPTO_ECDH_INVALID_FORMAT', `Invalid ECDH format: ${format}`);
    }
    const point = Buffer.from(native.rawPublic(this.#need()));
    const odd = point[point.length - 1] & 1;
    if (format === 'hybrid') point[0] = 6 + odd;
    if (format !== 'compressed') return give(point, encoding);
    const half = point.subarray(0, (point.length + 1) / 2);
    half[0] = 2 + odd;
    return give(half, encoding);
  }

  getPrivateKey(encoding) { return give(Buffer.from(native.writeJWK(this.#need()).d, 'base64url'), encoding); }

  computeSecret(other, inputEncoding, outputEncoding) {
    other = take(other, 'otherPublicKey', inputEncoding);
    let key;
    try {
      key = native.rawKey(this.#curve, other);
    } catch {
      throw new NodeError('ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY', 'Public key is not valid for specified curve');
    }
    return give(native.agree(this.#need(), key), outputEncoding);
  }

  #need() {
    if (this.#own === undefined) throw new NodeError(undefined, 'Failed to get ECDH private key');
    return this.#own;
  }
}

module.exports = {
  Sign, Verify, sign, verify, diffieHellman, ECDH,
  createSign: (algorithm, options) => new Sign(algorithm, options),
  createVerify: (algorithm, options) => new Verify(algorithm, options),
  createECDH: (curve) => new ECDH(curve),
  getCurves: () => native.curves(),
};
