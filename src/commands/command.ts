/** The commands that an operator gives by WhatsApp. */
import type { InboundMessage } from '../domain/message.ts';
import { isUserId } from '../domain/recipient.ts';

export type Command =
  | { do: 'status' }
  /** Begins a new session of the operator's own conversation. */
  | { do: 'new' }
  /** Stops the run that is in progress in the operator's own conversation. */
  | { do: 'stop' }
  /** Starts no run for a conversation, the own one without an address, for a time or until `unmute`. */
  | { do: 'mute'; address: string | null; minutes: number | null }
  | { do: 'unmute'; address: string | null };

/** Who has this role may give commands. */
export const operatorRole = 'admin';

/** Returns the text of a message when it is a command and nothing else: no edit, quote or caption, and not in a group. */
export function commandIn({
  type,
  text,
  annotations = 0,
  media,
  notice,
  amends,
  groupId,
}: InboundMessage): string | null {
  const isPlain = type === 'text' && annotations === 0 && media === null && !notice && !amends && groupId === undefined;
  return isPlain && readCommand(text) !== null ? text.trim() : null;
}

/** A year. */
const mostMinutes = 366 * 24 * 60;

/**
 * Reads a command. Returns null for every other text, which is an ordinary message: an unknown command, one with more
 * or other words behind it, and one within a text. Capitals do not matter, as telephones begin with one by themselves.
 */
export function readCommand(text: string): Command | null {
  const [name = '', ...words] = text.trim().split(/[ \t]+/);
  if (!/^![a-z]+$/i.test(name)) return null;
  switch (name.toLowerCase()) {
    case '!status':
      return words.length === 0 ? { do: 'status' } : null;
    case '!new':
      return words.length === 0 ? { do: 'new' } : null;
    case '!stop':
      return words.length === 0 ? { do: 'stop' } : null;
    case '!mute':
      return readMute(words);
    case '!unmute':
      return readUnmute(words);
    default:
      return null;
  }
}

function readMute(words: readonly string[]): Command | null {
  const address = addressIn(words[0]);
  const [minutes, ...more] = address === null ? words : words.slice(1);
  if (more.length > 0) return null;
  if (minutes === undefined) return { do: 'mute', address, minutes: null };
  if (!/^[1-9][0-9]{0,5}$/.test(minutes) || Number(minutes) > mostMinutes) return null;
  return { do: 'mute', address, minutes: Number(minutes) };
}

function readUnmute([word, ...more]: readonly string[]): Command | null {
  const address = addressIn(word);
  if (more.length > 0 || (word !== undefined && address === null)) return null;
  return { do: 'unmute', address };
}

/** A number, with + or without, or a user id. A number of minutes is never as long. */
function addressIn(word: string | undefined): string | null {
  if (word === undefined) return null;
  if (/^\+?[1-9][0-9]{6,14}$/.test(word)) return word.startsWith('+') ? word : `+${word}`;
  return isUserId(word) ? word : null;
}
