/** The tracks of MP4 and its relatives (ISO/IEC 14496-12), wherever in the file their index is. */
import type { FileHandle } from 'node:fs/promises';

export interface Track {
  kind: 'video' | 'audio' | 'other';
  /** The four letters of the coding: `avc1`, `mp4a`. Null where it is not said. */
  codec: string | null;
}

/** Bytes of an index (`moov`). That of a film of two hours has 5 MB. */
const largestIndex = 32 * 1024 * 1024;
/** Boxes at the top of a file. Fragments have two each. */
const mostBoxes = 10_000;

/** Reads the tracks from a file's index. Null when there is none, or it is damaged. Throws what reading throws. */
export async function isoTracks(handle: FileHandle, size: number): Promise<Track[] | null> {
  const head = Buffer.alloc(16);
  let at = 0;
  for (let box = 0; box < mostBoxes && at + 8 <= size; box += 1) {
    const { bytesRead } = await handle.read(head, 0, 16, at);
    if (bytesRead < 8) return null;
    const length = lengthOf(head.subarray(0, bytesRead), size - at);
    if (length === null) return null;
    if (head.toString('latin1', 4, 8) === 'moov') {
      if (length > largestIndex) return null;
      const index = Buffer.alloc(length);
      const read = await handle.read(index, 0, length, at);
      return read.bytesRead === length ? tracksOf(index) : null;
    }
    at += length;
  }
  return null;
}

/** The length of a box with its header, in bytes: 1 announces a long one, 0 goes to the end. Null for one that cannot be. */
function lengthOf(head: Buffer, left: number): number | null {
  const short = head.readUInt32BE(0);
  if (short === 1 && head.length < 16) return null;
  const length = short === 1 ? Number(head.readBigUInt64BE(8)) : short === 0 ? left : short;
  return length >= 8 && length <= left ? length : null;
}

function tracksOf(index: Buffer): Track[] {
  return boxesIn(index.subarray(8), 'trak').map(track => {
    const media = boxesIn(track, 'mdia')[0] ?? Buffer.alloc(0);
    // Behind a version and a number of four bytes each.
    const handler = boxesIn(media, 'hdlr')[0]?.toString('latin1', 8, 12);
    const table = boxesIn(boxesIn(media, 'minf')[0], 'stbl')[0];
    const description = boxesIn(table, 'stsd')[0];
    // Behind a version, the number of entries, and the first entry's length.
    const codec = description && description.length >= 16 ? description.toString('latin1', 12, 16) : null;
    return { kind: handler === 'vide' ? 'video' : handler === 'soun' ? 'audio' : 'other', codec };
  });
}

/** The contents of the boxes of one type that stand next to each other. */
function boxesIn(content: Buffer | undefined, type: string): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; content !== undefined && at + 8 <= content.length; ) {
    const box = content.subarray(at);
    const length = lengthOf(box, box.length);
    if (length === null) break;
    if (box.toString('latin1', 4, 8) === type) found.push(box.subarray(box.readUInt32BE(0) === 1 ? 16 : 8, length));
    at += length;
  }
  return found;
}
