import { run } from './cli/run.ts';
import { createTerminal } from './cli/terminal.ts';
import { homeDirectory } from './config/home.ts';
import { secretsIn } from './config/secrets.ts';

const terminal = createTerminal(process);
const context = { env: process.env, home: homeDirectory(process.env), secrets: new Set(secretsIn(process.env)) };
// Everything is written by then; to wait until the connection is taken down would take a tenth of the time of a `send`.
void run(process.argv.slice(2), terminal, context).then(terminal.exit);
