'use strict';

// The module dns, for those that name it and do without. Names are looked up by requests themselves.

const {unsupported} = require('internal/errors');

const names = [
  'lookup', 'lookupService', 'resolve', 'resolve4', 'resolve6', 'resolveAny', 'resolveCname', 'resolveMx', 'resolveNs', 'resolveSrv', 'resolveTxt', 'reverse',
];

exports.promises = {};
for (const name of names) {
  exports[name] = () => { throw unsupported(`dns.${name}`); };
  exports.promises[name] = async () => { throw unsupported(`dns.promises.${name}`); };
}
let order = 'verbatim';
exports.getDefaultResultOrder = () => order;
exports.setDefaultResultOrder = (value) => { order = value; };
Object.assign(exports, {ADDRCONFIG: 32, V4MAPPED: 8, ALL: 16, NOTFOUND: 'ENOTFOUND', NODATA: 'ENODATA', SERVFAIL: 'ESERVFAIL', TIMEOUT: 'ETIMEOUT'});
