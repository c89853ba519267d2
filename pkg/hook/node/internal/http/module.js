'use strict';

// What the modules http and https have both.

const {Writable} = require('stream');
const {validateHeaderName, validateHeaderValue, METHODS, STATUS_CODES} = require('internal/http');
const {unsupported} = require('internal/errors');
const {Agent} = require('internal/http/agent');
const {ClientRequest} = require('internal/http/request');
const {IncomingMessage} = require('internal/http/incoming');

function cannotListen() { throw unsupported('listening for connections: http.createServer'); }

// Server is there to be asked for, by instanceof for example.
class Server {
  constructor() { cannotListen(); }
}

class ServerResponse extends Writable {
  constructor() { cannotListen(); }
}

// client makes the functions request and get of a module.
function client(defaults) {
  function request(url, options, callback) { return new ClientRequest(url, options, callback, defaults()); }
  function get(url, options, callback) {
    const req = request(url, options, callback);
    req.end();
    return req;
  }
  return {request, get};
}

module.exports = {
  Agent, ClientRequest, IncomingMessage, OutgoingMessage: ClientRequest, Server, ServerResponse, createServer: cannotListen, client,
  validateHeaderName, validateHeaderValue, METHODS, STATUS_CODES, maxHeaderSize: 16384,
};
