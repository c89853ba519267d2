'use strict';

// Paths, as POSIX has them. Processors have no others, whatever the worker runs on.

const {validateString, validateObject} = require('internal/errors');

// resolveDots gives the parts of a path without those that are ".", and as few as can be that are "..".
function resolveDots(path, absolute) {
  const parts = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts[parts.length - 1] !== '..') parts.pop();
    else if (!absolute) parts.push('..');
  }
  return parts;
}

function isAbsolute(path) {
  validateString(path, 'path');
  return path.startsWith('/');
}

function normalize(path) {
  validateString(path, 'path');
  if (path === '') return '.';
  const absolute = path.startsWith('/');
  const text = resolveDots(path, absolute).join('/');
  if (text === '') return absolute ? '/' : path.endsWith('/') ? './' : '.';
  return `${absolute ? '/' : ''}${text}${path.endsWith('/') ? '/' : ''}`;
}

function join(...paths) {
  for (const path of paths) validateString(path, 'path');
  const joined = paths.filter((path) => path !== '').join('/');
  return joined === '' ? '.' : normalize(joined);
}

function resolve(...paths) {
  let path = '';
  for (let i = paths.length - 1; i >= -1 && !path.startsWith('/'); i--) {
    const next = i >= 0 ? paths[i] : process.cwd();
    validateString(next, `paths[${i}]`);
    if (next !== '') path = path === '' ? next : `${next}/${path}`;
  }
  return '/' + resolveDots(path, true).join('/');
}

function relative(from, to) {
  validateString(from, 'from');
  validateString(to, 'to');
  if (from === to) return '';
  const a = resolveDots(resolve(from), true);
  const b = resolveDots(resolve(to), true);
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  return [...a.slice(same).map(() => '..'), ...b.slice(same)].join('/');
}

// trimmed is a path without the slashes at its end.
function trimmed(path) { return path.replace(/\/+$/, ''); }

function dirname(path) {
  validateString(path, 'path');
  if (path === '') return '.';
  const text = trimmed(path);
  if (text === '') return '/';
  const at = text.lastIndexOf('/');
  if (at < 0) return '.';
  if (at === 0) return '/';
  return at === 1 && text[0] === '/' ? '//' : text.slice(0, at);
}

function basename(path, suffix) {
  if (suffix !== undefined) validateString(suffix, 'suffix');
  validateString(path, 'path');
  if (suffix !== undefined && suffix === path) return '';
  const text = trimmed(path);
  const base = text.slice(text.lastIndexOf('/') + 1);
  return suffix !== undefined && suffix !== '' && base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base;
}

function extname(path) {
  validateString(path, 'path');
  const base = basename(path);
  const at = base.lastIndexOf('.');
  return at <= 0 || base === '..' ? '' : base.slice(at);
}

function parse(path) {
  validateString(path, 'path');
  const base = basename(path);
  const ext = extname(path);
  const root = path.startsWith('/') ? '/' : '';
  const text = trimmed(path);
  const at = text.lastIndexOf('/');
  const dir = at > 0 ? text.slice(0, at) : root;
  return {root, dir, base, ext, name: ext === '' ? base : base.slice(0, -ext.length)};
}

function format(parts) {
  validateObject(parts, 'pathObject');
  const dir = parts.dir || parts.root;
  const ext = parts.ext ? `${parts.ext[0] === '.' ? '' : '.'}${parts.ext}` : '';
  const base = parts.base || `${parts.name || ''}${ext}`;
  if (!dir) return base;
  return dir === parts.root ? `${dir}${base}` : `${dir}/${base}`;
}

const path = {
  sep: '/', delimiter: ':', isAbsolute, normalize, join, resolve, relative, dirname, basename, extname, parse, format,
  toNamespacedPath: (value) => value,
};
path.posix = path;

module.exports = path;
