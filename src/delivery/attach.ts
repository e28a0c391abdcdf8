/** The media of a run: what is obtained before it begins, and which images the agent sees beside the message. */
import { promises } from 'node:fs';
import { basename } from 'node:path';
import type { Attachment, ImageLimits } from '../agents/agent.ts';
import type { Attached } from '../domain/attached.ts';
import type { InboundMessage, Media } from '../domain/message.ts';
import { collectGarbage } from '../memory.ts';

/** What a message with a medium gives the agent, or why it is not there yet. */
export type Obtained = Attached | { kind: 'not yet'; reason: string };

export interface RunMedia {
  /** Whether the agent gets media as files; else it has their links. The function is called each time. */
  asFiles: () => boolean;
  /**
   * Obtains the medium of a message. `patient`: it may be told to come again, for as long as the settings say. Rejects with
   * the reason of the signal, and on defects.
   */
  obtain(
    message: Pick<InboundMessage, 'id' | 'timestamp'> & { media: Media },
    options: { patient: boolean; signal: AbortSignal },
  ): Promise<Obtained>;
}

/** Obtains the medium of a message; null when it has none that is fetched. */
export async function obtainFor(
  media: RunMedia | undefined,
  { id, timestamp, media: medium }: InboundMessage,
  options: { patient: boolean; signal: AbortSignal },
): Promise<Obtained | null> {
  // Its words are in the message already.
  if (media === undefined || medium === null || medium.transcribed || !media.asFiles()) return null;
  return media.obtain({ id, timestamp, media: medium }, options);
}

/** Images of one run. */
const mostImages = 10;
/** What models take as images. Others are files for the agent's tools. */
const seen: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif']);

/** Whether the agent sees it as an image, where its gateway takes one of that size. */
export function isImage(one: Attached): boolean {
  return one.kind === 'file' && seen.has(one.mimeType);
}

/** Bytes from which a buffer has memory of its own. */
const large = 1_000_000;

/**
 * Bytes of handed over images after which the collector runs. Their forms in the frame take four times as much, and by
 * itself it would wait until they have taken twice what the program needs otherwise.
 */
const collectedAfter = 4_000_000;

let handedOver = 0;

/** Gives the memory of images back that were handed over. The collector alone would keep dozens of them for a while. */
export function releaseImages(attachments: readonly Attachment[]): void {
  for (const { content } of attachments) {
    if (content.length < large) continue;
    handedOver += content.length;
    (content.buffer as ArrayBuffer).transfer(0);
  }
  if (handedOver < collectedAfter) return;
  handedOver = 0;
  collectGarbage();
}

/**
 * Reads the images that the agent is to see, within the limits of its gateway: the newest message's first. The others
 * stay files.
 *
 * @param media by the ids of the messages, the oldest first
 */
export async function attachImages(
  media: ReadonlyMap<string, Attached>,
  limits: ImageLimits | null,
): Promise<{ attached: ReadonlyMap<string, Attached>; attachments: Attachment[] }> {
  const chosen = new Map<string, Attachment>();
  let left = limits?.maxBytes ?? 0;
  for (const [id, one] of [...media].reverse()) {
    if (limits === null || chosen.size === mostImages || one.kind !== 'file' || !isImage(one)) continue;
    if (one.size === 0 || one.size > Math.min(left, limits.maxImageBytes)) continue;
    const content = await readWhole(one.path, one.size);
    if (content === null) continue;
    left -= content.length;
    chosen.set(id, { mimeType: one.mimeType, fileName: basename(one.path), content });
  }
  const attachments: Attachment[] = [];
  const attached = new Map<string, Attached>();
  for (const [id, one] of media) {
    const attachment = chosen.get(id);
    if (attachment) attachments.push(attachment);
    attached.set(id, attachment && one.kind === 'file' ? { ...one, image: attachments.length } : one);
  }
  return { attached, attachments };
}

/** Returns the content of a file; null when it is gone or another one by now. */
async function readWhole(path: string, size: number): Promise<Buffer | null> {
  try {
    const content = await promises.readFile(path);
    return content.length === size ? content : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
