/** The text of a file that came with a message: the words of a voice message, the text of a document. */
import { trimEndOf } from '../trim-end.ts';

/** A file that was stored, with what is known of its content. */
export interface StoredFile {
  /** The absolute path. */
  path: string;
  /** By its content: `audio/ogg; codecs=opus`, `application/pdf`. */
  mimeType: string;
  /** Bytes. */
  size: number;
  /** SHA-256 of the content, in lower-case hex. */
  sha256: string;
}

export type TextOf =
  /**
   * Text that the sender of the file decides about: it is trusted as little as the words of a message. `cut` is set when
   * the file has more of it.
   */
  | { kind: 'text'; text: string; cut?: true }
  /**
   * Why there is no text: a sentence for the agent and the log, without a final stop, brackets and secrets. `hint` says what
   * the operator can do; it is for the log alone.
   */
  | { kind: 'failed'; reason: string; hint?: string };

/**
 * Finds the text of a file. Rejects with the signal's reason when that aborts, and on a defect; every other failure is
 * a result.
 */
export type FindText = (file: StoredFile, signal: AbortSignal) => Promise<TextOf>;

/** Why a file has no text, as the sentence of the result. */
export class NoTextError extends Error {
  readonly hint: string | undefined;

  constructor(reason: string, hint?: string) {
    super(reason);
    this.hint = hint;
  }
}

/** Makes a result of why there is no text. Throws every other error again. */
export function noText(error: unknown): TextOf {
  if (!(error instanceof NoTextError)) throw error;
  return { kind: 'failed', reason: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}

/**
 * Makes text of what a program or a service gave: lines without blanks at their end, without control characters other
 * than tabs, and of at most `limit` characters.
 *
 * @throws NoTextError when nothing of it can be read
 */
export function foundText(given: string, limit: number, nothing: string): TextOf {
  const lines = given
    .slice(0, 2 * limit)
    .replace(/\r\n?|[\f\v\u0085\u2028\u2029]/g, '\n')
    .replace(/[^\P{Cc}\t\n]/gu, '')
    .split('\n')
    .map(line => trimEndOf(line, ' \t\u00a0'));
  const text = lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
    .toWellFormed();
  if (text === '') throw new NoTextError(nothing);
  if (text.length <= limit && given.length <= 2 * limit) return { kind: 'text', text };
  return { kind: 'text', text: `${text.slice(0, limit - 1)}…`.toWellFormed(), cut: true };
}

/** The type without its parameters: `audio/ogg` of `audio/ogg; codecs=opus`. */
export function plainType(mimeType: string): string {
  return (mimeType.split(';')[0] ?? '').trim().toLowerCase();
}
