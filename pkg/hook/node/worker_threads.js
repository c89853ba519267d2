'use strict';

// Processors start no threads of their own.

module.exports = {isMainThread: true, threadId: 0, parentPort: null, workerData: null, resourceLimits: {}};
