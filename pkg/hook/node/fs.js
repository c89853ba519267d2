'use strict';

// Files. Processors read those that travel with their script, and write to a folder of the run: what
// is written lies over what is there, so that it is what is read next.

const {ops, now, later} = require('internal/fsops');
const {constants, Stats, Dirent} = require('internal/fsargs');
const {validateFunction} = require('internal/errors');

const fs = {constants, Stats, Dirent, F_OK: constants.F_OK, R_OK: constants.R_OK, W_OK: constants.W_OK, X_OK: constants.X_OK};

function callbackOf(args) {
  const callback = args.pop();
  validateFunction(typeof callback === 'function' ? callback : undefined, 'cb');
  return callback;
}

for (const [name, op] of Object.entries(ops)) {
  fs[`${name}Sync`] = function (...args) { return now(op(...args)); };
  fs[name] = function (...args) {
    const callback = callbackOf(args);
    later(op(...args), callback);
  };
  Object.defineProperty(fs[`${name}Sync`], 'name', {value: `${name}Sync`});
  Object.defineProperty(fs[name], 'name', {value: name});
}

// Those that give something else than their promises do.

const kCustom = Symbol.for('nodejs.util.promisify.custom');

for (const [name, key] of [['read', 'bytesRead'], ['write', 'bytesWritten']]) {
  const op = ops[name];
  fs[`${name}Sync`] = (...args) => now(op(...args))[key];
  fs[name] = (...args) => {
    const callback = callbackOf(args);
    later(op(...args), (error, result) => (error ? callback(error) : callback(null, result[key], result.buffer)));
  };
  fs[name][kCustom] = (...args) => new Promise((resolve, reject) => later(op(...args), (error, result) => (error ? reject(error) : resolve(result))));
}

fs.existsSync = function existsSync(path) {
  try {
    now(ops.access(path));
    return true;
  } catch {
    return false;
  }
};

fs.exists = function exists(path, callback) {
  validateFunction(callback, 'cb');
  process.nextTick(callback, fs.existsSync(path));
};
fs.exists[kCustom] = async (path) => fs.existsSync(path);

fs.close = function close(fd, callback = (error) => { if (error) throw error; }) {
  validateFunction(callback, 'cb');
  later(ops.close(fd), callback);
};

fs.realpath.native = fs.realpath;
fs.realpathSync.native = fs.realpathSync;

// Streams, which need the module of streams, are there when they are first asked for.
for (const name of ['ReadStream', 'WriteStream', 'FileReadStream', 'FileWriteStream']) {
  Object.defineProperty(fs, name, {
    get: () => require('internal/fsstreams')[name.replace('File', '')], enumerable: true, configurable: true,
  });
}
fs.createReadStream = function createReadStream(path, options) { return new fs.ReadStream(path, options); };
fs.createWriteStream = function createWriteStream(path, options) { return new fs.WriteStream(path, options); };

Object.defineProperty(fs, 'promises', {get: () => require('fs/promises'), enumerable: true, configurable: true});

module.exports = fs;
