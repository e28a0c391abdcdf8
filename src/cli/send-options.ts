import { parseArgs } from 'node:util';
import { UsageError } from '../errors.ts';

export interface OptionDeclaration {
  readonly type: 'string' | 'boolean';
  /** The placeholder of the value in the help. */
  readonly value?: string;
  readonly describe: string;
}

/**
 * The options of `send`, declared once. The parser below reads them, which must start fast, and so do the help and the
 * shell completion.
 */
export const sendOptions = {
  to: {
    type: 'string',
    value: 'ADDRESS',
    describe: 'the recipient: + and country code and number, or a user id (US.1349…)',
  },
  group: { type: 'string', value: 'ID', describe: 'the group that gets it, in the place of --to' },
  text: { type: 'string', value: 'TEXT', describe: 'the text; - reads standard input' },
  markdown: { type: 'boolean', describe: "the text is Markdown: put it into WhatsApp's form" },
  json: { type: 'boolean', describe: 'print JSON on standard output, errors too' },
  config: { type: 'string', value: 'FILE', describe: 'the configuration file' },
  wait: {
    type: 'string',
    value: 'SECONDS',
    describe:
      'how long to go on trying while a message has surely not been sent ' +
      '(default 60, and 10 where Kapso cannot be reached; at most 600)',
  },
} as const satisfies Record<string, OptionDeclaration>;

export interface SendArguments {
  /** The recipient as given: a person's address, or the id of a group. */
  recipient: { to: string } | { group: string };
  /** The text as given. `-` is standard input. */
  text: string;
  markdown: boolean;
  json: boolean;
  config: string | undefined;
  /** Seconds to keep trying. */
  wait: number;
  /** Seconds to give up after when Kapso cannot be reached. */
  reachWithin: number;
}

const defaultWait = 60;
/** Nobody should wait a minute to read that there is no network. */
const defaultReachWithin = 10;
const longestWait = 600;

/**
 * Reads the arguments after the word `send`. Null when they ask for help. An option's value may begin with a dash, as a
 * text often does (a list). Throws a `UsageError` for whatever could be meant in two ways.
 */
export function parseSend(args: readonly string[]): SendArguments | null {
  const { values, positionals, tokens } = parse(args);
  if (values.help) return null;
  const names = tokens.flatMap(token => (token.kind === 'option' ? [token.name] : []));
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated) throw new UsageError(`--${repeated} is given more than once`);

  const { to, group, text, markdown = false, json = false, config, wait } = values;
  const recipient = readRecipient(to, group);
  const texts = text === undefined ? positionals : [text, ...positionals];
  if (texts[0] === undefined) throw new UsageError('no text', { hint: 'Give one with --text "…", or - to read it' });
  if (texts.length > 1) {
    throw new UsageError(`${texts.length} texts are given`, {
      hint: 'Give one, in quotes: --text "…", or the text alone, or - for standard input',
    });
  }
  const seconds = wait === undefined ? undefined : readWait(wait);
  return {
    recipient,
    text: texts[0],
    markdown,
    json,
    config,
    wait: seconds ?? defaultWait,
    reachWithin: seconds ?? defaultReachWithin,
  };
}

/** One text goes to one person or to one group. */
function readRecipient(to: string | undefined, group: string | undefined): SendArguments['recipient'] {
  if (to !== undefined && group !== undefined) {
    throw new UsageError('--to and --group are both given', {
      hint: 'A person is named with --to, a group with --group',
    });
  }
  if (group !== undefined) return { group };
  if (to !== undefined) return { to };
  throw new UsageError('no recipient', { hint: 'Give one with --to +15551234567' });
}

function parse(args: readonly string[]) {
  const options = { ...sendOptions, help: { type: 'boolean', short: 'h' } } as const;
  try {
    return parseArgs({ args: attachValues(args), options, allowPositionals: true, tokens: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [reason = ''] = error.message.split('. To specify');
    throw new UsageError(
      reason.replace(/^./, first => first.toLowerCase()),
      {
        hint: 'See kapso-whatsapp-cli send --help; a text that begins with a dash goes after --text or --',
      },
    );
  }
}

/** Makes what follows `--text` its value, whatever it begins with: parseArgs needs the form `--text=…` for a leading dash. */
function attachValues(args: readonly string[]): string[] {
  const attached: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    const next = args[at + 1];
    if (arg === '--') return [...attached, ...args.slice(at)];
    const option = arg.startsWith('--') ? (sendOptions as Record<string, OptionDeclaration>)[arg.slice(2)] : undefined;
    if (option?.type === 'string' && next !== undefined) {
      attached.push(`${arg}=${next}`);
      at += 1;
    } else attached.push(arg);
  }
  return attached;
}

function readWait(text: string): number {
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds <= longestWait)) throw new UsageError(`--wait takes whole seconds, at most ${longestWait}`);
  return seconds;
}
