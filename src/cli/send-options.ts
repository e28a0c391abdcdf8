import { parseArgs } from 'node:util';
import { UsageError } from '../errors.ts';
import { fromOption } from './chosen-account.ts';

export interface OptionDeclaration {
  readonly type: 'string' | 'boolean';
  /** May be given several times. */
  readonly multiple?: true;
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
    multiple: true,
    value: 'ADDRESS',
    describe: 'the recipient: + and country code and number, or a user id (US.1349…); again for each further one',
  },
  group: { type: 'string', value: 'ID', describe: 'the group that gets it, in the place of --to' },
  from: fromOption,
  text: { type: 'string', value: 'TEXT', describe: 'the text; - reads standard input' },
  markdown: { type: 'boolean', describe: "the text is Markdown: put it into WhatsApp's form" },
  preview: { type: 'boolean', describe: 'show a preview of the first link in the text' },
  'no-preview': { type: 'boolean', describe: 'show no preview of a link' },
  'reply-to': { type: 'string', value: 'ID', describe: 'quote the message with this id' },
  image: { type: 'string', value: 'FILE', describe: 'send an image: a path, or an https address' },
  video: { type: 'string', value: 'FILE', describe: 'send a video' },
  audio: { type: 'string', value: 'FILE', describe: 'send an audio file' },
  voice: { type: 'string', value: 'FILE', describe: 'send a voice message: Ogg with Opus, in mono' },
  document: { type: 'string', value: 'FILE', describe: 'send a file as a document' },
  sticker: { type: 'string', value: 'FILE', describe: 'send a sticker: WebP' },
  caption: { type: 'string', value: 'TEXT', describe: 'the text below an image, a video or a document' },
  filename: { type: 'string', value: 'NAME', describe: 'the name that the reader of a document sees' },
  template: { type: 'string', value: 'NAME', describe: 'send a message template' },
  lang: { type: 'string', value: 'LANGUAGE', describe: "the template's language: en_US, de" },
  param: {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    describe: 'a parameter of the template, or VALUE alone for a numbered one; again for each further one',
  },
  buttons: { type: 'string', value: 'TITLE|TITLE|TITLE', describe: 'put up to three buttons below the text' },
  list: { type: 'string', value: 'FILE', describe: 'put a list to choose from below the text: YAML or JSON' },
  cta: { type: 'string', value: 'TITLE=URL', describe: 'put a button that opens a web page below the text' },
  flow: { type: 'string', value: 'FILE', describe: 'put a button that opens a form below the text: YAML or JSON' },
  'ask-location': { type: 'boolean', describe: 'put a button below the text by which the reader sends a location' },
  header: { type: 'string', value: 'TEXT', describe: 'a line above the text of what can be tapped' },
  footer: { type: 'string', value: 'TEXT', describe: 'small print below it' },
  contact: { type: 'string', value: 'FILE', describe: 'send the contacts of a vCard' },
  location: { type: 'string', value: 'LAT,LON[,NAME[,ADDRESS]]', describe: 'send a place' },
  react: {
    type: 'string',
    value: 'EMOJI',
    describe: 'react to the message of --to-message; an empty one takes it off',
  },
  unreact: { type: 'boolean', describe: 'take the reaction to the message of --to-message off' },
  'to-message': { type: 'string', value: 'ID', describe: 'the message that --react and --unreact are about' },
  file: {
    type: 'string',
    value: 'FILE',
    describe: "send a request of Kapso's API without its recipient: JSON or YAML",
  },
  'dry-run': { type: 'boolean', describe: 'print the requests as JSON, and send nothing' },
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

export type SendOption = keyof typeof sendOptions;

/** The options that a plain text may have. With any other one the form is read by send-forms.ts, which loads later. */
const textOptions: ReadonlySet<string> = new Set<SendOption>([
  ...([
    'to',
    'group',
    'from',
    'text',
    'markdown',
    'preview',
    'no-preview',
    'reply-to',
    'dry-run',
    'json',
    'config',
    'wait',
  ] as const),
]);

export interface SendArguments {
  /** Whom it is for, as given: addresses of persons, or the id of a group. At least one. */
  recipients: readonly GivenRecipient[];
  form: TextForm | OtherForm;
  /** Only shows what would be sent. */
  dryRun: boolean;
  json: boolean;
  config: string | undefined;
  /** The name or phone number id of the account that sends. */
  from: string | undefined;
  /** The id of the message that is quoted or reacted to. */
  about: string | undefined;
  /** Seconds to keep trying. */
  wait: number;
  /** Seconds to give up after when Kapso cannot be reached. */
  reachWithin: number;
}

