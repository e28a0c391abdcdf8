import type { Content } from '../domain/content.ts';
import { isOurs } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import type { KapsoClient } from '../kapso/client.ts';
import { KapsoApiError, KapsoError, KapsoNetworkError } from '../kapso/http/errors.ts';
import { createScrub } from '../observe/scrub.ts';
import type { KeepMark } from '../state/send-marks.ts';
import { describeFailure, reportFailure } from './failure.ts';
import { toJson } from './format.ts';
import { leftOutNote } from './send-text.ts';
import type { Terminal } from './terminal.ts';
import type { WaitingLine } from './waiting-line.ts';

/** What is to be sent to each recipient, one message after the other. */
export interface Outgoing {
  /** At least one. */
  contents: readonly Content[];
  /** The gateway's words that stood in the text and are in no message. */
  leftOut: readonly string[];
}

export interface SendJob extends Outgoing {
  recipients: readonly {
    to: string;
    /** Keeps for the poller what was sent. */
    mark: KeepMark;
  }[];
  /** Uploads the files of the contents, and returns the contents that can be sent. Null where they need none. */
  prepare: ((signal: AbortSignal) => Promise<readonly Content[]>) | null;
  client: Pick<KapsoClient, 'send'>;
  waiting: WaitingLine;
  terminal: Terminal;
  json: boolean;
  secrets: ReadonlySet<string>;
}

/** What became of the messages to one recipient. */
interface Result {
  to: string;
  /** What was sent. The parts count from 1. */
  messages: { id: string; part: number }[];
  failure?: {
    error: unknown;
    /** No attempt was made after what had happened to an earlier recipient. */
    untried?: true;
  };
}

/**
 * Sends to one recipient after the other. Prints the ids of the messages, in JSON at the end. After a failure the
 * recipient gets no further part; the others get theirs, unless the failure is theirs too. Returns the exit code of the
 * worst failure.
 */
export async function sendToAll(job: SendJob): Promise<ExitCode> {
  const { terminal, recipients } = job;
  const stop = new AbortController();
  const stopListening = terminal.onInterrupt(signal => {
    // After the first signal, `send` reports its outcome at once. A second signal ends it without.
    if (stop.signal.aborted) terminal.exit(exitCodeOfSignal[signal]);
    stop.abort(signal);
  });
  const results: Result[] = [];
  try {
    const { contents, error } = await prepared(job, stop.signal);
    let common: Result['failure'] | null = error === undefined ? null : { error };
    for (const recipient of recipients) {
      const result: Result =
        common === null
          ? await sendTo(recipient, { ...job, contents }, stop.signal)
          : { to: recipient.to, messages: [], failure: common };
      // The reason is said once.
      if (common !== null) {
        recipient.mark({ state: 'failed', ids: [] });
        common = { ...common, untried: true };
      }
      if (common === null && result.failure && concernsAll(result.failure.error)) {
        const { error } = result.failure;
        const isInterrupted = error instanceof InterruptedError;
        common = { error: isInterrupted ? new InterruptedError(stop.signal.reason, false) : error, untried: true };
      }
      results.push(result);
      if (!job.json) say(result, job);
    }
  } finally {
    stopListening();
  }
  const code = job.json ? sayInJson(results, job) : endOf(results, job);
  // A signal that comes after the last answer ends nothing.
  const isInterrupted = results.some(({ failure }) => failure?.error instanceof InterruptedError);
  return isInterrupted ? terminal.exit(exitCodeOfSignal[stop.signal.reason as Interrupt]) : code;
}

/** The contents with their files uploaded; else why that failed. Nothing was sent to anybody then. */
async function prepared(
  { contents, prepare }: SendJob,
  signal: AbortSignal,
): Promise<{ contents: readonly Content[]; error?: unknown }> {
  try {
    return { contents: prepare === null ? contents : await prepare(signal) };
  } catch (cause) {
    return { contents, error: signal.aborted ? new InterruptedError(signal.reason, false) : cause };
  }
}

