'use strict';

// The operations on files. Each is a function of its arguments that gives the call to be made, and
// what becomes of its result: so it can be made at once, with a callback, or as a promise.

const {pathOf, optionsOf, flagOf, modeOf, dataOf, decoded, descriptorOf, Stats, Dirent, constants} = require('internal/fsargs');
const {invalidType, validateInteger, outOfRange} = require('internal/errors');
const {systemError} = require('internal/errno');
const files = require('internal/files');

const {join} = require('path');

// plan is a call of a function in Go, with what becomes of its result and of its error.
function plan(name, args, then = () => undefined, otherwise) { return {name, args, then, otherwise}; }

function isDescriptor(path) { return Number.isInteger(path) && path >= 0; }

function isMissing(error) { return error.code === 'ENOENT' || error.code === 'ENOTDIR'; }

const ops = {
  readFile(path, options) {
    const {encoding, flag} = optionsOf(options, {encoding: null, flag: 'r'});
    if (isDescriptor(path)) return plan('readAll', [descriptorOf(path)], (bytes) => decoded(bytes, encoding));
    path = pathOf(path);
    flagOf(flag, 'r');
    return plan('read', [path], (bytes) => decoded(bytes, encoding), (error) => {
      if (error.code === 'EISDIR') throw systemError('EISDIR', 'read');
      throw error;
    });
  },

  writeFile(path, data, options) {
    const {encoding, flag, mode} = optionsOf(options, {encoding: 'utf8', mode: 0o666, flag: 'w'});
    const bytes = dataOf(data, encoding);
    if (isDescriptor(path)) return plan('fwrite', [descriptorOf(path), bytes, undefined]);
    return plan('write', [pathOf(path), bytes, flagOf(flag, 'w'), modeOf(mode, 0o666)]);
  },

  appendFile(path, data, options) {
    return ops.writeFile(path, data, {...optionsOf(options, {encoding: 'utf8', mode: 0o666}), flag: options?.flag ?? 'a'});
  },

  stat(path, options) { return statPlan('stat', path, options); },
  lstat(path, options) { return statPlan('lstat', path, options); },

  fstat(fd, options) {
    optionsOf(options, {});
    return plan('fstat', [descriptorOf(fd)], (values) => new Stats(values));
  },

  access(path, mode = constants.F_OK) {
    validateInteger(mode, 'mode', 0, 7);
    return plan('access', [pathOf(path), mode]);
  },

  readdir(path, options) {
    const {withFileTypes, recursive, encoding} = optionsOf(options, {encoding: 'utf8'});
    path = pathOf(path);
    const named = (name) => (encoding === 'buffer' ? Buffer.from(name) : name);
    return plan('list', [path], (entries) => {
      const all = [];
      const add = (list, folder, prefix) => {
        for (const [name, isDirectory] of list) {
          all.push(withFileTypes ? new Dirent(named(name), folder, isDirectory) : named(prefix + name));
          if (recursive && isDirectory) add(files.list(join(folder, name)), join(folder, name), `${prefix}${name}/`);
        }
      };
      add(entries, path, '');
      return all;
    });
  },

  mkdir(path, options) {
    if (typeof options === 'number' || typeof options === 'string') options = {mode: options};
    const {recursive = false, mode} = options ?? {};
    if (typeof recursive !== 'boolean') throw invalidType('options.recursive', 'of type boolean', recursive);
    return plan('mkdir', [pathOf(path), recursive, modeOf(mode, 0o777)], (first) => first ?? undefined);
  },

  mkdtemp(prefix, options) {
    optionsOf(options, {});
    return plan('mkdtemp', [pathOf(prefix, 'prefix')], (path) => path);
  },

  unlink(path) { return plan('unlink', [pathOf(path)]); },
  rmdir(path, options) { return plan('rmdir', [pathOf(path), Boolean(options?.recursive)]); },

  rm(path, options) {
    const {force = false, recursive = false} = options ?? {};
    path = pathOf(path);
    return plan(recursive ? 'remove' : 'unlink', [path], undefined, (error) => {
      if (force && isMissing(error)) return undefined;
      if (error.code === 'EISDIR') {
        throw Object.assign(new Error(`Path is a directory: rm returned EISDIR (is a directory) ${path}`),
          {name: 'SystemError', code: 'ERR_FS_EISDIR', errno: 21, syscall: 'rm', path});
      }
      throw isMissing(error) ? systemError(error.code, 'lstat', path) : error;
    });
  },

  rename(from, to) { return plan('rename', [pathOf(from, 'oldPath'), pathOf(to, 'newPath')]); },

  copyFile(from, to, mode = 0) {
    return plan('copy', [pathOf(from, 'src'), pathOf(to, 'dest'), Boolean(mode & constants.COPYFILE_EXCL)]);
  },

  realpath(path, options) {
    const {encoding} = optionsOf(options, {encoding: 'utf8'});
    return plan('realpath', [pathOf(path)], (real) => (encoding === 'buffer' ? Buffer.from(real) : real));
  },

  truncate(path, length = 0) {
    validateInteger(length, 'len');
    return plan('truncate', [pathOf(path), Math.max(0, length)]);
  },

  open(path, flags, mode) { return plan('open', [pathOf(path), flagOf(flags, 'r'), modeOf(mode, 0o666)], (fd) => fd); },
  close(fd) { return plan('close', [descriptorOf(fd)]); },
  fsync(fd) { return plan('fsync', [descriptorOf(fd)]); },
  fdatasync(fd) { return plan('fsync', [descriptorOf(fd)]); },

  ftruncate(fd, length = 0) {
    validateInteger(length, 'len');
    return plan('ftruncate', [descriptorOf(fd), Math.max(0, length)]);
  },

  // read(fd, buffer, offset, length, position), or with the last three, or all four, as options.
  read(fd, buffer, offset, length, position) {
    if (!ArrayBuffer.isView(buffer)) {
      if (buffer !== undefined && buffer !== null && typeof buffer !== 'object') throw invalidType('buffer', 'an instance of Buffer, TypedArray, or DataView', buffer);
      ({buffer = Buffer.alloc(16384), offset, length, position} = buffer ?? {});
    } else if (offset !== null && typeof offset === 'object') ({offset, length, position} = offset);
    offset ??= 0;
    length ??= buffer.byteLength - offset;
    validateInteger(offset, 'offset', 0);
    validateInteger(length, 'length', 0);
    if (offset + length > buffer.byteLength) throw outOfRange('length', `<= ${buffer.byteLength - offset}`, length);
    const part = new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length);
    return plan('fread', [descriptorOf(fd), part, place(position)], (bytesRead) => ({__proto__: null, bytesRead, buffer}));
  },

  // write(fd, buffer, offset, length, position), or write(fd, text, position, encoding).
  write(fd, data, offset, length, position) {
    if (typeof data === 'string') {
      const bytes = Buffer.from(data, typeof length === 'string' ? length : 'utf8');
      return plan('fwrite', [descriptorOf(fd), bytes, place(offset)], (bytesWritten) => ({__proto__: null, bytesWritten, buffer: data}));
    }
    if (!ArrayBuffer.isView(data)) throw invalidType('buffer', 'of type string or an instance of Buffer, TypedArray, or DataView', data);
    if (offset !== null && typeof offset === 'object') ({offset, length, position} = offset);
    offset ??= 0;
    length ??= data.byteLength - offset;
    validateInteger(offset, 'offset', 0, data.byteLength);
    validateInteger(length, 'length', 0, data.byteLength - offset);
    const part = new Uint8Array(data.buffer, data.byteOffset + offset, length);
    return plan('fwrite', [descriptorOf(fd), part, place(position)], (bytesWritten) => ({__proto__: null, bytesWritten, buffer: data}));
  },
};

