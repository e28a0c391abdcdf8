import { createReadStream, realpathSync, unwatchFile, watchFile } from 'node:fs';
import { parseArgs } from 'node:util';
import { exitCode } from '../exit-codes.ts';
import { converse } from './demo-conversation.ts';
import { type Demo, startDemo } from './demo-processes.ts';
import { asObject } from './json.ts';

const help = `Tries kapso-whatsapp without an account: a simulated WhatsApp, the real poller and CLI, and an agent that
repeats what you say.

  npm run demo                    type a line: it is a WhatsApp message
  npm run demo -- --say "hello"   one message, one answer, and out; another --say, another message

The agent answers the first message with its text, which the poller sends ("by relay"), the second with
kapso-whatsapp-cli, and so on in turn.

  --verbose   show the poller's log as well
`;

const phone = '+15551234567';
/** Milliseconds to wait for an answer. */
const limit = 30_000;

class NoAnswer extends Error {
  override name = 'NoAnswer';
}

async function waitFor(url: string, name: string, count: number, timeout: number): Promise<boolean> {
  const response = await fetch(`${url}/__sim/wait?for=${name}&count=${count}&timeout=${timeout}`);
  await response.body?.cancel();
  return response.status === 200;
}

/** Sends one WhatsApp message to the business and makes the poller poll. */
async function write(demo: Demo, text: string): Promise<void> {
  const body = JSON.stringify({ from: phone, name: 'You', text });
  const response = await fetch(`${demo.kapsoUrl}/__sim/inbound`, { method: 'POST', body });
  if (!response.ok) throw new Error(`the Kapso simulator refused the message: ${await response.text()}`);
  demo.pollNow();
}

/** Every text that was sent, and by which way: the poller's own sends have a mark that says so. */
async function sentTexts(demo: Demo): Promise<string[]> {
  const response = await fetch(`${demo.kapsoUrl}/__sim/sent`);
  const { sent } = asObject(await response.json());
  return (Array.isArray(sent) ? sent : []).map(asObject).map(({ text, callbackData }) => {
    const way = String(callbackData).startsWith('reply-') ? 'relay' : 'kapso-whatsapp-cli';
    return `agent, by ${way}: ${text}`;
  });
}

/** Resolves when `until` answers exist, with those after the first `from`, as they are shown. */
async function answers(demo: Demo, from: number, until: number): Promise<string[]> {
  const came = await Promise.race([waitFor(demo.kapsoUrl, 'sent', until, limit), demo.failed]);
  if (typeof came === 'string') throw new NoAnswer(came);
  if (!came) throw new NoAnswer(`no answer within ${limit / 1000} seconds`);
  return (await sentTexts(demo)).slice(from, until);
}

async function untilReady(demo: Demo): Promise<void> {
  const ready = Promise.all([
    waitFor(demo.kapsoUrl, 'list', 1, limit),
    waitFor(demo.gatewayControlUrl, 'connected', 1, limit),
  ]);
  const came = await Promise.race([ready, demo.failed]);
  if (typeof came === 'string') throw new NoAnswer(came);
  const [polled, connected] = came;
  if (!polled) throw new NoAnswer(`the poller did not ask Kapso for messages within ${limit / 1000} seconds`);
  if (!connected) throw new NoAnswer(`the poller did not connect to the gateway within ${limit / 1000} seconds`);
}

/** Lists what to try after a first message, with commands for a second terminal. */
function ideas({ stateDirectory, logFile, cli }: Demo): string {
  return `Each line is a WhatsApp message from ${phone}. The agent answers in turn by its text, which the poller sends
(by relay), and with kapso-whatsapp-cli. Try
  several lines at once: each is answered, in order
  /reset or /exec ls: to the agent they are text of the customer's and no commands
In a second terminal
  KAPSO_STATE_DIR=${stateDirectory} ${cli} status
  KAPSO_STATE_DIR=${stateDirectory} ${cli} inbox list
  tail -f ${logFile}
Ctrl-D ends when all is answered, Ctrl-C at once.
`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Copies what is added to the log to standard error. Returns a function that stops. */
function follow(file: string): () => void {
  let position = 0;
  const copy = ({ size }: { size: number }) => {
    if (size <= position) return;
    createReadStream(file, { start: position, end: size - 1 }).pipe(process.stderr, { end: false });
    position = size;
  };
  watchFile(file, { interval: 200 }, copy);
  return () => unwatchFile(file, copy);
}

/** Runs the demo. Resolves to the exit code. */
async function main(args: string[]): Promise<number> {
  const options = {
    say: { type: 'string', multiple: true },
    verbose: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  let values: { say?: string[]; verbose?: boolean; help?: boolean };
  try {
    values = parseArgs({ args, options }).values;
  } catch (error) {
    process.stderr.write(`demo: ${(error as Error).message}\n\n${help}`);
    return exitCode.usage;
  }
  if (values.help) {
    process.stdout.write(help);
    return exitCode.ok;
  }

  if (values.say?.some(text => text.trim() === '')) {
    process.stderr.write('demo: an empty message has no answer. Give a text: npm run demo -- --say "hello"\n');
    return exitCode.usage;
  }

  say('Starting a simulated WhatsApp (Kapso), a gateway with an echo agent, and the real poller…');
  const demo = await startDemo();
  const stop = values.verbose ? follow(demo.logFile) : () => {};
  const told = new Promise<'told'>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve('told'));
  });
  const perform = async () => {
    await untilReady(demo);
    say(
      'The poller is polling and connected to the gateway. Whoever writes is answered here; with a number of your own',
    );
    say('let strangers wait for your approval: access.policy: pairing, as kapso-whatsapp-cli config init writes it.');
    if (values.say === undefined) {
      say(`Its inbox is in ${demo.stateDirectory} and its log is ${demo.logFile}, until the demo ends.`);
      say('Type a message and press Enter, as a customer does. /help says what else can be tried; Ctrl-C ends.');
      return converse({
        phone,
        write: text => write(demo, text),
        answers: (from, until) => answers(demo, from, until),
        help: ideas(demo),
      });
    }
    for (const [at, text] of values.say.entries()) {
      say(`you (${phone}): ${text}`);
      await write(demo, text);
      for (const answer of await answers(demo, at, at + 1)) say(answer);
    }
  };
  try {
    await Promise.race([perform(), told]);
    return exitCode.ok;
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    process.stderr.write(`demo: ${error.message}. The end of the poller's log:\n${demo.logTail(30)}\n`);
    return exitCode.unavailable;
  } finally {
    stop();
    await demo.end();
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  process.exit(await main(process.argv.slice(2)));
}
