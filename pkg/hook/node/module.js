'use strict';

// What the built-in modules are.

const isBuiltin = (name) => internal.names.includes(`${name}`.replace(/^node:/, ''));

module.exports = {
  builtinModules: internal.names.slice(),
  isBuiltin,
  createRequire: () => internal.require,
};
