import type { ReactionContent } from '../content.ts';
import { invalid } from './invalid.ts';

/** One emoji, of however many code points: a flag, a family, a keycap, one with a colour of skin. */
const oneEmoji = /^\p{RGI_Emoji}$/v;
/** Asks for the picture of a character that is also text. Some keyboards leave it out, some put it where it is not needed. */
const asPicture = '\ufe0f';

/**
 * Makes a reaction to a message of the conversation. An empty emoji takes an earlier reaction off. Throws
 * SEND_CONTENT_INVALID.
 */
export function reaction(messageId: string, emoji: string): ReactionContent {
  const given = emoji.trim();
  if (given === '') return { kind: 'reaction', messageId, emoji: '' };
  const bare = given.endsWith(asPicture) ? given.slice(0, -1) : given;
  const found = [given, bare, bare + asPicture].find(one => oneEmoji.test(one));
  if (found === undefined) {
    throw invalid('a reaction is one emoji', 'Give one, as 👍; words go with --text and --reply-to');
  }
  return { kind: 'reaction', messageId, emoji: found };
}
