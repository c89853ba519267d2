'use strict';

const {Stream} = require('internal/streams/legacy');
const {Readable} = require('internal/streams/readable');
const {Writable} = require('internal/streams/writable');
const {Duplex, Transform, PassThrough} = require('internal/streams/duplex');
const {finished, pipeline, promises} = require('internal/streams/finished');
const {addAbortSignal, getDefaultHighWaterMark, setDefaultHighWaterMark} = require('internal/streams/common');

Object.assign(Stream, {
  Stream, Readable, Writable, Duplex, Transform, PassThrough, finished, pipeline, promises, addAbortSignal,
  getDefaultHighWaterMark, setDefaultHighWaterMark,
  destroy: (stream, error) => stream.destroy(error),
  isDisturbed: (stream) => Boolean(stream?._readableState && (stream.readableDidRead || stream.readableAborted)),
  isErrored: (stream) => Boolean(stream?.errored),
  isReadable: (stream) => (stream?._readableState ? stream.readable : null),
  isWritable: (stream) => (stream?._writableState ? stream.writable : null),
  _uint8ArrayToBuffer: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  _isUint8Array: (value) => value instanceof Uint8Array,
});

module.exports = Stream;
