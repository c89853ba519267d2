'use strict';

// What functions of files take and give: paths, options, Stats and Dirent.

const {invalidType, invalidValue, unsupported, validateInteger} = require('internal/errors');
const {types} = require('internal/types');

const constants = {
  UV_FS_SYMLINK_DIR: 1, UV_FS_SYMLINK_JUNCTION: 2, O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, S_IFMT: 61440, S_IFREG: 32768, S_IFDIR: 16384,
  S_IFCHR: 8192, S_IFBLK: 24576, S_IFIFO: 4096, S_IFLNK: 40960, S_IFSOCK: 49152, O_CREAT: 64, O_EXCL: 128, O_NOCTTY: 256, O_TRUNC: 512,
  O_APPEND: 1024, O_DIRECTORY: 65536, O_NOATIME: 262144, O_NOFOLLOW: 131072, O_SYNC: 1052672, O_DSYNC: 4096, O_DIRECT: 16384,
  O_NONBLOCK: 2048, S_IRWXU: 448, S_IRUSR: 256, S_IWUSR: 128, S_IXUSR: 64, S_IRWXG: 56, S_IRGRP: 32, S_IWGRP: 16, S_IXGRP: 8,
  S_IRWXO: 7, S_IROTH: 4, S_IWOTH: 2, S_IXOTH: 1, F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, UV_FS_COPYFILE_EXCL: 1, COPYFILE_EXCL: 1,
  UV_FS_COPYFILE_FICLONE: 2, COPYFILE_FICLONE: 2, UV_FS_COPYFILE_FICLONE_FORCE: 4, COPYFILE_FICLONE_FORCE: 4,
};

// pathOf is the text of a path, which may be a Buffer or the URL of a file, too.
function pathOf(path, name = 'path') {
  if (path !== null && typeof path === 'object' && typeof path.href === 'string') path = require('url').fileURLToPath(path);
  else if (types.isUint8Array(path)) path = Buffer.from(path).toString();
  if (typeof path !== 'string') throw invalidType(name, 'of type string or an instance of Buffer or URL', path);
  if (path.includes('\0')) throw invalidValue(name, path, 'must be a string, Uint8Array, or URL without null bytes');
  return path;
}

// optionsOf are options, which may be an encoding alone.
function optionsOf(options, defaults) {
  if (options === undefined || options === null || typeof options === 'function') return defaults;
  if (typeof options === 'string') options = {encoding: options};
  else if (typeof options !== 'object') throw invalidType('options', 'one of type string or object', options);
  const {encoding} = options;
  if (encoding !== undefined && encoding !== null && encoding !== 'buffer' && !Buffer.isEncoding(encoding)) {
    throw invalidValue('encoding', encoding, 'is invalid encoding');
  }
  if (options.bigint) throw unsupported('the option bigint of fs');
  return {...defaults, ...options};
}

// flagOf is the text of flags, which may be a number.
function flagOf(flag, fallback) {
  if (flag === undefined || flag === null) return fallback;
  if (typeof flag === 'number') {
    const access = flag & 3;
    if (access === 0) return 'r';
    const exclusive = flag & constants.O_EXCL ? 'x' : '';
    const plus = access === constants.O_RDWR ? '+' : '';
    if (flag & constants.O_APPEND) return `a${exclusive}${plus}`;
    if (flag & constants.O_TRUNC || exclusive) return `w${exclusive}${plus}`;
    if (!(flag & constants.O_CREAT)) return 'r+';
    throw unsupported('opening a file with O_CREAT and neither O_TRUNC nor O_APPEND');
  }
  const order = {xw: 'wx', 'xw+': 'wx+', xa: 'ax', 'xa+': 'ax+', sr: 'rs', 'sr+': 'rs+', sa: 'as'};
  const text = order[flag] ?? `${flag}`;
  if (!/^(rs?\+?|wx?\+?|ax?\+?|as\+?)$/.test(text)) throw invalidValue('flags', flag);
  return text === 'as+' ? 'a+' : text;
}

function modeOf(mode, fallback) {
  if (mode === undefined || mode === null) return fallback;
  if (typeof mode === 'string') {
    if (!/^[0-7]+$/.test(mode)) throw invalidValue('mode', mode, 'must be a 32-bit unsigned integer or an octal string');
    return parseInt(mode, 8);
  }
  validateInteger(mode, 'mode', 0, 2 ** 32 - 1);
  return mode & 0o777;
}

// dataOf are the bytes that are to be written.
function dataOf(data, encoding) {
  if (typeof data === 'string') return Buffer.from(data, encoding ?? 'utf8');
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  throw invalidType('data', 'of type string or an instance of Buffer, TypedArray, or DataView', data);
}

// decoded is what was read, as a text if there is an encoding.
function decoded(bytes, encoding) {
  const buffer = Buffer.from(bytes);
  return encoding && encoding !== 'buffer' ? buffer.toString(encoding) : buffer;
}

function descriptorOf(fd) {
  validateInteger(fd, 'fd', 0, 2147483647);
  return fd;
}

class Stats {
  constructor([mode, size, time]) {
    Object.assign(this, {
      dev: 0, mode, nlink: 1, uid: 0, gid: 0, rdev: 0, blksize: 4096, ino: 0, size, blocks: Math.ceil(size / 512),
      atimeMs: time, mtimeMs: time, ctimeMs: time, birthtimeMs: time,
    });
    for (const name of ['atime', 'mtime', 'ctime', 'birthtime']) this[name] = new Date(this[`${name}Ms`]);
  }
  isFile() { return (this.mode & constants.S_IFMT) === constants.S_IFREG; }
  isDirectory() { return (this.mode & constants.S_IFMT) === constants.S_IFDIR; }
}

class Dirent {
  #isDirectory;
  constructor(name, path, isDirectory) {
    this.name = name;
    this.parentPath = path;
    this.path = path;
    this.#isDirectory = isDirectory;
  }
  isFile() { return !this.#isDirectory; }
  isDirectory() { return this.#isDirectory; }
}

for (const kind of ['isSymbolicLink', 'isBlockDevice', 'isCharacterDevice', 'isFIFO', 'isSocket']) {
  for (const type of [Stats, Dirent]) {
    Object.defineProperty(type.prototype, kind, {value: () => false, writable: true, configurable: true});
  }
}

module.exports = {constants, pathOf, optionsOf, flagOf, modeOf, dataOf, decoded, descriptorOf, Stats, Dirent};
