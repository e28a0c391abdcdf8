import { homedir } from 'node:os';
import { run } from './cli/run.ts';
import { createTerminal } from './cli/terminal.ts';

void run(process.argv.slice(2), createTerminal(process), { env: process.env, home: homedir() }).then(code => {
  process.exitCode = code;
});
