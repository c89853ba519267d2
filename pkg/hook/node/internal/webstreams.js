'use strict';

// ReadableStream, as the bodies of fetch are. Streams that are written to are not there.

const {NodeTypeError, invalidType} = require('internal/errors');

function invalidState(message) { return new NodeTypeError('ERR_INVALID_STATE', `Invalid state: ${message}`); }

// state is what a stream is made of: its queue, and those who wait for what comes.
const states = new WeakMap();

function stateOf(stream) {
  const state = states.get(stream);
  if (state === undefined) throw invalidType('stream', 'an instance of ReadableStream', stream);
  return state;
}

function deferred() {
  const out = {};
  out.promise = new Promise((resolve, reject) => Object.assign(out, {resolve, reject}));
  out.promise.catch(() => {}); // nobody has to look at it
  return out;
}

class ReadableStreamDefaultController {
  #state;
  constructor(state) { this.#state = state; }

  get desiredSize() {
    const state = this.#state;
    if (state.status === 'errored') return null;
    return state.status === 'closed' ? 0 : state.mark - state.queued;
  }

  enqueue(chunk) {
    const state = this.#state;
    if (state.status !== 'readable' || state.closing) throw invalidState('Controller is already closed');
    if (state.bytes && !ArrayBuffer.isView(chunk)) throw invalidType('chunk', 'an instance of Buffer, TypedArray, or DataView', chunk);
    if (state.waiting.length > 0) state.waiting.shift().resolve({value: chunk, done: false});
    else {
      const size = state.size(chunk);
      state.queue.push({chunk, size});
      state.queued += size;
    }
    pull(state);
  }

  close() {
    const state = this.#state;
    if (state.status !== 'readable' || state.closing) throw invalidState('Controller is already closed');
    state.closing = true;
    if (state.queue.length === 0) finish(state);
  }

  error(reason) { fail(this.#state, reason); }
}

function finish(state) {
  if (state.status !== 'readable') return;
  state.status = 'closed';
  for (const each of state.waiting.splice(0)) each.resolve({value: undefined, done: true});
  state.closed.resolve();
}

function fail(state, reason) {
  if (state.status !== 'readable') return;
  state.status = 'errored';
  state.reason = reason;
  state.queue = [];
  state.queued = 0;
  for (const each of state.waiting.splice(0)) each.reject(reason);
  state.closed.reject(reason);
}

// pull asks the source for more, when more is wanted and it is not at it.
function pull(state) {
  if (!state.started || state.status !== 'readable' || state.closing || typeof state.source.pull !== 'function') return;
  if (state.queued >= state.mark && state.waiting.length === 0) return;
  if (state.pulling) {
    state.again = true;
    return;
  }
  state.pulling = true;
  new Promise((resolve) => { resolve(state.source.pull(state.controller)); }).then(() => {
    state.pulling = false;
    if (state.again) {
      state.again = false;
      pull(state);
    }
  }, (reason) => fail(state, reason));
}

function read(state) {
  if (state.queue.length > 0) {
    const {chunk, size} = state.queue.shift();
    state.queued -= size;
    if (state.closing && state.queue.length === 0) finish(state);
    else pull(state);
    return Promise.resolve({value: chunk, done: false});
  }
  if (state.status === 'closed') return Promise.resolve({value: undefined, done: true});
  if (state.status === 'errored') return Promise.reject(state.reason);
  const waiting = deferred();
  state.waiting.push(waiting);
  pull(state);
  return waiting.promise;
}

async function cancel(state, reason) {
  state.disturbed = true;
  if (state.status === 'errored') throw state.reason;
  if (state.status === 'closed') return;
  state.queue = [];
  finish(state);
  await state.source.cancel?.(reason);
}

class ReadableStreamDefaultReader {
  #stream; #state;

  constructor(stream) {
    const state = stateOf(stream);
    if (state.reader) throw invalidState('ReadableStream is locked');
    state.reader = this;
    this.#stream = stream;
    this.#state = state;
  }

  #own() {
    if (this.#stream === undefined) throw invalidState('The reader is not attached to a stream');
    return this.#state;
  }

  get closed() { return this.#state.closed.promise; }

  read() {
    let state;
    try {
      state = this.#own();
    } catch (err) {
      return Promise.reject(err);
    }
    state.disturbed = true;
    return read(state);
  }

  async cancel(reason) { return cancel(this.#own(), reason); }

  releaseLock() {
    if (this.#stream === undefined) return;
    this.#state.reader = undefined;
    this.#stream = undefined;
    for (const each of this.#state.waiting.splice(0)) each.reject(invalidState('Releasing reader'));
  }
}

class ReadableStream {
  constructor(source = {}, strategy = {}) {
    if (source === null) throw invalidType('source', 'of type object', source);
    const bytes = source.type === 'bytes';
    const state = {
      source, bytes, status: 'readable', queue: [], queued: 0, waiting: [], closing: false, started: false, pulling: false, again: false,
      disturbed: false, reader: undefined, reason: undefined, closed: deferred(),
      mark: strategy.highWaterMark ?? (bytes ? 0 : 1), size: typeof strategy.size === 'function' ? strategy.size : () => 1,
    };
    state.controller = new ReadableStreamDefaultController(state);
    states.set(this, state);
    const started = source.start?.(state.controller);
    Promise.resolve(started).then(() => {
      state.started = true;
      pull(state);
    }, (reason) => fail(state, reason));
  }

  static from(source) {
    const iterator = (source[Symbol.asyncIterator] ?? source[Symbol.iterator]).call(source);
    return new ReadableStream({
      async pull(controller) {
        const {value, done} = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) { await iterator.return?.(reason); },
    }, {highWaterMark: 0});
  }

  get locked() { return stateOf(this).reader !== undefined; }

  async cancel(reason) {
    if (this.locked) throw invalidState('ReadableStream is locked');
    return cancel(stateOf(this), reason);
  }

  getReader(options) {
    if (options?.mode !== undefined) throw new NodeTypeError('ERR_INVALID_ARG_VALUE', `a reader of the mode '${options.mode}' is not available to processors`);
    return new ReadableStreamDefaultReader(this);
  }

  tee() {
    const reader = this.getReader();
    const controllers = [];
    let reading = false;
    const gone = [false, false];
    const pullBoth = async () => {
      if (reading) return;
      reading = true;
      try {
        const {value, done} = await reader.read();
        for (const [i, controller] of controllers.entries()) {
          if (gone[i]) continue;
          if (done) controller.close();
          else controller.enqueue(ArrayBuffer.isView(value) && i === 1 ? value.slice() : value);
        }
      } catch (reason) {
        for (const controller of controllers) controller.error(reason);
      } finally {
        reading = false;
      }
    };
    return [0, 1].map((i) => new ReadableStream({
      start(controller) { controllers[i] = controller; },
      pull: pullBoth,
      async cancel(reason) {
        gone[i] = true;
        if (gone[0] && gone[1]) await reader.cancel(reason);
      },
    }, {highWaterMark: 0}));
  }

  values({preventCancel = false} = {}) {
    const reader = this.getReader();
    return {
      async next() {
        const result = await reader.read();
        if (result.done) reader.releaseLock();
        return result;
      },
      async return(value) {
        if (!preventCancel) await reader.cancel();
        reader.releaseLock();
        return {value, done: true};
      },
      [Symbol.asyncIterator]() { return this; },
    };
  }

  [Symbol.asyncIterator](options) { return this.values(options); }

  get [Symbol.toStringTag]() { return 'ReadableStream'; }
}

// isDisturbed tells whether a stream was read or cancelled.
function isDisturbed(stream) { return stateOf(stream).disturbed; }

// readAll reads a stream of bytes to its end.
async function readAll(stream) {
  const reader = stream.getReader();
  const parts = [];
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return Buffer.concat(parts);
    if (!(value instanceof Uint8Array)) throw new TypeError('Received non-Uint8Array chunk');
    parts.push(value);
  }
}

module.exports = {ReadableStream, ReadableStreamDefaultReader, ReadableStreamDefaultController, isDisturbed, readAll};
