import { createHash } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { MediaError } from './errors.ts';
import { headLength } from './file-type.ts';

/** A file that is being written. */
export interface IncomingFile {
  /** Writes the next bytes. Throws a MediaError of the kind `too-large` before the file exceeds the limit, or `disk`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends it. `head` has the first bytes, for `typeOfContent`. `sha256` is hexadecimal. */
  finish(): Promise<{ bytes: number; sha256: string; head: Uint8Array }>;
  /** Takes back what was written: a file that was made here is removed, a caller's is emptied. Never throws. */
  undo(): Promise<void>;
}

/**
 * Begins a file. A path must not exist yet; it gets mode 0600. A handle stays the caller's, and must be that of an empty
 * file.
 */
export async function receiveInto(into: string | FileHandle, maxBytes: number): Promise<IncomingFile> {
  const file = typeof into === 'string' ? await writing(() => open(into, 'wx', 0o600)) : into;
  const hash = createHash('sha256');
  const head: Uint8Array[] = [];
  let kept = 0;
  let bytes = 0;
  const close = async () => {
    if (typeof into === 'string') await file.close();
  };
  return {
    async write(chunk) {
      if (bytes + chunk.length > maxBytes) throw tooLarge(maxBytes);
      if (kept < headLength) {
        const part = Uint8Array.from(chunk.subarray(0, headLength - kept));
        head.push(part);
        kept += part.length;
      }
      hash.update(chunk);
      // By place: a handle that an earlier attempt has used stands behind what was taken back.
      const at = bytes;
      bytes += chunk.length;
      for (let done = 0; done < chunk.length; ) {
        const { bytesWritten } = await writing(() => file.write(chunk, done, chunk.length - done, at + done));
        done += bytesWritten;
      }
    },
    async finish() {
      await writing(close);
      return { bytes, sha256: hash.digest('hex'), head: Buffer.concat(head) };
    },
    async undo() {
      if (typeof into === 'string') {
        await close().catch(() => {});
        await unlink(into).catch(() => {});
      } else await file.truncate(0).catch(() => {});
    },
  };
}

/** The error of a file above the limit. `announced` is its size in bytes, where the server says it. */
export function tooLarge(maxBytes: number, announced?: number): MediaError {
  const size =
    announced === undefined ? `more than ${maxBytes} bytes` : `${announced} bytes, and the limit is ${maxBytes}`;
  return new MediaError('too-large', `the file was not kept: it has ${size}`);
}

async function writing<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOSPC' || code === 'EDQUOT' ? 'no space is left' : message;
    throw new MediaError('disk', `the file could not be written: ${why}`, { cause: error });
  }
}
