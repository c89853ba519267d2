'use strict';

// Agents. Connections are kept and shared by Salvo; an agent says what its requests have in common.

const EventEmitter = require('events');
const {unsupported} = require('internal/errors');

class Agent extends EventEmitter {
  constructor(options = {}) {
    super();
    this.options = {__proto__: null, noDelay: true, path: null, ...options};
    this.defaultPort = 80;
    this.protocol = 'http:';
    this.requests = {};
    this.sockets = {};
    this.freeSockets = {};
    this.keepAliveMsecs = this.options.keepAliveMsecs ?? 1000;
    this.keepAlive = this.options.keepAlive ?? false;
    this.maxSockets = this.options.maxSockets ?? Infinity;
    this.maxFreeSockets = this.options.maxFreeSockets ?? 256;
    this.maxTotalSockets = this.options.maxTotalSockets ?? Infinity;
    this.totalSocketCount = 0;
    this.scheduling = this.options.scheduling ?? 'lifo';
  }

  getName({host, port, localAddress, family} = {}) {
    return `${host ?? 'localhost'}:${port ?? ''}:${localAddress ?? ''}${family === 4 || family === 6 ? `:${family}` : ''}`;
  }

  destroy() {}

  // Packages that make connections of their own, mostly through proxies, put their methods here.
  addRequest() { throw unsupported('Agent.addRequest'); }
  createConnection() { throw unsupported('Agent.createConnection'); }
  createSocket() { throw unsupported('Agent.createSocket'); }
}

const own = ['addRequest', 'createConnection', 'createSocket'];

// checkAgent refuses agents that make their own connections: their requests would go elsewhere.
function checkAgent(agent) {
  for (const name of own) {
    if (typeof agent[name] === 'function' && agent[name] !== Agent.prototype[name]) {
      throw unsupported(`an agent that makes its own connections (${agent.constructor?.name})`);
    }
  }
}

module.exports = {Agent, checkAgent};
