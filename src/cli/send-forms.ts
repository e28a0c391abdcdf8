/** Every form of a message but a plain text. It is a part of its own: the start of a plain `send` does not load it. */
import type { Content, RawContent } from '../domain/content.ts';
import { contactCards } from '../domain/outgoing/contact-card.ts';
import { buttons, callToAction, flow, list, locationRequest, type Words } from '../domain/outgoing/interactive.ts';
import { readLocation } from '../domain/outgoing/location.ts';
import { rawContent } from '../domain/outgoing/raw.ts';
import { reaction } from '../domain/outgoing/reaction.ts';
import { readButtons, readCallToAction, readFlow, readMenu } from '../domain/outgoing/read-interactive.ts';
import { UsageError } from '../errors.ts';
import { asRecord } from '../narrow.ts';
import { escapeControls } from '../printable.ts';
import { sendingBounds } from './agent-files.ts';
import type { CliContext } from './command.ts';
import { readData, readObject } from './data-file.ts';
import type { Outgoing } from './send-job.ts';
import { mediaMessage } from './send-media.ts';
import {
  type OtherForm,
  onlyText,
  readMessageId,
  type SendOption,
  type SendValues,
  sendOptions,
} from './send-options.ts';
import type { SendSettings } from './send-settings.ts';
import { type TemplateGiven, templateMessage } from './send-template.ts';
import { fromMarkdown, type GivenText, readText, withoutGatewayWords } from './send-text.ts';
import type { Terminal } from './terminal.ts';

export { showRequests } from './send-dry-run.ts';
export { uploadFiles } from './send-upload.ts';

/** What a form is made of. */
interface Given extends TemplateGiven {
  /** The text beside it, in WhatsApp's form; null without one. Only of a form that takes --text. */
  text: string | null;
  terminal: Terminal;
}

/** With what the forms are read. */
interface Surroundings {
  terminal: Terminal;
  context: CliContext;
  /** Whether the configuration file is named on the command line. */
  namesConfig: boolean;
  /** Loads the configuration. */
  settings: () => Promise<SendSettings>;
  /** Asks Kapso; null where nothing may be asked. */
  client: TemplateGiven['client'];
}

interface Form {
  /** The options that it may have, beside those that every form may have. */
  takes: readonly SendOption[];
  /** Returns what is sent. Throws what is wrong, before anything is sent. */
  make(given: Given): Content | Promise<Content>;
}

/** The options of a message with something to tap. */
const wording = ['text', 'markdown', 'header', 'footer', 'reply-to'] as const;

const captioned = ['caption', 'reply-to'] as const;
/** What stands in the header of a template is given by the options of these forms. */
const inHeader = ['image', 'video', 'document', 'location'] as const;

/** The forms by the option that asks for each. A template comes first, since another form may be its header. */
const forms = {
  template: { takes: ['lang', 'param', 'filename', 'reply-to', ...inHeader], make: templateMessage },
  image: { takes: captioned, make: given => mediaMessage('image', given) },
  video: { takes: captioned, make: given => mediaMessage('video', given) },
  audio: { takes: ['reply-to'], make: given => mediaMessage('audio', given) },
  voice: { takes: ['reply-to'], make: given => mediaMessage('voice', given) },
  document: { takes: [...captioned, 'filename'], make: given => mediaMessage('document', given) },
  sticker: { takes: ['reply-to'], make: given => mediaMessage('sticker', given) },
  buttons: {
    takes: wording,
    make: given => buttons(wordsOf(given), readButtons(given.values.buttons ?? '')),
  },
  list: {
    takes: wording,
    make: async given => list(wordsOf(given), readMenu(await readObject('list', given))),
  },
  cta: {
    takes: wording,
    make: given => callToAction(wordsOf(given), readCallToAction(given.values.cta ?? '')),
  },
  flow: {
    takes: wording,
    make: async given => flow(wordsOf(given), readFlow(await readObject('flow', given))),
  },
  'ask-location': {
    takes: ['text', 'markdown', 'reply-to'],
    make: given => locationRequest(wordsOf(given).body),
  },
  contact: {
    takes: ['reply-to'],
    make: async given => contactCards(await readData('contact', given)),
  },
  location: { takes: ['reply-to'], make: ({ values }) => readLocation(values.location ?? '') },
  react: { takes: ['to-message'], make: ({ values }) => reaction(reactedTo(values), values.react ?? '') },
  unreact: { takes: ['to-message'], make: ({ values }) => reaction(reactedTo(values), '') },
  file: {
    takes: [],
    make: async given => withoutWords(rawContent(await readObject('file', given))),
  },
} as const satisfies { readonly [name in SendOption]?: Form };

type FormName = keyof typeof forms;

/** The options that are about the sending, not about what is sent. */
const general: readonly SendOption[] = ['to', 'group', 'dry-run', 'json', 'config', 'wait'];

