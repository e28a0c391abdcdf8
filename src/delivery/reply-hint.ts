import { type ReplyHint, readHint, takeHint } from '../domain/outgoing/reply-hint.ts';
import { isOurs } from '../errors.ts';

/** A run's text, and what it asks for beside it. With a `problem` the text is as the run wrote it, and nothing is asked. */
export interface Hinted {
  text: string;
  hint: ReplyHint;
  problem: string | null;
}

/** Takes what an agent asks for off its text. Of a block that is wrong nothing is lost: it stays in the text. */
export async function readHinted(text: string): Promise<Hinted> {
  const taken = takeHint(text);
  if (taken === null) return { text, hint: {}, problem: null };
  // Loaded only where there is one: it takes some of the start.
  const { parseDocument } = await import('yaml');
  try {
    const document = parseDocument(taken.block, { prettyErrors: false });
    const [error] = document.errors;
    if (error !== undefined) return { text, hint: {}, problem: `it is no YAML: ${error.message}` };
    const hint = readHint(document.toJS({ maxAliasCount: 10 }));
    if (hint.tap !== undefined && taken.text.trim() === '') {
      return { text, hint: {}, problem: 'WhatsApp takes nothing to tap without a text above it' };
    }
    return { text: taken.text, hint, problem: null };
  } catch (error) {
    if (isOurs(error))
      return { text, hint: {}, problem: error.hint ? `${error.message}. ${error.hint}` : error.message };
    // The parser refuses what would take too long.
    return { text, hint: {}, problem: `it cannot be read: ${error instanceof Error ? error.message : error}` };
  }
}
