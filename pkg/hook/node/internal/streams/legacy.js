'use strict';

const EventEmitter = require('events');

// Stream is what streams were in the beginning, and the class of all of them: events, and pipe.
function Stream(options) { EventEmitter.call(this, options); }
Object.setPrototypeOf(Stream.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Stream, EventEmitter);

Stream.prototype.pipe = function pipe(to, options) {
  const from = this;
  const ondata = (chunk) => {
    if (to.writable && to.write(chunk) === false && from.pause) from.pause();
  };
  const ondrain = () => {
    if (from.readable && from.resume) from.resume();
  };
  let ended = false;
  const onend = () => {
    if (!ended) to.end();
    ended = true;
  };
  const onclose = () => {
    if (!ended && typeof to.destroy === 'function') to.destroy();
    ended = true;
  };
  const onerror = function (error) {
    cleanUp();
    if (this.listenerCount('error') === 0) this.emit('error', error);
  };
  const all = [[from, 'data', ondata], [to, 'drain', ondrain], [from, 'error', onerror], [to, 'error', onerror]];
  if (!to._isStdio && options?.end !== false) all.push([from, 'end', onend], [from, 'close', onclose]);
  const cleanUp = () => {
    for (const [stream, type, listener] of all) stream.removeListener(type, listener);
  };
  all.push([from, 'end', cleanUp], [from, 'close', cleanUp], [to, 'close', cleanUp]);
  for (const [stream, type, listener] of all) stream.on(type, listener);
  to.emit('pipe', from);
  return to;
};

module.exports = {Stream};
