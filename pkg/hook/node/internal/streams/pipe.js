'use strict';

// The methods of Readable that pipe it into other streams.

const {Readable} = require('internal/streams/readable');
const {errorOrDestroy} = require('internal/streams/common');

Readable.prototype.pipe = function pipe(to, options) {
  const from = this;
  const state = this._readableState;
  state.pipes.push(to);
  const ends = options?.end !== false && to !== process.stdout && to !== process.stderr;
  const onend = () => to.end();
  const done = ends ? onend : () => from.unpipe(to);
  if (state.endEmitted) process.nextTick(done);
  else from.once('end', done);
  const ondata = (chunk) => {
    if (to.write(chunk) === false) wait();
  };
  const wait = () => {
    state.awaiting.add(to);
    from.pause();
    if (!draining) to.on('drain', ondrain);
    draining = true;
  };
  let draining = false;
  const ondrain = () => {
    state.awaiting.delete(to);
    if (state.awaiting.size === 0 && from.listenerCount('data') > 0) from.resume();
  };
  const onerror = (error) => {
    from.unpipe(to);
    to.removeListener('error', onerror);
    if (to.listenerCount('error') === 0) {
      const writing = to._writableState || to._readableState;
      if (writing && !writing.errorEmitted) errorOrDestroy(to, error);
      else to.emit('error', error);
    }
  };
  const onclose = () => {
    to.removeListener('finish', onfinish);
    from.unpipe(to);
  };
  const onfinish = () => {
    to.removeListener('close', onclose);
    from.unpipe(to);
  };
  const onunpipe = (source, info) => {
    if (source !== from || info.hasUnpiped) return;
    info.hasUnpiped = true;
    for (const [type, listener] of [['close', onclose], ['finish', onfinish], ['drain', ondrain], ['error', onerror], ['unpipe', onunpipe]]) to.removeListener(type, listener);
    from.removeListener('end', done);
    from.removeListener('data', ondata);
    if (state.awaiting.has(to)) ondrain();
  };
  from.on('data', ondata);
  to.prependListener('error', onerror);
  to.once('close', onclose);
  to.once('finish', onfinish);
  to.on('unpipe', onunpipe);
  to.emit('pipe', from);
  if (to.writableNeedDrain === true) wait();
  else if (!state.flowing) from.resume();
  return to;
};

Readable.prototype.unpipe = function unpipe(to) {
  const state = this._readableState;
  const gone = to === undefined ? state.pipes : state.pipes.filter((each) => each === to).slice(0, 1);
  if (gone.length === 0) return this;
  if (to === undefined) {
    state.pipes = [];
    this.pause();
  } else {
    state.pipes.splice(state.pipes.indexOf(to), 1);
    if (state.pipes.length === 0) this.pause();
  }
  for (const each of gone) each.emit('unpipe', this, {hasUnpiped: false});
  return this;
};
