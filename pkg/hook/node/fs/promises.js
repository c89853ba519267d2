'use strict';

// Files, with promises.

const {ops, later} = require('internal/fsops');
const {constants, pathOf} = require('internal/fsargs');
const {validateAbortSignal, AbortError} = require('internal/errors');
const EventEmitter = require('events');

function run(op, args) {
  return new Promise((resolve, reject) => {
    const options = args[args.length - 1];
    if (options !== null && typeof options === 'object' && options.signal !== undefined) {
      validateAbortSignal(options.signal, 'options.signal');
      if (options.signal.aborted) throw new AbortError(undefined, {cause: options.signal.reason});
    }
    later(op(...args), (error, result) => (error ? reject(error) : resolve(result)));
  });
}

// A FileHandle is an open file.
class FileHandle extends EventEmitter {
  #fd;
  constructor(fd) {
    super();
    this.#fd = fd;
  }
  get fd() { return this.#fd; }
  async close() {
    if (this.#fd === -1) return;
    const fd = this.#fd;
    this.#fd = -1;
    await run(ops.close, [fd]);
    this.emit('close');
  }
  read(...args) { return run(ops.read, [this.#fd, ...args]); }
  write(...args) { return run(ops.write, [this.#fd, ...args]); }
  readFile(options) { return run(ops.readFile, [this.#fd, options]); }
  writeFile(data, options) { return run(ops.writeFile, [this.#fd, data, options]); }
  appendFile(data, options) { return run(ops.writeFile, [this.#fd, data, options]); }
  stat(options) { return run(ops.fstat, [this.#fd, options]); }
  truncate(length) { return run(ops.ftruncate, [this.#fd, length]); }
  sync() { return run(ops.fsync, [this.#fd]); }
  datasync() { return run(ops.fsync, [this.#fd]); }
  createReadStream(options) { return require('fs').createReadStream(undefined, {...options, fd: this.#fd}); }
  createWriteStream(options) { return require('fs').createWriteStream(undefined, {...options, fd: this.#fd}); }
  async [Symbol.asyncDispose]() { await this.close(); }
}

// fileOf is what stands for a file: its path, or a handle's number.
function fileOf(file) { return file instanceof FileHandle ? file.fd : pathOf(file); }

const promises = {constants};
for (const name of ['access', 'stat', 'lstat', 'readdir', 'mkdir', 'mkdtemp', 'unlink', 'rmdir', 'rm', 'rename', 'copyFile', 'realpath', 'truncate']) {
  promises[name] = {[name]: (...args) => run(ops[name], args)}[name];
}
for (const name of ['readFile', 'writeFile', 'appendFile']) {
  promises[name] = {[name]: async (file, ...args) => run(ops[name], [fileOf(file), ...args])}[name];
}
promises.open = async function open(path, flags, mode) { return new FileHandle(await run(ops.open, [path, flags, mode])); };

module.exports = promises;
