import { systemClock } from '../clock.ts';
import { loadConfig } from '../config/load.ts';
import { parseRecipient, recipientKey } from '../domain/recipient.ts';
import { splitText } from '../domain/split-text.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { createKapsoClient, type KapsoClient } from '../kapso/client.ts';
import { KapsoError, KapsoNetworkError } from '../kapso/http/errors.ts';
import { openTransport } from '../kapso/http/open-transport.ts';
import { type KeepMark, leaveMark } from '../state/send-marks.ts';
import { readAddress, readGroup } from './address.ts';
import { hideSecrets } from './arguments.ts';
import type { CliContext } from './command.ts';
import { reportFailure } from './failure.ts';
import { toJson } from './format.ts';
import type { SendArguments } from './send-options.ts';
import { emptyText, leftOutNote, readText } from './send-text.ts';
import type { Terminal } from './terminal.ts';
import { createWaitingLine, type WaitingLine } from './waiting-line.ts';

interface Sent {
  id: string;
  /** Counted from 1. */
  part: number;
}

/**
 * Sends a text, in parts where it is too long for one message, each after the previous one was taken. Prints the ids of
 * the messages. Stops at the first failure and says which parts were sent. Throws what is wrong before anything is
 * sent.
 */
export async function send(args: SendArguments, terminal: Terminal, context: CliContext): Promise<ExitCode> {
  const to = 'to' in args.recipient ? readAddress(args.recipient.to) : readGroup(args.recipient.group);
  const { text, leftOut } = await readText(args.text, terminal);
  const parts = splitText(args.markdown ? await fromMarkdown(text) : text);
  const { env, home, secrets } = context;
  const loaded = await loadConfig({
    env,
    home,
    need: 'cli',
    ...(args.config === undefined ? {} : { configFile: args.config }),
  });
  const { config, proxy } = hideSecrets(loaded, context);
  const waiting = createWaitingLine({ terminal, clock: systemClock, to, secrets });
  const client = createKapsoClient({
    ...config.kapso,
    timeout: config.kapso.timeout * 1000,
    deadline: args.wait * 1000,
    reachWithin: args.reachWithin * 1000,
    onSetback: waiting.because,
    transport: openTransport({ proxy }),
    clock: systemClock,
  });
  const recipient = parseRecipient(to);
  const contact = recipient.kind === 'phone' ? `+${recipientKey(recipient)}` : to;
  const account = config.kapso.phoneNumberId;
  const mark = leaveMark(config.state.dir, { account, contact, begunAt: systemClock.now() });
  return sendParts({ mark, to, parts, leftOut, client, waiting, terminal, json: args.json, secrets });
}

/** Its parser is loaded only here. */
async function fromMarkdown(markdown: string): Promise<string> {
  const { toWhatsAppText } = await import('#markdown');
  const text = toWhatsAppText(markdown);
  if (text === '') throw emptyText();
  return text;
}

interface Job {
  /** Keeps for the poller what was sent. */
  mark: KeepMark;
  to: string;
  parts: readonly string[];
  /** The gateway's words that stood in the text and are in no part. */
  leftOut: readonly string[];
  client: Pick<KapsoClient, 'send'>;
  waiting: WaitingLine;
  terminal: Terminal;
  json: boolean;
  secrets: ReadonlySet<string>;
}

async function sendParts(job: Job): Promise<ExitCode> {
  const { to, parts, leftOut, terminal, json } = job;
  const messages: Sent[] = [];
  const sent = () => messages.map(({ id }) => id);
  const failed = (error: unknown) => {
    job.waiting.end();
    job.mark({ state: isOpen(error) ? 'unknown' : 'failed', ids: sent() });
    const part = messages.length + 1;
    return reportFailure(error, {
      terminal,
      json,
      secrets: job.secrets,
      fields: { to, parts: parts.length, failedPart: part, messages },
      ...(parts.length > 1
        ? { before: `part ${part} of ${parts.length} ${fateOf(error)}: `, after: before(part) }
        : {}),
    });
  };
  const stop = new AbortController();
  const stopListening = terminal.onInterrupt(signal => {
    // After the first signal, `send` reports its outcome at once. A second signal ends it without.
    if (stop.signal.aborted) terminal.exit(exitCodeOfSignal[signal]);
    stop.abort(signal);
  });
  try {
    for (const [at, text] of parts.entries()) {
      if (!json) job.waiting.begin();
      const { id } = await job.client.send({ to, content: { kind: 'text', text }, signal: stop.signal });
      job.waiting.end();
      messages.push({ id, part: at + 1 });
      job.mark({ state: messages.length === parts.length ? 'sent' : 'sending', ids: sent() });
      if (!json) print(terminal, `${id}\n`);
    }
  } catch (error) {
    if (!stop.signal.aborted) return failed(error);
    const signal: Interrupt = stop.signal.reason;
    failed(new InterruptedError(signal, isOpen(error)));
    return terminal.exit(exitCodeOfSignal[signal]);
  } finally {
    stopListening();
  }
  if (json) print(terminal, `${toJson({ to, messages, ...(leftOut.length > 0 && { leftOut }) })}\n`);
  else if (leftOut.length > 0) terminal.err(`kapso-whatsapp-cli: ${leftOutNote(leftOut)}\n`);
  return exitCode.ok;
}

/** A full disk behind standard output must not look like a failed send: the caller would send again. */
function print(terminal: Terminal, text: string): void {
  try {
    terminal.out(text);
  } catch (error) {
    terminal.err(
      `kapso-whatsapp-cli: sent, but the id could not be printed: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
}

type Interrupt = 'SIGINT' | 'SIGTERM';

const exitCodeOfSignal: Readonly<Record<Interrupt, number>> = { SIGINT: 130, SIGTERM: 143 };

/** A request that has left cannot be called back. */
class InterruptedError extends KapsoError {
  constructor(signal: Interrupt, mayHaveLeft: boolean) {
    const what = mayHaveLeft ? 'the message may have been sent' : 'the message was not sent';
    const hint = mayHaveLeft ? 'Look at the conversation before sending it again.' : undefined;
    super('SEND_INTERRUPTED', mayHaveLeft ? 'unknown' : 'retry', `interrupted by ${signal}; ${what}`, { hint });
  }
}

/** Whether the message may have been sent despite the error. */
function isOpen(error: unknown): boolean {
  if (error instanceof KapsoNetworkError) return error.sent === 'maybe';
  return error instanceof KapsoError && error.disposition === 'unknown';
}

function fateOf(error: unknown): string {
  return isOpen(error) ? 'may or may not have been sent' : 'was not sent';
}

function before(part: number): string {
  if (part === 1) return 'No part went out before it.';
  return part === 2 ? 'Part 1 was sent.' : `Parts 1 to ${part - 1} were sent.`;
}
