import { openSync, writeSync } from 'node:fs';
import { KapsoWhatsappError } from '../errors.ts';

/**
 * Writes a text, or bytes, to a file descriptor before it returns, for programs that print and end. It waits for a full pipe. A
 * reader that has gone away (`| head`) is no error. Returns whether there still is one.
 *
 * @param name what errors call it
 * @throws KapsoWhatsappError `OUTPUT_FAILED`, e.g. when the disk is full
 */
export function writeAll(
  fd: number,
  text: string | Uint8Array,
  name: string = fd === 1 ? 'standard output' : 'standard error',
): boolean {
  let rest = typeof text === 'string' ? Buffer.from(text) : text;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'EPIPE') return false;
      if (code !== 'EAGAIN') {
        throw new KapsoWhatsappError('OUTPUT_FAILED', `${name} cannot be written: ${message}`, { cause });
      }
      // A pipe that somebody made non-blocking is full: wait 5 ms for its reader.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  return true;
}

/**
 * Creates a file that is not there, for this user alone (0600), and opens it for `writeAll`.
 *
 * @param name what errors call it
 * @throws KapsoWhatsappError `OUTPUT_FAILED`
 */
export function createOutput(path: string, name: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (cause) {
    throw new KapsoWhatsappError('OUTPUT_FAILED', `${name} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** Writes a text to standard error. A failure is ignored: nobody could read it, and it must not change the exit code. */
export function complain(text: string): void {
  try {
    writeAll(2, text);
  } catch {}
}
