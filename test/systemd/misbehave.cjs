// Loaded into the poller by NODE_OPTIONS. At SIGUSR2 it does what /run/misbehave says.
const { readFileSync } = require('node:fs');

process.on('SIGUSR2', () => {
  const how = readFileSync('/run/misbehave', 'utf8').trim();
  if (how === 'busy') for (;;);
  if (how === 'stalled') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  if (how === 'environment') process.stderr.write(`environment ${Object.keys(process.env).sort().join(' ')}\n`);
});
