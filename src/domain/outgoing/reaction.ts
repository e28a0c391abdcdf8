import type { ReactionContent } from '../content.ts';
import { invalid } from './invalid.ts';

/** One emoji, of however many code points: a flag, a family, a keycap, one with a colour of skin. */
const oneEmoji = /^(?:\p{RGI_Emoji}|\p{Emoji}\ufe0f?)$/v;

/**
 * Makes a reaction to a message of the conversation. An empty emoji takes an earlier reaction off. Throws
 * SEND_CONTENT_INVALID.
 */
export function reaction(messageId: string, emoji: string): ReactionContent {
  const given = emoji.trim();
  const isDigit = /^[\d#*]\ufe0f?$/.test(given);
  if (given !== '' && (isDigit || !oneEmoji.test(given))) {
    throw invalid('a reaction is one emoji', 'Give one, as 👍; words go with --text and --reply-to');
  }
  return { kind: 'reaction', messageId, emoji: given };
}