function place(position) {
  if (typeof position === 'bigint') return Number(position);
  return typeof position === 'number' && position >= 0 ? position : undefined;
}

function statPlan(name, path, options) {
  const {throwIfNoEntry = true} = optionsOf(options, {});
  return plan(name, [pathOf(path)], (values) => new Stats(values), (error) => {
    if (!throwIfNoEntry && isMissing(error)) return undefined;
    throw error;
  });
}

// readAll reads on to the end of an open file.
function readAll(fd) {
  const chunks = [];
  for (;;) {
    const chunk = Buffer.alloc(65536);
    const n = files.fread(fd, chunk, undefined);
    chunks.push(chunk.subarray(0, n));
    if (n < chunk.length) return Buffer.concat(chunks);
  }
}

// now carries a plan out at once.
function now({name, args, then, otherwise}) {
  let result;
  try {
    result = name === 'readAll' ? readAll(...args) : files[name](...args);
  } catch (error) {
    if (otherwise === undefined) throw error;
    return otherwise(error);
  }
  return then(result);
}

// later carries it out, and calls back in a turn of its own.
function later(made, callback) {
  if (made.name === 'readAll') {
    let result;
    try {
      result = now(made);
    } catch (error) {
      process.nextTick(callback, error);
      return;
    }
    process.nextTick(callback, null, result);
    return;
  }
  files[made.name](...made.args, (error, result) => {
    try {
      result = error === null ? made.then(result) : made.otherwise ? made.otherwise(error) : raise(error);
    } catch (failure) {
      callback(failure);
      return;
    }
    if (result === undefined) callback(null);
    else callback(null, result);
  });
}

function raise(error) { throw error; }

module.exports = {ops, now, later};
