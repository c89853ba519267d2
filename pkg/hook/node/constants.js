'use strict';

const {constants} = require('os');

module.exports = {...constants.errno, ...constants.signals, ...constants.priority, ...require('fs').constants};
