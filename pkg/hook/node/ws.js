'use strict';

// The package ws, as far as clients have it.

const {WebSocketClient: WebSocket} = require('internal/websocket');
const {Duplex} = require('stream');
const {unsupported} = require('internal/errors');

class WebSocketServer {
  constructor() { throw unsupported('listening for connections: WebSocketServer'); }
}

// createWebSocketStream makes a stream of what is sent and received.
function createWebSocketStream(socket, options) {
  const stream = new Duplex({...options, allowHalfOpen: false, readableObjectMode: options?.readableObjectMode ?? false});
  socket.on('message', (data, binary) => {
    const more = stream.push(!binary && stream.readableObjectMode ? data.toString() : data);
    if (!more) socket.pause();
  });
  socket.once('error', (err) => stream.destroy(err));
  socket.once('close', () => { if (!stream.destroyed) stream.push(null); });
  stream._read = () => { if (socket.isPaused) socket.resume(); };
  stream._write = (chunk, encoding, callback) => {
    if (socket.readyState === WebSocket.CONNECTING) socket.once('open', () => socket.send(chunk, callback));
    else socket.send(chunk, callback);
  };
  stream._final = (callback) => {
    const close = () => {
      socket.once('close', () => callback());
      socket.close();
    };
    if (socket.readyState === WebSocket.CONNECTING) socket.once('open', close);
    else if (socket.readyState === WebSocket.CLOSED) callback();
    else close();
  };
  stream._destroy = (err, callback) => {
    if (socket.readyState !== WebSocket.CLOSED) socket.terminate();
    callback(err);
  };
  return stream;
}

module.exports = Object.assign(WebSocket, {WebSocket, WebSocketServer, Server: WebSocketServer, createWebSocketStream});
