'use strict';

// Errors of the operating system, by Node.js's numbers, which are those of Linux.

const list = [
  ['EPERM', 1, 'operation not permitted'], ['ENOENT', 2, 'no such file or directory'], ['EIO', 5, 'i/o error'],
  ['EBADF', 9, 'bad file descriptor'], ['EAGAIN', 11, 'resource temporarily unavailable'], ['ENOMEM', 12, 'not enough memory'],
  ['EACCES', 13, 'permission denied'], ['EEXIST', 17, 'file already exists'], ['EXDEV', 18, 'cross-device link not permitted'],
  ['ENOTDIR', 20, 'not a directory'], ['EISDIR', 21, 'illegal operation on a directory'], ['EINVAL', 22, 'invalid argument'],
  ['EMFILE', 24, 'too many open files'], ['EFBIG', 27, 'file too large'], ['ENOSPC', 28, 'no space left on device'],
  ['EROFS', 30, 'read-only file system'], ['EPIPE', 32, 'broken pipe'], ['ENAMETOOLONG', 36, 'name too long'],
  ['ENOSYS', 38, 'function not implemented'], ['ENOTEMPTY', 39, 'directory not empty'], ['ELOOP', 40, 'too many symbolic links encountered'],
  ['EPROTO', 71, 'protocol error'], ['EMSGSIZE', 90, 'message too long'], ['ENOTSUP', 95, 'operation not supported on socket'],
  ['EADDRINUSE', 98, 'address already in use'], ['EADDRNOTAVAIL', 99, 'address not available'], ['ENETDOWN', 100, 'network is down'],
  ['ENETUNREACH', 101, 'network is unreachable'], ['ECONNABORTED', 103, 'software caused connection abort'],
  ['ECONNRESET', 104, 'connection reset by peer'], ['ENOTCONN', 107, 'socket is not connected'],
  ['ETIMEDOUT', 110, 'connection timed out'], ['ECONNREFUSED', 111, 'connection refused'], ['EHOSTUNREACH', 113, 'host is unreachable'],
  ['ECANCELED', 125, 'operation canceled'], ['EOF', 4095, 'end of file'],
  ['ENOTFOUND', 3008, 'unknown node or service'], ['EAI_AGAIN', 3001, 'temporary failure'],
];

const byName = new Map(list.map(([name, number, message]) => [name, {errno: -number, message}]));

// systemError is an error of the operating system as Node.js throws it.
function systemError(code, syscall, path, dest) {
  const {errno, message} = byName.get(code) ?? {errno: -4094, message: 'unknown error'};
  const error = new Error(`${code}: ${message}, ${syscall}${path === undefined ? '' : ` '${path}'`}${dest === undefined ? '' : ` -> '${dest}'`}`);
  Object.assign(error, {errno, code, syscall});
  if (path !== undefined) error.path = path;
  if (dest !== undefined) error.dest = dest;
  return error;
}

module.exports = {
  systemError,
  names: new Map(list.map(([name, number, message]) => [-number, [name, message]])),
  numbers: Object.fromEntries(list.filter(([, number]) => number < 3000).map(([name, number]) => [name, number])),
};
