'use strict';

// Between texts and bytes: see encodingNatives.

module.exports = internal;
