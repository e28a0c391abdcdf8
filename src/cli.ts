import { homedir } from 'node:os';
import { run } from './cli/run.ts';
import { createTerminal } from './cli/terminal.ts';

// Everything is written by then; to wait until the connection is taken down would take a tenth of the time of a `send`.
void run(process.argv.slice(2), createTerminal(process), { env: process.env, home: homedir() }).then(process.exit);
