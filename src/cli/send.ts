import { systemClock } from '../clock.ts';
import type { Content } from '../domain/content.ts';
import { parseRecipient, recipientKey } from '../domain/recipient.ts';
import { splitText } from '../domain/split-text.ts';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { createKapsoClient } from '../kapso/client.ts';
import { openTransport } from '../kapso/http/open-transport.ts';
import { leaveMark } from '../state/send-marks.ts';
import { readAddress, readGroup } from './address.ts';
import type { CliContext } from './command.ts';
import { type Outgoing, sendToAll } from './send-job.ts';
import type { GivenRecipient, SendArguments, TextForm } from './send-options.ts';
import { loadSettings } from './send-settings.ts';
import { fromMarkdown, readText } from './send-text.ts';
import type { Terminal } from './terminal.ts';
import { createWaitingLine } from './waiting-line.ts';

/**
 * Sends a message to each recipient, a long text in parts. Prints the ids of the messages. Throws what is wrong before
 * anything is sent.
 */
export async function send(args: SendArguments, terminal: Terminal, context: CliContext): Promise<ExitCode> {
  const addresses = readRecipients(args.recipients);
  const { form, dryRun, json } = args;
  const { secrets } = context;
  const { about } = args;
  const find = async (dir: string) => {
    if (about === undefined) return null;
    const { readInbox } = await import('#commands');
    return (await readInbox()).accountOfMessage(about, dir);
  };
  const settings = once(() => loadSettings({ ...args, find }, context));
  const waiting = createWaitingLine({ terminal, clock: systemClock, secrets });
  const limits = { deadline: args.wait * 1000, reachWithin: args.reachWithin * 1000 };
  const openClient = once(async () => {
    const { config, proxy } = await settings();
    return createKapsoClient({
      ...config.kapso,
      ...limits,
      timeout: config.kapso.timeout * 1000,
      onSetback: waiting.because,
      transport: openTransport({ proxy }),
      clock: systemClock,
    });
  });
  const { contents, leftOut } =
    form.kind === 'text'
      ? await readTextForm(form, terminal)
      : await (await import('#forms')).readForm(form, {
          ...{ terminal, context, settings, namesConfig: args.config !== undefined },
          client: dryRun ? null : openClient,
        });
  const { config } = await settings();
  if (dryRun) {
    const { showRequests } = await import('#forms');
    showRequests({ contents, leftOut }, addresses, { account: config.kapso, terminal, json });
    return exitCode.ok;
  }
  const client = await openClient();
  const upload = async (signal: AbortSignal) => {
    const { uploadFiles } = await import('#forms');
    return uploadFiles(contents, { client, clock: systemClock, ...limits, line: json ? null : waiting, signal });
  };
  const account = config.kapso.phoneNumberId;
  const recipients = addresses.map(to => {
    // Who only gets a reaction was not answered.
    if (contents.every(({ kind }) => kind === 'reaction')) return { to, mark: () => {} };
    const send = { account, contact: contactOf(to), begunAt: systemClock.now() };
    return { to, mark: leaveMark(config.state.dir, send) };
  });
  const prepare = form.kind === 'text' ? null : upload;
  return sendToAll({ recipients, contents, leftOut, prepare, client, waiting, terminal, json, secrets });
}

/** Makes a function do its work at its first call only. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

/** Returns the addresses. Throws for what is none, and for a person who is named twice. */
function readRecipients(given: readonly GivenRecipient[]): readonly string[] {
  const addresses = given.map(one => ('to' in one ? readAddress(one.to) : readGroup(one.group)));
  const keys = addresses.map(address => recipientKey(parseRecipient(address)));
  const twice = addresses.find((_, at) => keys.indexOf(keys[at] ?? '') !== at);
  if (twice === undefined) return addresses;
  throw new UsageError(`${twice} is named twice with --to`, { hint: 'Name each recipient once' });
}

async function readTextForm(form: TextForm, terminal: Terminal): Promise<Outgoing> {
  const { text, leftOut } = await readText(form.text, terminal);
  const parts = splitText(form.markdown ? await fromMarkdown(text) : text);
  const { preview, quote } = form;
  const contents = parts.map(
    (part, at): Content => ({
      kind: 'text',
      text: part,
      ...(preview !== undefined && { preview }),
      ...(quote !== undefined && at === 0 && { quote }),
    }),
  );
  return { contents, leftOut };
}

/** The name that marks and conversations have for an address. */
function contactOf(address: string): string {
  const recipient = parseRecipient(address);
  return recipient.kind === 'phone' ? `+${recipientKey(recipient)}` : address;
}
