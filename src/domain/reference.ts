/** Earlier messages that a message speaks of: what it answers, reacts to, edits or deletes. Pure. */
import { type Content, labelOf, wordsOf } from './content.ts';
import type { InboundMessage, Sender } from './message.ts';

/** An earlier message, as the agent is shown it beside the one that speaks of it. */
export interface Reference {
  /** WhatsApp's id. */
  id: string;
  /** Who wrote it: the business, or a person. */
  by: 'us' | Sender;
  /** Milliseconds since the epoch; null when it is not known. */
  at: number | null;
  /** What it says, cut. It is untrusted text, like that of any message. */
  words: string;
  /** Set when it says something else by now, or nothing: it was edited or deleted. */
  changed?: true;
}

/** An earlier message of the number, as Kapso has it. */
export interface FoundMessage {
  /** Whether the business has sent it, by whatever program or telephone. */
  isOurs: boolean;
  /** The other side's number, in the spelling of the list, or a group's address (`groupAddress`). */
  to: string | null;
  /** The other side's business-scoped user id. */
  userId: string | null;
  /** Milliseconds since the epoch; null when it is not known. */
  at: number | null;
  /** What it says: its attachment's name and its words. It is untrusted text. Empty when nothing of it is known. */
  words: string;
}

/** Characters to show of one. */
const longest = 500;

/** The ids that a message names, each once, in this order. */
export function namedIn({ replyTo, reactsTo, amends }: InboundMessage): string[] {
  return [...new Set([replyTo, reactsTo, amends?.id].filter(id => id !== undefined))];
}

/** Returns what a message of somebody says: its attachment's name and its words, without our other annotations. */
export function saidBy({ text, annotations = 0, media }: InboundMessage): string {
  const words = text.split('\n').slice(annotations).join('\n');
  const label = media === null ? '' : `[${media.kind}${media.filename === null ? '' : `: ${media.filename}`}]`;
  return cut([label, words].filter(Boolean).join(' ') || text);
}

/** Returns what a message of ours says; empty when nothing of it is known. */
export function saidByUs(content: Content): string {
  return cut([labelOf(content), wordsOf(content)].filter(Boolean).join(' '));
}

export function cut(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`.toWellFormed();
}
