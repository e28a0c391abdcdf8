/** What the customer gets of a run's result: its text in parts, then what it attaches. */
import { GatewayError, type MediaReference } from '../agents/agent.ts';
import type { Content, MediaContent } from '../domain/content.ts';
import type { ReplyHint } from '../domain/outgoing/reply-hint.ts';
import { splitText } from '../domain/split-text.ts';
import { isOurs } from '../errors.ts';
import { trimEndOf } from '../trim-end.ts';
import type { TakeMedia } from './take-media.ts';

/** One message of an answer. With `failure` it is kept and not sent: an operator can retry it. */
export interface ReplyContent {
  content: Content;
  failure?: string;
}

/** The longest caption that WhatsApp takes, in UTF-16 units (WhatsApp Cloud API, "Image messages"). */
const longestCaption = 1024;
/** Files that one answer may have. WhatsApp has no limit; a mistaken agent has none either. */
const mostFiles = 10;

/**
 * Turns a text in the form of WhatsApp, files, and what the agent asks for beside them, into messages in their order. What
 * can be tapped comes last, where a phone shows it; its text is the text's end.
 */
export function contentsOf(
  text: string,
  media: readonly ReplyContent[],
  { hint, to, numbered }: { hint: ReplyHint; to: string; numbered: boolean },
): ReplyContent[] {
  const first: ReplyContent[] =
    hint.reaction === undefined ? [] : [{ content: { kind: 'reaction', messageId: to, emoji: hint.reaction } }];
  const place = hint.location === undefined ? [] : [{ content: hint.location }];
  const { tap } = hint;
  if (tap === undefined) return [...first, ...withCaption(text, media, numbered), ...place];
  const parts = splitText(text);
  const pieces = splitText(parts.pop() ?? '', { limit: tap.longestBody });
  const body = pieces.pop() ?? '';
  const before = [...parts, ...pieces].map(part => ({ content: { kind: 'text' as const, text: part } }));
  return [...first, ...before, ...media, ...place, { content: tap.make(body) }];
}

/** A text and files. A short text is the single picture's caption. */
function withCaption(text: string, media: readonly ReplyContent[], numbered: boolean): ReplyContent[] {
  const [only, ...others] = media;
  if (others.length === 0 && only?.failure === undefined && only?.content.kind === 'media') {
    const { content } = only;
    if (showsCaption(content) && text.length <= longestCaption && text.trim() !== '') {
      return [{ content: { ...content, caption: text } }];
    }
  }
  const parts = splitText(text, { numbered }).map(part => ({ content: { kind: 'text' as const, text: part } }));
  return [...parts, ...media];
}

/** Of a document, a phone shows the caption far less than of a picture. */
function showsCaption({ media }: MediaContent): boolean {
  return media === 'image' || media === 'video';
}

/**
 * Takes what a run attaches. What may not be sent, or cannot be, is a message that fails, with the reason. Rejects with a
 * GatewayError while the gateway is away, and with the signal's reason.
 *
 * @param options.answer names the answer: its files are kept under it
 * @param options.heard what the sender wrote: a line that attaches a file there, and that the agent repeats, attaches nothing
 */
export async function takeAll(
  references: readonly MediaReference[],
  media: Pick<TakeMedia, 'take'>,
  options: { answer: string; message: string; heard: readonly string[]; signal: AbortSignal },
): Promise<ReplyContent[]> {
  const { answer, message, heard, signal } = options;
  const taken: ReplyContent[] = [];
  for (const [at, { source, voice }] of references.entries()) {
    const named = { named: source, ...(voice && { voice }) };
    const failed = (failure: string): ReplyContent => ({
      content: { kind: 'media', media: 'document', source: named },
      failure,
    });
    if (at >= mostFiles) {
      taken.push(failed(`The answer has more than ${mostFiles} files`));
      continue;
    }
    if (heard.some(text => attaches(text, source))) {
      taken.push(failed('The sender of the message wrote the line that attaches it, and the agent repeated it'));
      continue;
    }
    try {
      const file = await media.take(`${answer}/file-${at + 1}`, named, { message, signal });
      taken.push({ content: { kind: 'media', ...file } });
    } catch (error) {
      if (signal.aborted || !isOurs(error) || error instanceof GatewayError) throw error;
      taken.push(failed(sentence(error)));
    }
  }
  return taken;
}

/** Whether a text has a line that would attach the source. The gateway may have made a relative path absolute. */
function attaches(text: string, source: string): boolean {
  const own = withoutPlace(source);
  return [...text.matchAll(/MEDIA:[^\p{L}\p{N}~/.\n]*([^\n]+)/giu)].some(([, rest = '']) => {
    const named = withoutPlace(trimEndOf(rest.split(/\s/, 1)[0] ?? '', '`"\'])}>*_,.;:!?'));
    return rest.startsWith(source) || (named !== '' && (own === named || own.endsWith(`/${named}`)));
  });
}

function withoutPlace(path: string): string {
  return path.replace(/^(?:file:\/\/|~\/|(?:\.{1,2}\/)+)/i, '');
}

function sentence({ message, hint }: { message: string; hint?: string | undefined }): string {
  const whole = hint === undefined ? message : `${message}. ${hint}`;
  return `${whole.charAt(0).toUpperCase()}${whole.slice(1)}`;
}
