'use strict';

// The global object crypto.

const {SubtleCrypto, CryptoKey} = require('internal/crypto/subtle');
const {getRandomValues, randomUUID} = require('internal/crypto/random');

class Crypto {
  subtle = new SubtleCrypto();
  getRandomValues(array) { return getRandomValues(array); }
  randomUUID(options) { return randomUUID(options); }
  get [Symbol.toStringTag]() { return 'Crypto'; }
}

const crypto = new Crypto();
crypto.CryptoKey = CryptoKey;

module.exports = {crypto, Crypto, CryptoKey, SubtleCrypto};