async function sendTo(
  { to, mark }: SendJob['recipients'][number],
  { client, contents, waiting, json, terminal, recipients }: SendJob,
  signal: AbortSignal,
): Promise<Result> {
  const messages: Result['messages'] = [];
  const ids = () => messages.map(({ id }) => id);
  try {
    for (const [at, content] of contents.entries()) {
      if (!json) waiting.begin(to);
      const { id } = await client.send({ to, content, signal });
      waiting.end();
      messages.push({ id, part: at + 1 });
      mark({ state: messages.length === contents.length ? 'sent' : 'sending', ids: ids() });
      if (!json) print(terminal, recipients.length > 1 ? `${to} ${id}\n` : `${id}\n`);
    }
    return { to, messages };
  } catch (cause) {
    waiting.end();
    mark({ state: isOpen(cause) ? 'unknown' : 'failed', ids: ids() });
    const error = signal.aborted ? new InterruptedError(signal.reason, isOpen(cause)) : cause;
    return { to, messages, failure: { error } };
  }
}

/** Meta's codes for an account that may send to nobody: locked, or out of money (WhatsApp Cloud API, "Error codes"). */
const accountCodes: readonly number[] = [368, 131031, 131042];
/** Too many messages to one recipient. */
const pairLimit = 131056;

/** Whether the next recipient would fail in the same way. */
function concernsAll(error: unknown): boolean {
  if (!isOurs(error) || error instanceof InterruptedError) return true;
  if (error instanceof KapsoNetworkError) return error.sent === 'no';
  if (!(error instanceof KapsoApiError)) return false;
  if (error.disposition === 'wait') return error.metaCode !== pairLimit;
  return error.disposition === 'auth' || error.httpStatus === 402 || accountCodes.includes(error.metaCode ?? -1);
}

/** Says on standard error why a recipient did not get everything. */
function say({ to, messages, failure }: Result, { recipients, contents, terminal, secrets }: SendJob): void {
  if (failure === undefined || failure.untried) return;
  const part = messages.length + 1;
  const ofPart = contents.length > 1;
  const place = ofPart ? `part ${part} of ${contents.length} ${fateOf(failure.error)}: ` : '';
  const before = recipients.length > 1 ? `${to}: ${place}` : place;
  reportFailure(failure.error, { terminal, json: false, secrets, before, ...(ofPart && { after: sentBefore(part) }) });
}

/** Says on standard error what concerns all. Returns the exit code. */
function endOf(results: readonly Result[], { leftOut, terminal }: SendJob): ExitCode {
  const untried = results.filter(({ failure }) => failure?.untried).map(({ to }) => to);
  if (untried.length > 0)
    terminal.err(`kapso-whatsapp-cli: for that reason nothing was sent to ${untried.join(', ')}.\n`);
  const sent = results.some(({ messages }) => messages.length > 0);
  if (sent && leftOut.length > 0) terminal.err(`kapso-whatsapp-cli: ${leftOutNote(leftOut)}\n`);
  return worst(results);
}

/** Prints one object: of one recipient its result, of several all results. Returns the exit code. */
function sayInJson(
  results: readonly Result[],
  { contents, recipients, leftOut, terminal, secrets }: SendJob,
): ExitCode {
  const objects = results.map(({ to, messages, failure }) => {
    if (failure === undefined) return { to, messages };
    const parts = { parts: contents.length, failedPart: messages.length + 1 };
    return { ...describeFailure(failure.error), to, ...parts, messages, ...(failure.untried && { untried: true }) };
  });
  const code = worst(results);
  const words = leftOut.length > 0 && results.some(({ failure }) => !failure) ? { leftOut } : {};
  const answer = recipients.length === 1 ? { ...objects[0], ...words } : { results: objects, ...words, exitCode: code };
  print(terminal, `${createScrub(secrets)(toJson(answer))}\n`);
  return code;
}

/** From bad to worse. */
const badness: readonly ExitCode[] = [
  exitCode.ok,
  exitCode.tryAgain,
  exitCode.usage,
  exitCode.unavailable,
  exitCode.noPermission,
  exitCode.configuration,
  exitCode.software,
];

function worst(results: readonly Result[]): ExitCode {
  const codes = results.map(({ failure }) => (failure ? describeFailure(failure.error).exitCode : exitCode.ok));
  return badness.findLast(code => codes.includes(code)) ?? exitCode.ok;
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

function sentBefore(part: number): string {
  if (part === 1) return 'No part went out before it.';
  return part === 2 ? 'Part 1 was sent.' : `Parts 1 to ${part - 1} were sent.`;
}
