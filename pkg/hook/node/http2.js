'use strict';

// The module http2, for those that name it and do without: requests of processors are HTTP/1.1.

const {unsupported} = require('internal/errors');

function missing(name) { return () => { throw unsupported(`http2.${name}`); }; }

module.exports = {
  connect: missing('connect'), createServer: missing('createServer'), createSecureServer: missing('createSecureServer'),
  sensitiveHeaders: Symbol('nodejs.http2.sensitiveHeaders'),
  constants: Object.freeze({
    NGHTTP2_NO_ERROR: 0, NGHTTP2_PROTOCOL_ERROR: 1, NGHTTP2_INTERNAL_ERROR: 2, NGHTTP2_REFUSED_STREAM: 7, NGHTTP2_CANCEL: 8,
    HTTP2_HEADER_STATUS: ':status', HTTP2_HEADER_METHOD: ':method', HTTP2_HEADER_AUTHORITY: ':authority', HTTP2_HEADER_SCHEME: ':scheme',
    HTTP2_HEADER_PATH: ':path', HTTP2_HEADER_CONTENT_TYPE: 'content-type', HTTP2_HEADER_CONTENT_LENGTH: 'content-length',
    HTTP2_HEADER_AUTHORIZATION: 'authorization', HTTP2_HEADER_COOKIE: 'cookie', HTTP2_METHOD_GET: 'GET', HTTP2_METHOD_POST: 'POST', HTTP_STATUS_OK: 200,
  }),
};
