/** What the agent is told of the medium of a message, below the message. Pure. */
import { asLabel } from '../narrow.ts';
import { humanSize } from './human-size.ts';
import type { InboundMessage } from './message.ts';

/** What became of the medium of a message. */
export type Attached = (
  | {
      kind: 'file';
      /** The absolute path. Its end is a name that `fileName` has made. */
      path: string;
      /** By its content. */
      mimeType: string;
      /** Bytes. */
      size: number;
      /** The agent sees it beside the message: the number of the image, from 1. */
      image?: number;
    }
  /** The agent has the link at most. The reason is a sentence without a final stop. */
  | { kind: 'missing'; reason: string }
) & { words?: FoundWords };

/** The words that a voice message or a document has, and that no person has written down. */
export type FoundWords = { of: 'speech' | 'document' } & (
  | { text: string; cut?: true }
  /** Why there are none: a sentence without a final stop. `hint` says what the operator can do; the agent does not get it. */
  | { failed: string; hint?: string }
);

/**
 * Returns the lines about a medium. They are the bridge's own and begin without a mark, which nobody else can write; the
 * found words are the sender's and are quoted by `quote`.
 *
 * @param images how many images the agent sees beside the messages of the turn
 */
export function attachedLines(attached: Attached, images: number, quote: (text: string) => string): string {
  return [fileLine(attached, images), ...wordsLines(attached.words, quote)].join('\n');
}

function fileLine(attached: Attached, images: number): string {
  if (attached.kind === 'missing') return `Its file could not be obtained: ${sentence(attached.reason)}`;
  const { path, mimeType, size, image } = attached;
  const facts = `${mimeType}, ${humanSize(size)}`;
  if (image === undefined) return `Its file (${facts}) is here: ${path}`;
  const which = images > 1 ? ` as image ${image} of ${images}` : '';
  return `It is attached${which} (${facts}).`;
}

function wordsLines(words: FoundWords | undefined, quote: (text: string) => string): string[] {
  if (words === undefined) return [];
  const ofSpeech = words.of === 'speech';
  if ('failed' in words) {
    return [`${ofSpeech ? 'What is said in it' : 'Its text'} could not be read: ${sentence(words.failed)}`];
  }
  const more = words.cut ? ', the beginning of it' : '';
  return [`${ofSpeech ? 'What is said in it, as a machine has understood it' : 'Its text'}${more}:`, quote(words.text)];
}

/** One line that ends like a sentence. Some reasons have words of a server in them. */
function sentence(reason: string): string {
  const line = asLabel(reason, 300) ?? 'the reason is not known';
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

/** Returns the text of a message without the link to its medium, which the agent has already. */
export function withoutLink({ text, annotations = 0, media }: InboundMessage): string {
  const lines = text.split('\n');
  const line = lines[annotations - 1];
  if (!media?.url || line === undefined || !line.endsWith(` ${media.url}`)) return text;
  lines[annotations - 1] = line.slice(0, -media.url.length - 1);
  return lines.join('\n');
}
