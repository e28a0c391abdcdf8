/** What a customer is to get, in any of WhatsApp's forms (Kapso API, "Send a message"). */
import type { MediaKind } from './message.ts';

/** Where the bytes of a media message come from. */
export type MediaSource =
  /** A file that was uploaded to the number that sends it: Kapso's id of it. */
  | { id: string }
  /** A public address. WhatsApp fetches it. */
  | { link: string }
  /** A file on this machine. It is uploaded before the message is sent. `uploaded` is Kapso's id of it, once it was. */
  | { file: OutgoingFile; uploaded?: string }
  /** What the agent named and nothing was taken from: why not, its row in the outbox says. It is taken when that is retried. */
  | { named: string; voice?: true };

export interface OutgoingFile {
  /** The absolute path. */
  path: string;
  /** The type that is declared at the upload, by the file's content: `image/png`, `audio/ogg; codecs=opus`. */
  mimeType: string;
  /** The name that is declared at the upload. Its ending agrees with the type. */
  name: string;
  /** Bytes. */
  size: number;
  /** The machine that has it, where another one may have to send the message. */
  machine?: string;
  /** Device and number of the file that was looked at, where no other may be taken in its place. */
  inode?: string;
}

interface Quoting {
  /** The WhatsApp id of the message to quote. */
  quote?: string;
}

export interface TextContent extends Quoting {
  kind: 'text';
  text: string;
  /** Whether the first link of a text gets a preview. Absent leaves that to Kapso. */
  preview?: boolean;
}

export interface MediaContent extends Quoting {
  kind: 'media';
  media: MediaKind;
  source: MediaSource;
  /** Only of an image, a video or a document. */
  caption?: string;
  /** The name that the customer sees. Only of a document. */
  filename?: string;
  /** Plays as a voice note. Only of an audio in Ogg with Opus. */
  voice?: true;
}

export interface LocationContent extends Quoting {
  kind: 'location';
  /** Degrees. */
  latitude: number;
  longitude: number;
  name?: string;
  address?: string;
}

export interface ContactsContent extends Quoting {
  kind: 'contacts';
  /** Meta's objects: `{name: {formatted_name, first_name}, phones: […]}`. At least one. */
  contacts: readonly object[];
}

export interface ReactionContent {
  kind: 'reaction';
  /** The WhatsApp id of the message that gets the reaction. */
  messageId: string;
  /** Takes an earlier reaction off when it is empty. */
  emoji: string;
}

export interface InteractiveContent extends Quoting {
  kind: 'interactive';
  /** Meta's object: `{type: 'button', body: {text}, action: {…}}`. */
  interactive: { readonly type: string } & Readonly<Record<string, unknown>>;
}

/** An approved template with the text as the only parameter of its body. */
export interface TextTemplateContent {
  kind: 'template';
  name: string;
  language: string;
  text: string;
}

/** An approved template with all its parameters. */
export interface TemplateContent extends Quoting {
  kind: 'filled-template';
  name: string;
  language: string;
  /** Meta's objects: `{type: 'body', parameters: […]}`. */
  components: readonly object[];
}

/** Any other form: Meta's fields beside the recipient, as they are given. */
export interface RawContent {
  kind: 'raw';
  /** `{type: 'text', text: {…}}`. */
  fields: { readonly type: string } & Readonly<Record<string, unknown>>;
}

export type Content =
  | TextContent
  | MediaContent
  | LocationContent
  | ContactsContent
  | ReactionContent
  | InteractiveContent
  | TextTemplateContent
  | TemplateContent
  | RawContent;

/** The words of a content, as far as it has any: what a reader of a list sees. Empty for one without. */
export function wordsOf(content: Content): string {
  switch (content.kind) {
    case 'text':
    case 'template':
      return content.text;
    case 'media':
      return content.caption ?? '';
    case 'location':
      return [content.name, content.address].filter(Boolean).join(', ');
    case 'reaction':
      return content.emoji;
    case 'interactive': {
      const { body } = content.interactive;
      return isRecord(body) && typeof body.text === 'string' ? body.text : '';
    }
    case 'contacts':
    case 'filled-template':
    case 'raw':
      return '';
  }
}

/** What a content is, where it is no text, and its words: `[image] Here it is`. */
export function summaryOf(content: Content): string {
  return [labelOf(content), wordsOf(content)].filter(Boolean).join(' ');
}

/** Says in one line what a content is, in brackets, before its words: `[image]`. Empty for a text. */
export function labelOf(content: Content): string {
  switch (content.kind) {
    case 'text':
      return '';
    case 'media':
      return content.voice ? '[voice message]' : `[${content.media}${content.filename ? `: ${content.filename}` : ''}]`;
    case 'location':
      return `[location: ${content.latitude}, ${content.longitude}]`;
    case 'contacts':
      return content.contacts.length === 1 ? '[contact card]' : `[${content.contacts.length} contact cards]`;
    case 'reaction':
      return content.emoji === '' ? '[reaction removed]' : '[reaction]';
    case 'interactive':
      return `[${content.interactive.type}]`;
    case 'template':
    case 'filled-template':
      return `[template: ${content.name}]`;
    case 'raw':
      return `[${content.fields.type}]`;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
