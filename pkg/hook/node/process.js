'use strict';

// The process as processors see it: they cannot end the worker, nor see its real environment.

const EventEmitter = require('events');
const {NodeError, validateFunction, invalidType} = require('internal/errors');

const process = Object.create(Object.create(EventEmitter.prototype, {
  constructor: {value: function process() {}, writable: true, configurable: true},
  [Symbol.toStringTag]: {value: 'process', configurable: true},
}));
EventEmitter.call(process);

const {version, cwd} = internal;

Object.assign(process, {
  title: 'node',
  version: `v${version}`,
  versions: {node: version},
  release: {name: 'node', lts: 'Iron'},
  arch: internal.arch,
  platform: internal.system,
  env: internal.env,
  argv: ['node', `${cwd}/processor`],
  argv0: 'node',
  execArgv: [],
  execPath: 'node',
  pid: internal.pid,
  ppid: 0,
  exitCode: undefined,
  features: {},
  config: {target_defaults: {}, variables: {}},
  allowedNodeEnvironmentFlags: new Set(),
  cwd: () => cwd,
  uptime: () => internal.now() / 1000,
  umask: () => 0o22,
  memoryUsage: Object.assign(() => internal.memory(), {rss: () => internal.memory().rss}),
  hrtime: Object.assign(hrtime, {bigint: () => internal.nanoseconds()}),
});

function hrtime(since) {
  const now = Number(internal.nanoseconds());
  let seconds = Math.floor(now / 1e9);
  let nanoseconds = now % 1e9;
  if (since !== undefined) {
    if (!Array.isArray(since)) throw invalidType('time', 'an instance of Array', since);
    seconds -= since[0];
    nanoseconds -= since[1];
    if (nanoseconds < 0) {
      seconds--;
      nanoseconds += 1e9;
    }
  }
  return [seconds, nanoseconds];
}

// What is called in the next tick is called in the order of its coming, after what runs now. One that
// throws does not keep back those behind it.
const ticks = [];

process.nextTick = function nextTick(callback, ...args) {
  validateFunction(callback, 'callback');
  ticks.push({callback, args});
  if (ticks.length === 1) Promise.resolve().then(runTicks);
};

function runTicks() {
  while (ticks.length > 0) {
    const {callback, args} = ticks[0];
    try {
      callback(...args);
    } catch (error) {
      ticks.shift();
      if (ticks.length > 0) Promise.resolve().then(runTicks);
      throw error;
    }
    ticks.shift();
  }
}

process.emitWarning = function emitWarning(warning, type = 'Warning', code) {
  let detail;
  if (type !== null && typeof type === 'object') ({type = 'Warning', code, detail} = type);
  if (typeof warning === 'string') {
    const text = warning;
    warning = new Error(text);
    warning.name = String(type);
    if (code !== undefined) warning.code = code;
    if (detail !== undefined) warning.detail = detail;
  } else if (!(warning instanceof Error)) throw invalidType('warning', 'of type string or an instance of Error', warning);
  const label = warning.code === undefined ? '' : ` [${warning.code}]`;
  internal.print(4, `${label.trim()}${label === '' ? '' : ' '}${warning.name}: ${warning.message}${warning.detail ? `\n${warning.detail}` : ''}`);
  process.nextTick(() => process.emit('warning', warning));
};

for (const name of ['exit', 'reallyExit', 'abort', 'kill']) {
  process[name] = () => {
    throw new NodeError('ERR_WORKER_UNSUPPORTED_OPERATION', `process.${name}() is not available: a processor cannot end the worker`);
  };
}
for (const name of ['chdir', 'setuid', 'setgid', 'dlopen', 'binding']) {
  process[name] = () => {
    throw new NodeError('ERR_WORKER_UNSUPPORTED_OPERATION', `process.${name}() is not available to processors`);
  };
}

// What is told of the end of the process is never told here.
const silent = ['uncaughtException', 'unhandledRejection', 'exit', 'beforeExit'];
process.on('newListener', (type) => {
  if (silent.includes(type)) {
    silent.splice(silent.indexOf(type), 1);
    internal.print(4, `process.on('${type}') has no effect in processors: what nobody catches fails the virtual user`);
  }
});

// stream defines a stream that is made when it is first asked for.
function stream(name, make) {
  Object.defineProperty(process, name, {
    get() {
      const value = make(require('stream'));
      Object.defineProperty(process, name, {value, writable: true, enumerable: true, configurable: true});
      return value;
    },
    enumerable: true,
    configurable: true,
  });
}

function output(fd) {
  return ({Writable}) => Object.assign(new Writable({
    decodeStrings: false,
    write(chunk, encoding, callback) {
      internal.write(fd, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
      callback();
    },
  }), {fd, isTTY: false, _type: 'pipe', destroySoon() {}});
}
stream('stdout', output(1));
stream('stderr', output(2));
stream('stdin', ({Readable}) => Object.assign(Readable.from([]), {fd: 0, isTTY: false}));

module.exports = process;