/**
 * Reads a message that is no plain text. Throws what is wrong with it: two forms at once, an option that does not
 * belong to the form, and what WhatsApp would not take.
 */
export async function readForm({ values, texts }: OtherForm, from: Surroundings): Promise<Outgoing> {
  const given = (Object.keys(sendOptions) as SendOption[]).filter(name => values[name] !== undefined);
  const [name, second] = asked(given);
  if (name === undefined) throw withoutForm(given);
  if (second !== undefined) {
    throw new UsageError(`--${name} and --${second} are both given`, {
      hint: 'Each is a message of its own: send one',
    });
  }
  const form: Form = forms[name];
  const foreign = given.find(option => option !== name && ![...general, ...form.takes].includes(option));
  if (foreign !== undefined && foreign !== 'text') throw notFor(foreign, name);
  const words = onlyText(texts);
  if (words === '-' && given.some(option => values[option] === '-')) {
    throw new UsageError('standard input is asked for twice', {
      hint: 'Give the text with --text "…", or the file by its path',
    });
  }
  if (words !== null && !form.takes.includes('text')) throw textBeside(form, name);
  const { terminal, context, client } = from;
  const { text, leftOut } = await readBody(words, values, terminal);
  const caption = values.caption === undefined ? null : await readText(values.caption, terminal);
  const bounds = () => sendingBounds(context, { ...from, cwd: process.cwd() });
  const content = await form.make({ values, text, caption: caption?.text ?? null, terminal, bounds, client });
  const quote = readMessageId(values, 'reply-to');
  return {
    contents: [quote === undefined ? content : quoting(content, quote)],
    leftOut: [...leftOut, ...(caption?.leftOut ?? [])],
  };
}

/** The forms that are asked for. */
function asked(given: readonly SendOption[]): FormName[] {
  const names = given.filter(isForm);
  return names.includes('template')
    ? ['template', ...names.filter(name => name !== 'template' && !inHeader.some(one => one === name))]
    : names;
}

function quoting(content: Content, quote: string): Content {
  const { kind } = content;
  return kind === 'raw' || kind === 'reaction' || kind === 'template' ? content : { ...content, quote };
}

function isForm(name: SendOption): name is FormName {
  return Object.hasOwn(forms, name);
}

async function readBody(
  words: string | null,
  { markdown = false }: SendValues,
  terminal: Terminal,
): Promise<Omit<GivenText, 'text'> & { text: string | null }> {
  if (words === null) return { text: null, leftOut: [] };
  const { text, leftOut } = await readText(words, terminal);
  return { text: markdown ? await fromMarkdown(text) : text, leftOut };
}

function withoutForm(given: readonly SendOption[]): UsageError {
  const option = given.find(name => name !== 'text' && !general.includes(name)) ?? 'text';
  return new UsageError(`--${option} is given without what it belongs to`, { hint: `It goes with ${hostsOf(option)}` });
}

function notFor(option: SendOption, name: FormName): UsageError {
  return new UsageError(`--${option} does not go with --${name}`, { hint: `It goes with ${hostsOf(option)}` });
}

function textBeside(form: Form, name: FormName): UsageError {
  const hint = form.takes.includes('caption' as SendOption)
    ? 'Words below it go with --caption'
    : 'Send the text by itself, before it or after it';
  return new UsageError(`--${name} takes no text`, { hint });
}

/** Names the options that an option goes with. */
function hostsOf(option: SendOption): string {
  const hosts = Object.entries<Form>(forms).flatMap(([name, { takes }]) =>
    takes.includes(option) ? [`--${name}`] : [],
  );
  const all = ['text', 'markdown', 'preview', 'no-preview', 'reply-to'].includes(option) ? ['--text', ...hosts] : hosts;
  return all.length > 1 ? `${all.slice(0, -1).join(', ')} or ${all.at(-1)}` : (all[0] ?? '--text');
}

/** A request is sent as it is, or not at all. */
function withoutWords(content: RawContent): RawContent {
  const { type, text } = content.fields;
  const body = asRecord(text)?.body;
  if (type !== 'text' || typeof body !== 'string') return content;
  const { leftOut } = withoutGatewayWords(body);
  if (leftOut.length === 0) return content;
  throw new UsageError(`the text of the request has ${escapeControls(leftOut.join(', ')).slice(0, 300)}`, {
    hint: 'That is for your gateway and not for the reader: leave it out',
  });
}

function wordsOf({ values: { header, footer }, text }: Given): Words {
  if (text === null) throw new UsageError('no text', { hint: 'Give the words above what can be tapped with --text' });
  return { body: text, ...(header !== undefined && { header }), ...(footer !== undefined && { footer }) };
}

function reactedTo(values: SendValues): string {
  const id = readMessageId(values, 'to-message');
  if (id !== undefined) return id;
  throw new UsageError('no message to react to', { hint: 'Name it with --to-message wamid.HBg…' });
}
