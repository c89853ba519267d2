'use strict';

// Event, EventTarget and what is made of them: AbortController and AbortSignal. And DOMException.

const {NodeTypeError, invalidType, validateAbortSignal} = require('internal/errors');

const kState = Symbol('state');

const domCodes = {
  IndexSizeError: 1, HierarchyRequestError: 3, WrongDocumentError: 4, InvalidCharacterError: 5, NoModificationAllowedError: 7,
  NotFoundError: 8, NotSupportedError: 9, InUseAttributeError: 10, InvalidStateError: 11, SyntaxError: 12,
  InvalidModificationError: 13, NamespaceError: 14, InvalidAccessError: 15, TypeMismatchError: 17, SecurityError: 18,
  NetworkError: 19, AbortError: 20, URLMismatchError: 21, QuotaExceededError: 22, TimeoutError: 23, InvalidNodeTypeError: 24,
  DataCloneError: 25,
};

class DOMException extends Error {
  #name;
  constructor(message = '', options = 'Error') {
    super(`${message}`);
    if (options !== null && typeof options === 'object') {
      this.#name = options.name === undefined ? 'Error' : `${options.name}`;
      if ('cause' in options) Object.defineProperty(this, 'cause', {value: options.cause, writable: true, configurable: true});
    } else this.#name = `${options}`;
    const end = this.stack.indexOf('\n');
    Object.defineProperty(this, 'stack', {value: `${this.#name}: ${this.message}${end < 0 ? '' : this.stack.slice(end)}`, writable: true, configurable: true});
  }
  get name() { return this.#name; }
  get code() { return domCodes[this.#name] ?? 0; }
  get [Symbol.toStringTag]() { return 'DOMException'; }
}

class Event {
  #type;
  #options;
  #prevented = false;
  #stamp = performance.now();
  [kState] = {target: null, current: null, stop: false, stopNow: false, dispatching: false, passive: false};

  constructor(type, options) {
    if (arguments.length === 0) throw new NodeTypeError('ERR_MISSING_ARGS', 'The "type" argument must be specified');
    this.#type = `${type}`;
    this.#options = options ?? {};
  }
  get type() { return this.#type; }
  get target() { return this[kState].target; }
  get srcElement() { return this[kState].target; }
  get currentTarget() { return this[kState].current; }
  get bubbles() { return Boolean(this.#options.bubbles); }
  get cancelable() { return Boolean(this.#options.cancelable); }
  get composed() { return Boolean(this.#options.composed); }
  get eventPhase() { return this[kState].dispatching ? Event.AT_TARGET : Event.NONE; }
  get defaultPrevented() { return this.#prevented; }
  get returnValue() { return !this.#prevented; }
  get cancelBubble() { return this[kState].stop; }
  set cancelBubble(stop) { if (stop) this[kState].stop = true; }
  get timeStamp() { return this.#stamp; }
  get isTrusted() { return false; }
  composedPath() { return this[kState].dispatching ? [this[kState].current] : []; }
  preventDefault() { if (this.cancelable && !this[kState].passive) this.#prevented = true; }
  stopPropagation() { this[kState].stop = true; }
  stopImmediatePropagation() { this[kState].stopNow = true; }
  get [Symbol.toStringTag]() { return 'Event'; }
  static NONE = 0;
  static CAPTURING_PHASE = 1;
  static AT_TARGET = 2;
  static BUBBLING_PHASE = 3;
}

class CustomEvent extends Event {
  #detail;
  constructor(type, options) {
    super(type, options);
    this.#detail = options?.detail ?? null;
  }
  get detail() { return this.#detail; }
  get [Symbol.toStringTag]() { return 'CustomEvent'; }
}

class EventTarget {
  #listeners = new Map();

  addEventListener(type, listener, options) {
    if (listener === null || listener === undefined) return;
    if (typeof listener !== 'function' && typeof listener !== 'object') throw invalidType('listener', 'an instance of EventListener', listener);
    const {capture = false, once = false, passive = false, signal} = typeof options === 'boolean' ? {capture: options} : options ?? {};
    validateAbortSignal(signal, 'options.signal');
    if (signal?.aborted) return;
    const list = this.#listeners.get(`${type}`) ?? [];
    if (list.some((each) => each.listener === listener && each.capture === Boolean(capture))) return;
    this.#listeners.set(`${type}`, [...list, {listener, capture: Boolean(capture), once, passive}]);
    signal?.addEventListener('abort', () => this.removeEventListener(type, listener, options), {once: true});
  }

  removeEventListener(type, listener, options) {
    const capture = Boolean(typeof options === 'boolean' ? options : options?.capture);
    const list = this.#listeners.get(`${type}`);
    if (list === undefined) return;
    this.#listeners.set(`${type}`, list.filter((each) => each.listener !== listener || each.capture !== capture));
  }

  dispatchEvent(event) {
    if (!(event instanceof Event)) throw invalidType('event', 'an instance of Event', event);
    const state = event[kState];
    if (state.dispatching) throw new DOMException('The event is already being dispatched', 'InvalidStateError');
    Object.assign(state, {target: this, current: this, dispatching: true});
    for (const each of this.#listeners.get(event.type) ?? []) {
      if (!this.#listeners.get(event.type).includes(each)) continue; // removed by one before
      if (each.once) this.removeEventListener(event.type, each.listener, each.capture);
      state.passive = each.passive;
      try {
        if (typeof each.listener === 'function') each.listener.call(this, event);
        else if (typeof each.listener.handleEvent === 'function') each.listener.handleEvent(event);
      } catch (error) {
        process.nextTick(() => { throw error; });
      }
      if (state.stopNow) break;
    }
    Object.assign(state, {current: null, dispatching: false});
    return !event.defaultPrevented;
  }

  get [Symbol.toStringTag]() { return 'EventTarget'; }

  static listenersOf(target, type) { return (target.#listeners.get(type) ?? []).map((each) => each.listener); }
}

// defineHandler gives a class a property such as onabort.
function defineHandler(prototype, type) {
  const handlers = new WeakMap();
  Object.defineProperty(prototype, `on${type}`, {
    get() { return handlers.get(this)?.handler ?? null; },
    set(handler) {
      const old = handlers.get(this);
      if (old) this.removeEventListener(type, old.call);
      handlers.delete(this);
      if (typeof handler !== 'function') return;
      const call = (event) => handler.call(this, event);
      handlers.set(this, {handler, call});
      this.addEventListener(type, call);
    },
    enumerable: true,
    configurable: true,
  });
}

const kMake = Symbol('make');

class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  #followers = [];
  constructor(key) {
    if (key !== kMake) throw new NodeTypeError('ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor');
    super();
  }
  get aborted() { return this.#aborted; }
  get reason() { return this.#reason; }
  throwIfAborted() { if (this.#aborted) throw this.#reason; }
  get [Symbol.toStringTag]() { return 'AbortSignal'; }

  static abort(reason = new DOMException('This operation was aborted', 'AbortError')) {
    const signal = new AbortSignal(kMake);
    signal.#aborted = true;
    signal.#reason = reason;
    return signal;
  }

  static timeout(delay) {
    require('internal/errors').validateInteger(delay, 'delay', 0, 2 ** 32 - 1);
    const signal = new AbortSignal(kMake);
    setTimeout(() => end(signal, new DOMException('The operation was aborted due to timeout', 'TimeoutError')), delay);
    return signal;
  }

  static any(signals) {
    const all = [...signals];
    const made = new AbortSignal(kMake);
    for (const signal of all) {
      if (!(signal instanceof AbortSignal)) throw invalidType('signals', 'an instance of AbortSignal', signal);
      if (signal.#aborted) return AbortSignal.abort(signal.#reason);
    }
    for (const signal of all) signal.#followers.push(made);
    return made;
  }

  static end(signal, reason) {
    if (signal.#aborted) return;
    signal.#aborted = true;
    signal.#reason = reason;
    const followers = signal.#followers.filter((each) => !each.#aborted);
    for (const each of followers) {
      each.#aborted = true;
      each.#reason = reason;
    }
    signal.dispatchEvent(new Event('abort'));
    for (const each of followers) each.dispatchEvent(new Event('abort'));
    signal.#followers = [];
  }
}
defineHandler(AbortSignal.prototype, 'abort');
const {end} = AbortSignal;
delete AbortSignal.end;
const {listenersOf} = EventTarget;
delete EventTarget.listenersOf;

class AbortController {
  #signal = new AbortSignal(kMake);
  get signal() { return this.#signal; }
  abort(reason = new DOMException('This operation was aborted', 'AbortError')) { end(this.#signal, reason); }
  get [Symbol.toStringTag]() { return 'AbortController'; }
}

module.exports = {Event, CustomEvent, EventTarget, AbortSignal, AbortController, DOMException, listenersOf, defineHandler};
