import { createReadStream, unwatchFile, watchFile } from 'node:fs';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { asList, fieldsOf } from '../narrow.ts';
import { controlHeaders } from './control.ts';
import { converse } from './conversation.ts';
import { type Demo, startDemo } from './terminal-processes.ts';

const phone = '+15551234567';
/** Milliseconds to wait for an answer. */
const limit = 30_000;

class NoAnswer extends Error {
  override name = 'NoAnswer';
}

interface Awaits {
  name: string;
  count: number;
}

/** Resolves to whether a simulator's counter got there in time. */
async function waitFor(demo: Demo, url: string, { name, count }: Awaits): Promise<boolean> {
  const headers = controlHeaders(demo.controlToken);
  const response = await fetch(`${url}/__sim/wait?for=${name}&count=${count}&timeout=${limit}`, { headers });
  await response.body?.cancel();
  return response.status === 200;
}

/** Sends one WhatsApp message to the business and makes the poller poll. */
async function write(demo: Demo, text: string): Promise<void> {
  const headers = controlHeaders(demo.controlToken);
  const body = JSON.stringify({ from: phone, name: 'You', text });
  const response = await fetch(`${demo.kapsoUrl}/__sim/inbound`, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`the Kapso simulator refused the message: ${await response.text()}`);
  demo.pollNow();
}

/** Every text that was sent, and by which way: the poller's own sends have a mark that says so. */
async function sentTexts(demo: Demo): Promise<string[]> {
  const response = await fetch(`${demo.kapsoUrl}/__sim/sent`, { headers: controlHeaders(demo.controlToken) });
  const { sent } = fieldsOf(await response.json());
  return asList(sent)
    .map(fieldsOf)
    .map(({ text, callbackData }) => {
      const way = String(callbackData).startsWith('reply-') ? 'relay' : 'kapso-whatsapp-cli';
      return `agent, by ${way}: ${text}`;
    });
}

/** Resolves when `until` answers exist, with those after the first `from`, as they are shown. */
async function answers(demo: Demo, from: number, until: number): Promise<string[]> {
  const came = await Promise.race([waitFor(demo, demo.kapsoUrl, { name: 'sent', count: until }), demo.failed]);
  if (typeof came === 'string') throw new NoAnswer(came);
  if (!came) throw new NoAnswer(`no answer within ${limit / 1000} seconds`);
  return (await sentTexts(demo)).slice(from, until);
}

async function untilReady(demo: Demo): Promise<void> {
  const ready = Promise.all([
    waitFor(demo, demo.kapsoUrl, { name: 'list', count: 1 }),
    waitFor(demo, demo.gatewayControlUrl, { name: 'connected', count: 1 }),
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

/** Copies what is added to a file to standard error. Returns a function that stops. */
export function followFile(file: string): () => void {
  let position = 0;
  const copy = ({ size }: { size: number }) => {
    if (size <= position) return;
    createReadStream(file, { start: position, end: size - 1 }).pipe(process.stderr, { end: false });
    position = size;
  };
  watchFile(file, { interval: 200 }, copy);
  return () => unwatchFile(file, copy);
}

export interface TerminalDemoOptions {
  /** What the customer says; without it, each line of standard input. */
  say: readonly string[] | undefined;
  /** Shows the poller's log as well. */
  verbose: boolean;
  /** Resolves when the demo is to end. */
  told: Promise<void>;
}

/** Runs the demo in the terminal. Resolves to the exit code. */
export async function runTerminalDemo({ say: texts, verbose, told }: TerminalDemoOptions): Promise<ExitCode> {
  say('Starting a simulated WhatsApp (Kapso), a gateway with an echo agent, and the real poller…');
  const demo = await startDemo();
  const stop = verbose ? followFile(demo.logFile) : () => {};
  const perform = async () => {
    await untilReady(demo);
    say(
      'The poller is polling and connected to the gateway. Whoever writes is answered here; with a number of your own',
    );
    say('let strangers wait for your approval: access.policy: pairing, as kapso-whatsapp-cli config init writes it.');
    if (texts === undefined) {
      say(`Its inbox is in ${demo.stateDirectory} and its log is ${demo.logFile}, until the demo ends.`);
      say('Type a message and press Enter, as a customer does. /help says what else can be tried; Ctrl-C ends.');
      return converse({
        phone,
        write: text => write(demo, text),
        answers: (from, until) => answers(demo, from, until),
        help: ideas(demo),
      });
    }
    for (const [at, text] of texts.entries()) {
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
