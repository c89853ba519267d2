// Loaded into Artillery before it starts: it divides users and payload rows
// over all processors but one, and what is recorded must not depend on the
// machine.
const os = require('node:os');
const one = os.cpus().slice(0, 1);
os.cpus = () => one;
os.availableParallelism = () => 1;
