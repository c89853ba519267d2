'use strict';

// The module net, for those that ask what an address is. Sockets of their own are nothing for processors.

const {Duplex} = require('stream');
const {unsupported} = require('internal/errors');

const byte = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const v4 = new RegExp(`^${byte}(?:\\.${byte}){3}$`);

function isIPv4(text) { return v4.test(`${text}`); }

function isIPv6(text) {
  let address = `${text}`.replace(/%[0-9a-zA-Z-.:]+$/, '');
  const tail = /:([^:]*\.[^:]*)$/.exec(address);
  if (tail !== null) {
    if (!isIPv4(tail[1])) return false;
    address = `${address.slice(0, -tail[1].length)}0:0`;
  }
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}

function isIP(text) { return isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0; }

class Socket extends Duplex {
  constructor() {
    super();
    throw unsupported('a socket of its own: net.Socket');
  }
}

class Server {
  constructor() { throw unsupported('listening for connections: net.Server'); }
}

function missing(name) { return () => { throw unsupported(`net.${name}`); }; }

let autoSelectFamily = true;

module.exports = {
  isIP, isIPv4, isIPv6, Socket, Stream: Socket, Server, connect: missing('connect'), createConnection: missing('createConnection'),
  createServer: missing('createServer'), getDefaultAutoSelectFamily: () => autoSelectFamily,
  setDefaultAutoSelectFamily: (on) => { autoSelectFamily = Boolean(on); },
};
