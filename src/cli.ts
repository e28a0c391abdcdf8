import { run } from './cli/run.ts';
import { createTerminal } from './cli/terminal.ts';
import { homeDirectory } from './config/home.ts';
import { secretsIn } from './config/secrets.ts';
import { leaveRemovedDirectory } from './working-directory.ts';

leaveRemovedDirectory();
const terminal = createTerminal(process);
const context = { env: process.env, home: homeDirectory(process.env), secrets: new Set(secretsIn(process.env)) };
// Everything has been written. To wait for the connection's end would take a tenth of the time of a `send`.
void run(process.argv.slice(2), terminal, context).then(terminal.exit);
