'use strict';

// Interface: the lines of a stream. Processors have no terminal to ask questions at.

const EventEmitter = require('events');
const {StringDecoder} = require('string_decoder');
const {invalidType, unsupported} = require('internal/errors');

class Interface extends EventEmitter {
  #input;
  #decoder = new StringDecoder('utf8');
  #rest = '';
  #listeners;

  constructor(input, output) {
    super();
    const options = input?.input ? input : {input, output};
    this.#input = options.input;
    if (typeof this.#input?.on !== 'function') throw invalidType('input', 'an instance of Stream', this.#input);
    this.input = this.#input;
    this.output = options.output;
    this.terminal = false;
    this.line = '';
    this.closed = false;
    this.paused = false;
    this.#listeners = [
      ['data', (chunk) => this.#take(typeof chunk === 'string' ? chunk : this.#decoder.write(chunk))],
      ['end', () => this.#end()],
      ['error', (error) => this.emit('error', error)],
    ];
    for (const [type, listener] of this.#listeners) this.#input.on(type, listener);
    options.signal?.addEventListener('abort', () => this.close(), {once: true});
    if (options.signal?.aborted) process.nextTick(() => this.close());
    this.#input.resume();
  }

  // A carriage return at the end may be half of the end of a line: it waits for what comes next.
  #take(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    for (const line of lines) {
      if (this.closed) return;
      this.emit('line', line);
    }
  }

  #end() {
    this.#take(this.#decoder.end());
    const last = this.#rest.replace(/\r$/, '');
    if (this.#rest !== '') this.emit('line', last);
    this.#rest = '';
    this.close();
  }

  close() {
    if (this.closed) return;
    this.pause();
    this.closed = true;
    for (const [type, listener] of this.#listeners) this.#input.removeListener(type, listener);
    this.emit('close');
  }

  pause() {
    if (this.paused) return this;
    this.#input.pause?.();
    this.paused = true;
    this.emit('pause');
    return this;
  }

  resume() {
    if (!this.paused) return this;
    this.#input.resume?.();
    this.paused = false;
    this.emit('resume');
    return this;
  }

  setPrompt() {}
  getPrompt() { return '> '; }
  prompt() {}
  question() { throw unsupported('readline.question()'); }
  write() { throw unsupported('readline.write()'); }

  [Symbol.asyncIterator]() {
    const lines = EventEmitter.on(this, 'line', {close: ['close']});
    return {
      next: async () => {
        const {value, done} = await lines.next();
        return done ? {value: undefined, done} : {value: value[0], done};
      },
      return: async (value) => {
        this.close();
        return {value, done: true};
      },
      [Symbol.asyncIterator]() { return this; },
    };
  }
}

function createInterface(input, output) { return new Interface(input, output); }

module.exports = {Interface, createInterface};
