'use strict';

// Timers as promises.

const {AbortError, validateAbortSignal} = require('internal/errors');

// wait is a promise that start begins to wait for: start gives what stops it.
function wait(value, {signal} = {}, start, stop) {
  validateAbortSignal(signal, 'options.signal');
  const reason = () => new AbortError(undefined, {cause: signal.reason});
  if (signal?.aborted) return Promise.reject(reason());
  return new Promise((resolve, reject) => {
    const aborted = () => {
      stop(timer);
      reject(reason());
    };
    const timer = start(() => {
      signal?.removeEventListener('abort', aborted);
      resolve(value);
    });
    signal?.addEventListener('abort', aborted, {once: true});
  });
}

function sleep(delay, value, options) {
  return wait(value, options, (done) => setTimeout(done, delay), clearTimeout);
}

function immediate(value, options) {
  return wait(value, options, (done) => setImmediate(done), clearImmediate);
}

// interval is an async iterator that gives the value again and again. What nobody has taken in time is
// there at once when it is asked for.
function interval(delay, value, {signal} = {}) {
  validateAbortSignal(signal, 'options.signal');
  let due = 0;
  let wake = () => {};
  let over = Boolean(signal?.aborted);
  const timer = over ? undefined : setInterval(() => {
    due++;
    wake();
  }, delay);
  const aborted = () => {
    over = true;
    clearInterval(timer);
    wake();
  };
  signal?.addEventListener('abort', aborted, {once: true});
  return {
    async next() {
      while (due === 0 && !over) await new Promise((resolve) => { wake = resolve; });
      if (over && signal?.aborted) throw new AbortError(undefined, {cause: signal.reason});
      if (over) return {value: undefined, done: true};
      due--;
      return {value, done: false};
    },
    async return() {
      over = true;
      clearInterval(timer);
      wake();
      return {value: undefined, done: true};
    },
    [Symbol.asyncIterator]() { return this; },
  };
}

module.exports = {
  setTimeout: sleep,
  setImmediate: immediate,
  setInterval: interval,
  scheduler: {wait: (delay, options) => sleep(delay, undefined, options), yield: () => immediate()},
};
