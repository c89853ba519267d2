'use strict';

// The module crypto: what its parts have, and constants.

const {Cipheriv, Decipheriv, ...cipher} = require('internal/crypto/cipher');
const {KeyObject, ...keys} = require('internal/crypto/keys');
const {Hash, Hmac, ...hash} = require('internal/crypto/hash');
const {Sign, Verify, ECDH, ...sign} = require('internal/crypto/sign');
const random = require('internal/crypto/random');
const derive = require('internal/crypto/derive');

const constants = {
  RSA_PKCS1_PADDING: 1, RSA_NO_PADDING: 3, RSA_PKCS1_OAEP_PADDING: 4, RSA_X931_PADDING: 5, RSA_PKCS1_PSS_PADDING: 6,
  RSA_PSS_SALTLEN_DIGEST: -1, RSA_PSS_SALTLEN_MAX_SIGN: -2, RSA_PSS_SALTLEN_AUTO: -2,
  POINT_CONVERSION_COMPRESSED: 2, POINT_CONVERSION_UNCOMPRESSED: 4, POINT_CONVERSION_HYBRID: 6,
};

// constructible makes of a class what may be called without new.
function constructible(Class) {
  const make = function (...args) { return new Class(...args); };
  make.prototype = Class.prototype;
  Object.defineProperty(make, 'name', {value: Class.name});
  return make;
}

for (const part of [cipher, hash, sign, random, derive]) Object.assign(exports, part);
for (const name of [
  'createSecretKey', 'createPublicKey', 'createPrivateKey', 'generateKeyPair', 'generateKeyPairSync', 'generateKey', 'generateKeySync',
]) exports[name] = keys[name];
for (const [name, Class] of Object.entries({Cipheriv, Decipheriv, Hash, Hmac, Sign, Verify, ECDH})) exports[name] = constructible(Class);
exports.KeyObject = KeyObject;
exports.constants = Object.freeze(constants);
exports.getFips = () => 0;

const {crypto: webcrypto} = require('internal/crypto/web');
exports.webcrypto = webcrypto;
exports.subtle = webcrypto.subtle;
