'use strict';

// The operations on files that Go has: see filesNatives.

module.exports = internal;
