'use strict';

// Digests, ciphers and signatures are streams as well, which few use: their stream is made when it is
// first asked for.

const kStream = Symbol('stream');

function streamOf(object, options) {
  if (object[kStream] === undefined) {
    const {Transform, Writable} = require('stream');
    const steps = object._transform
      ? {transform: (...args) => object._transform(...args), flush: (callback) => object._flush(callback)}
      : {write: (...args) => object._write(...args)};
    const stream = new (object._transform ? Transform : Writable)({...options, ...steps});
    Object.defineProperty(object, kStream, {value: stream});
  }
  return object[kStream];
}

const methods = [
  'write', 'end', 'pipe', 'unpipe', 'read', 'resume', 'pause', 'isPaused', 'setEncoding', 'destroy', 'cork', 'uncork', 'push', 'wrap',
  'on', 'once', 'off', 'addListener', 'removeListener', 'removeAllListeners', 'prependListener', 'prependOnceListener', 'emit',
  'listeners', 'rawListeners', 'listenerCount', 'eventNames', 'setMaxListeners', 'getMaxListeners', Symbol.asyncIterator,
];

const properties = [
  'readable', 'writable', 'readableEnded', 'writableEnded', 'readableFinished', 'writableFinished', 'readableFlowing', 'readableLength',
  'writableLength', 'readableHighWaterMark', 'writableHighWaterMark', 'readableObjectMode', 'writableObjectMode', 'writableNeedDrain',
  'readableEncoding', 'readableAborted', 'readableDidRead', 'destroyed', 'errored', 'closed', '_readableState', '_writableState',
];

// asStream gives a class the methods of a stream.
function asStream(Class) {
  for (const name of methods) {
    Object.defineProperty(Class.prototype, name, {
      value: function (...args) {
        const stream = streamOf(this);
        const result = stream[name](...args);
        return result === stream ? this : result;
      },
      writable: true, configurable: true,
    });
  }
  for (const name of properties) {
    Object.defineProperty(Class.prototype, name, {get() { return streamOf(this)[name]; }, configurable: true});
  }
}

module.exports = {asStream};
