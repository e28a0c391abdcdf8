import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { exitCodeOf, KapsoWhatsappError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { FileError, readTextFile } from '../text-file.ts';
import { startPageDemo } from './page.ts';
import { followFile, runTerminalDemo } from './terminal.ts';

const help = `Tries kapso-whatsapp without an account: a simulated WhatsApp, the real poller and CLI, and an agent that
repeats what you say.

  kapso-whatsapp-cli demo        a page for your browser: a phone beside the bridge (in a checkout: npm run demo)
    --open                       open it in the browser
    --port N                     its port; without it, any free one
    --gateway URL                with your own OpenClaw gateway in the place of the simulated one
    --token TOKEN                its token; better, as others may see your command lines: --token-file FILE,
                                 or OPENCLAW_TOKEN

  kapso-whatsapp-cli demo --no-page       in the terminal: type a line, it is a WhatsApp message
  kapso-whatsapp-cli demo --say "hello"   one message, one answer, and out; another --say, another message

  --verbose   show the poller's log as well

Everything is on this machine alone, in a directory of its own that goes with the demo. Ctrl-C ends it.
`;

const options = {
  open: { type: 'boolean', default: false },
  port: { type: 'string', default: '0' },
  gateway: { type: 'string' },
  token: { type: 'string' },
  'token-file': { type: 'string' },
  'no-page': { type: 'boolean', default: false },
  say: { type: 'string', multiple: true },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

class UsageError extends Error {
  override name = 'UsageError';
}

type Values = ReturnType<typeof parse>;

function parse(args: string[]) {
  const { values } = parseArgs({ args, options });
  if (values.say?.some(text => text.trim() === '')) {
    throw new UsageError('an empty message has no answer. Give a text: npm run demo -- --say "hello"');
  }
  const inTerminal = values['no-page'] || values.say !== undefined;
  if (inTerminal && values.gateway !== undefined) throw new UsageError('--gateway goes with the page only');
  return values;
}

/** The gateway of the user's own; null for the simulated one. */
function gatewayOf(values: Values): { url: string; token: string } | null {
  const { gateway: url, token, 'token-file': file } = values;
  if (url === undefined) {
    if (token !== undefined || file !== undefined) throw new UsageError('a token goes with --gateway URL');
    return null;
  }
  const protocol = URL.parse(url)?.protocol;
  if (protocol !== 'ws:' && protocol !== 'wss:') {
    throw new UsageError(`--gateway takes the address of a gateway, such as ws://127.0.0.1:18789, not ${url}`);
  }
  return { url, token: token ?? (file === undefined ? (process.env.OPENCLAW_TOKEN ?? '') : readToken(file)) };
}

function readToken(file: string): string {
  try {
    return readTextFile(file).trim();
  } catch (error) {
    const why = error instanceof FileError ? error.reason : `cannot be read: ${(error as Error).message}`;
    throw new UsageError(`the token's file ${file} ${why}`);
  }
}

function portOf({ port }: Values): number {
  const number = Number(port);
  if (!/^\d{1,5}$/.test(port) || number > 65_535) throw new UsageError(`--port takes a number to 65535, not ${port}`);
  return number;
}

/** Opens an address in the user's browser. Where that cannot be, the printed address is enough. */
function openInBrowser(url: string): void {
  const child = spawn(process.platform === 'darwin' ? 'open' : 'xdg-open', [url], { stdio: 'ignore', detached: true });
  child.on('error', () => process.stderr.write('demo: no browser could be opened; open the address by hand.\n'));
  child.unref();
}

async function runPageDemo(values: Values, told: Promise<void>): Promise<ExitCode> {
  const demo = await startPageDemo({ port: portOf(values), gateway: gatewayOf(values) });
  const stop = values.verbose ? followFile(demo.logFile) : () => undefined;
  try {
    process.stdout.write(`The demo is at

  ${demo.url}

It is for this machine only, and the address has a token: whoever has it can use the page. Ctrl-C ends everything.
`);
    if (values.open) openInBrowser(demo.url);
    await Promise.race([told, demo.ready.then(() => told)]);
    return exitCode.ok;
  } finally {
    stop();
    await demo.close();
  }
}

/** Runs the demo. Resolves to the exit code. */
async function main(args: string[]): Promise<ExitCode> {
  const told = new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  try {
    const values = parse(args);
    if (values.help) {
      process.stdout.write(help);
      return exitCode.ok;
    }
    if (values['no-page'] || values.say !== undefined)
      return await runTerminalDemo({ ...values, say: values.say, told });
    return await runPageDemo(values, told);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (error instanceof KapsoWhatsappError) {
      process.stderr.write(`demo: ${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}\n`);
      return exitCodeOf(error);
    }
    if (!(error instanceof UsageError) && !code.startsWith('ERR_PARSE_ARGS')) throw error;
    process.stderr.write(`demo: ${(error as Error).message}${error instanceof UsageError ? '' : `\n\n${help}`}\n`);
    return exitCode.usage;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  process.exit(await main(process.argv.slice(2)));
}
