import { readGatewayWords } from '../agents/openclaw/gateway-words.ts';
import { KapsoWhatsappError, UsageError } from '../errors.ts';
import { escapeControls } from '../printable.ts';
import { trimEndOf } from '../trim-end.ts';
import type { Terminal } from './terminal.ts';

/** UTF-16 units, or 16 messages. A longer text is a mistake or a document, and not for a customer. */
const longestText = 65_536;

export interface GivenText {
  /** The text for the customer. */
  text: string;
  /** The gateway's words that stood in the text, as written. */
  leftOut: readonly string[];
}

/**
 * Reads the text from the command line, or from standard input for `-`. Throws for a text that is not for a customer:
 * an empty one, a book, or only words that the agent's gateway understands.
 */
export async function readText(given: string, terminal: Terminal): Promise<GivenText> {
  const text = given === '-' ? trimEndOf(await terminal.input(4 * longestText), '\r\n') : given;
  if (text.trim() === '') throw emptyText();
  if (text.length > longestText) {
    throw new UsageError(`the text has ${text.length} characters; at most ${longestText} are sent at once`);
  }
  return withoutGatewayWords(text);
}

/** Leaves the words out that are for the agent's gateway. Throws when there are no others. */
export function withoutGatewayWords(text: string): GivenText {
  const spoken = readGatewayWords(text);
  switch (spoken.kind) {
    case 'text':
      return { text: spoken.text, leftOut: spoken.takenOff };
    case 'silence':
      throw new UsageError(
        `nothing was sent: ${spoken.word} tells your gateway that you say nothing, and is no message`,
        {
          hint: 'To say nothing, do not run this command. To send the rest of the text, leave the word out',
        },
      );
    case 'instructions':
      throw new UsageError(`nothing was sent: ${quoted(spoken.takenOff)} is for your gateway, and is no message`, {
        hint: 'A file is sent with --image, --voice, --document and so on, to the address of --to',
      });
  }
}

/** Puts Markdown into WhatsApp's form. Its parser is loaded only here. Throws when nothing is left. */
export async function fromMarkdown(markdown: string): Promise<string> {
  const { toWhatsAppText } = await import('#markdown');
  const text = toWhatsAppText(markdown);
  if (text === '') throw emptyText();
  return text;
}

export function emptyText(): KapsoWhatsappError {
  return new KapsoWhatsappError('SEND_TEXT_EMPTY', 'the text is empty', { hint: 'WhatsApp takes no empty message' });
}

/** The note to print when words were left out. */
export function leftOutNote(leftOut: readonly string[], what: 'sent' | 'would be sent' = 'sent'): string {
  const media = leftOut.some(word => word.startsWith('MEDIA'));
  const file = media ? ' The file was not sent: that goes with --image, --document and so on.' : '';
  return `${what} without ${quoted(leftOut)}, which is for your gateway and not for the reader.${file}`;
}

function quoted(words: readonly string[]): string {
  return escapeControls(words.join(', ')).slice(0, 300);
}