export type GivenRecipient = { to: string } | { group: string };

export interface TextForm {
  kind: 'text';
  /** As given. `-` is standard input. */
  text: string;
  markdown: boolean;
  preview?: boolean;
  /** The id of the message to quote. */
  quote?: string;
}

/** Anything but a plain text. */
export interface OtherForm {
  kind: 'other';
  values: SendValues;
  /** What --text and the words beside the options say. */
  texts: readonly string[];
}

/** The options as given, each as its declaration says. */
export type SendValues = {
  readonly [name in SendOption]?: (typeof sendOptions)[name] extends { multiple: true }
    ? readonly string[]
    : (typeof sendOptions)[name]['type'] extends 'boolean'
      ? boolean
      : string;
};

const defaultWait = 60;
/** Nobody should wait a minute to read that there is no network. */
const defaultReachWithin = 10;
const longestWait = 600;
/** Meant for a few people. A campaign goes by another way. */
const mostRecipients = 100;

/**
 * Reads the arguments after the word `send`. Null when they ask for help. An option's value may begin with a dash, as a
 * text often does (a list). Throws a `UsageError` for whatever could be meant in two ways.
 */
export function parseSend(args: readonly string[]): SendArguments | null {
  const { values, positionals, tokens } = parse(args);
  const { help, ...given } = values;
  if (help) return null;
  const names = tokens.flatMap(token => (token.kind === 'option' ? [token.name] : []));
  const repeated = names.find((name, at) => names.indexOf(name) !== at && !isMultiple(name));
  if (repeated) throw new UsageError(`--${repeated} is given more than once`);

  const { to, group, text, json = false, config, from, wait } = given;
  const recipients = readRecipients(to, group);
  const texts = text === undefined ? positionals : [text, ...positionals];
  const isText = names.every(name => textOptions.has(name));
  const form: SendArguments['form'] = isText ? readTextForm(given, texts) : { kind: 'other', values: given, texts };
  const seconds = wait === undefined ? undefined : readWait(wait);
  return {
    recipients,
    form,
    dryRun: given['dry-run'] === true,
    json,
    config,
    from,
    about: readMessageId(given, 'reply-to') ?? readMessageId(given, 'to-message'),
    wait: seconds ?? defaultWait,
    reachWithin: seconds ?? defaultReachWithin,
  };
}

function isMultiple(name: string): boolean {
  return (sendOptions as Record<string, OptionDeclaration>)[name]?.multiple === true;
}

function readTextForm(values: SendValues, texts: readonly string[]): TextForm {
  const text = onlyText(texts);
  if (text === null) throw new UsageError('no text', { hint: 'Give one with --text "…", or - to read it' });
  const { markdown = false } = values;
  const quote = readMessageId(values, 'reply-to');
  return { kind: 'text', text, markdown, ...readPreview(values), ...(quote !== undefined && { quote }) };
}

/** Returns the one text that is given; null without one. Throws a `UsageError` for several. */
export function onlyText(texts: readonly string[]): string | null {
  if (texts.length <= 1) return texts[0] ?? null;
  throw new UsageError(`${texts.length} texts are given`, {
    hint: 'Give one, in quotes: --text "…", or the text alone, or - for standard input',
  });
}

export function readPreview({ preview, 'no-preview': none }: SendValues): { preview?: boolean } {
  if (preview && none) throw new UsageError('--preview and --no-preview are both given', { hint: 'Give one of them' });
  return preview || none ? { preview: preview === true } : {};
}

/** Reads the id of a message, as `send` prints it and as the gateway names it to the agent. */
export function readMessageId(values: SendValues, option: 'reply-to' | 'to-message'): string | undefined {
  const id = values[option]?.trim();
  if (id === undefined || /^[\x21-\x7e]{1,512}$/.test(id)) return id;
  throw new UsageError(`--${option} is no id of a message`, {
    hint: 'Give the id as the message has it: wamid.HBg…',
  });
}

/** What is sent goes to persons, or to one group. */
function readRecipients(to: readonly string[] | undefined, group: string | undefined): readonly GivenRecipient[] {
  if (to !== undefined && group !== undefined) {
    throw new UsageError('--to and --group are both given', {
      hint: 'A person is named with --to, a group with --group',
    });
  }
  if (group !== undefined) return [{ group }];
  if (to === undefined) throw new UsageError('no recipient', { hint: 'Give one with --to +15551234567' });
  if (to.length > mostRecipients) {
    throw new UsageError(`${to.length} recipients are given; one send takes at most ${mostRecipients}`, {
      hint: 'Run it once for each part of them',
    });
  }
  return to.map(address => ({ to: address }));
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
