'use strict';

// The module tls, for those that name it and do without. TLS is that of requests and WebSockets.

const {Socket} = require('net');
const {unsupported} = require('internal/errors');

class TLSSocket extends Socket {}

class Server {
  constructor() { throw unsupported('listening for connections: tls.Server'); }
}

function missing(name) { return () => { throw unsupported(`tls.${name}`); }; }

module.exports = {
  TLSSocket, Server, connect: missing('connect'), createServer: missing('createServer'), createSecureContext: missing('createSecureContext'),
  checkServerIdentity: missing('checkServerIdentity'), DEFAULT_MIN_VERSION: 'TLSv1.2', DEFAULT_MAX_VERSION: 'TLSv1.3',
};
