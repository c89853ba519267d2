'use strict';

// Keys that are derived from secrets.

const {native, Buffer, take, buffers, int32, validateLength} = require('internal/crypto');
const {NodeTypeError, validateFunction, validateInteger, validateString} = require('internal/errors');
const {secretOf} = require('internal/crypto/keys');

function pbkdf2Args(password, salt, iterations, keylen, digest) {
  validateString(digest, 'digest');
  password = take(password, 'password');
  salt = take(salt, 'salt');
  validateInteger(iterations, 'iterations', 1, int32);
  validateLength(keylen, 'keylen');
  if (!native.known(digest)) throw new NodeTypeError('ERR_CRYPTO_INVALID_DIGEST', `Invalid digest: ${digest}`);
  return [password, salt, iterations, keylen, digest];
}

function pbkdf2Sync(...args) { return Buffer.from(native.pbkdf2(...pbkdf2Args(...args))); }

function pbkdf2(password, salt, iterations, keylen, digest, callback) {
  if (typeof digest === 'function') [digest, callback] = [undefined, digest];
  const args = pbkdf2Args(password, salt, iterations, keylen, digest);
  validateFunction(callback, 'callback');
  native.pbkdf2(...args, buffers(callback));
}

function hkdfArgs(digest, key, salt, info, length) {
  validateString(digest, 'digest');
  key = secretOf(key, 'ikm');
  salt = take(salt, 'salt');
  info = take(info, 'info');
  validateLength(length, 'length');
  return [digest, key, salt, info, length];
}

function hkdfSync(...args) { return native.hkdf(...hkdfArgs(...args)); }

function hkdf(digest, key, salt, info, length, callback) {
  validateFunction(callback, 'callback');
  native.hkdf(...hkdfArgs(digest, key, salt, info, length), callback);
}

function scryptArgs(password, salt, keylen, options = {}) {
  const n = options.N ?? options.cost ?? 16384;
  const r = options.r ?? options.blockSize ?? 8;
  const p = options.p ?? options.parallelization ?? 1;
  const memory = options.maxmem ?? 32 * 1024 * 1024;
  password = take(password, 'password');
  salt = take(salt, 'salt');
  validateLength(keylen, 'keylen');
  for (const [name, value] of [['N', n], ['r', r], ['p', p]]) validateInteger(value, name, 0, 2 ** 32 - 1);
  validateInteger(memory, 'maxmem', 0);
  return [password, salt, keylen, n, r, p, memory];
}

function scryptSync(...args) { return Buffer.from(native.scrypt(...scryptArgs(...args))); }

function scrypt(password, salt, keylen, options, callback) {
  if (callback === undefined) [options, callback] = [undefined, options];
  const args = scryptArgs(password, salt, keylen, options);
  validateFunction(callback, 'callback');
  native.scrypt(...args, buffers(callback));
}

module.exports = {pbkdf2, pbkdf2Sync, hkdf, hkdfSync, scrypt, scryptSync};
