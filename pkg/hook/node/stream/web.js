'use strict';

const {ReadableStream, ReadableStreamDefaultReader, ReadableStreamDefaultController} = require('internal/webstreams');

Object.assign(exports, {ReadableStream, ReadableStreamDefaultReader, ReadableStreamDefaultController});
