'use strict';

const {client, ...parts} = require('internal/http/module');

Object.assign(exports, parts);
exports.globalAgent = new parts.Agent({keepAlive: true, scheduling: 'lifo'});
Object.assign(exports, client(() => ({protocol: 'http:', port: 80, agent: exports.globalAgent})));
