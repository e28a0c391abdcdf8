import { isoMedia, matroska, mpegAudio, ogg, oleDocument, png, riff, zip } from './containers.ts';
import type { FileType } from './file-kind.ts';
import { byMagic } from './magic-numbers.ts';
import { textType } from './text-content.ts';

export type { FileType } from './file-kind.ts';

/** Bytes from the beginning of a file that are enough for `typeOfContent`. */
export const headLength = 16 * 1024;

/**
 * Tells a file's type from its first bytes. Neither its name nor what somebody declares of it counts. Null for one that
 * is not known.
 */
export function typeOfContent(head: Uint8Array): FileType | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, headLength));
  return (
    png(bytes) ??
    riff(bytes) ??
    isoMedia(bytes) ??
    ogg(bytes) ??
    matroska(bytes) ??
    zip(bytes) ??
    oleDocument(bytes) ??
    byMagic(bytes) ??
    textType(bytes) ??
    mpegAudio(bytes)
  );
}
