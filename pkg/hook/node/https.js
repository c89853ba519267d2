'use strict';

const {client, Agent: HTTPAgent, Server, createServer} = require('internal/http/module');

class Agent extends HTTPAgent {
  constructor(options) {
    super(options);
    this.defaultPort = 443;
    this.protocol = 'https:';
  }
}

Object.assign(exports, {Agent, Server, createServer});
exports.globalAgent = new Agent({keepAlive: true, scheduling: 'lifo'});
Object.assign(exports, client(() => ({protocol: 'https:', port: 443, agent: exports.globalAgent})));
