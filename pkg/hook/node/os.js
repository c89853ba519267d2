'use strict';

// What processors are told of the machine: what is fixed, not how it is at the moment.

const {numbers} = require('internal/errno');

const signals = {
  SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGBUS: 7, SIGFPE: 8, SIGKILL: 9, SIGUSR1: 10, SIGSEGV: 11,
  SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15, SIGCHLD: 17, SIGCONT: 18, SIGSTOP: 19,
};

const home = () => process.env.HOME || process.cwd();

module.exports = {
  EOL: '\n',
  devNull: '/dev/null',
  arch: () => process.arch,
  machine: () => ({x64: 'x86_64', arm64: 'aarch64', ia32: 'i686'}[process.arch] ?? process.arch),
  platform: () => process.platform,
  type: () => ({darwin: 'Darwin', win32: 'Windows_NT'}[process.platform] ?? 'Linux'),
  release: () => '',
  version: () => '',
  endianness: () => 'LE',
  hostname: () => internal.hostname,
  homedir: home,
  tmpdir: () => internal.tmpdir(),
  availableParallelism: () => internal.cpus,
  cpus: () => Array.from({length: internal.cpus}, () => ({model: '', speed: 0, times: {user: 0, nice: 0, sys: 0, idle: 0, irq: 0}})),
  networkInterfaces: () => ({}),
  uptime: () => process.uptime(),
  userInfo: () => ({uid: -1, gid: -1, username: process.env.USER || 'salvo', homedir: home(), shell: null}),
  constants: {signals, errno: numbers, priority: {PRIORITY_LOW: 19, PRIORITY_BELOW_NORMAL: 10, PRIORITY_NORMAL: 0, PRIORITY_ABOVE_NORMAL: -7, PRIORITY_HIGH: -14, PRIORITY_HIGHEST: -20}},
};
