import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';

/** Bytes. No file of the state directory, or with a secret, is nearly as long. */
export const smallFile = 64 * 1024;

/**
 * The file exists and is not read. `code` is one of node:fs, or `ENOTREG` (a pipe, device or socket), `EISDIR`, `EFBIG`
 * or `EILSEQ` (no UTF-8). `reason` is the end of a sentence about the file, with what to do.
 */
export class FileError extends Error {
  readonly code: 'ENOTREG' | 'EISDIR' | 'EFBIG' | 'EILSEQ';
  readonly reason: string;
  readonly path: string;
  /** As in an error of node:fs, so that both count as a refusal of the disk. */
  readonly syscall = 'read';

  constructor(code: FileError['code'], path: string, reason: string) {
    super(`${path} ${reason}`);
    this.code = code;
    this.path = path;
    this.reason = reason;
  }
}

/**
 * Reads a regular file of at most `maxBytes` as UTF-8, without its byte order mark. With `utf16`, also reads UTF-16
 * that has its mark.
 *
 * Nothing else is opened. A pipe without a writer would block the program for good. A device may have no end. A pipe
 * gives its content only once, but the configuration may be read again.
 *
 * @throws FileError, or what node:fs throws
 */
export function readTextFile(path: string, maxBytes = smallFile, { utf16 = false } = {}): string {
  const bytes = readRegularFile(path, maxBytes);
  const marked = utf16 ? encodingByMark(bytes) : null;
  return marked === null ? decode(path, bytes) : new TextDecoder(marked).decode(bytes);
}

/**
 * Does the same with a file that is open, and stays so.
 *
 * @param file the number of the open file
 * @param path stands in the errors
 */
export function readOpenTextFile(file: number, path: string, maxBytes = smallFile): string {
  return decode(path, readAll(file, path, maxBytes));
}

/**
 * Throws where `readTextFile` would, but does not read: another reader will.
 *
 * @throws FileError, or what node:fs throws
 */
export function assertRegularFile(path: string, maxBytes: number): void {
  const stats = statSync(path);
  assertRegular(path, stats);
  if (stats.size > maxBytes) throw tooLarge(path, maxBytes);
}

function readRegularFile(path: string, maxBytes: number): Buffer {
  // Before the open, since to open a device can be to start it.
  assertRegular(path, statSync(path));
  // The file may have become a pipe meanwhile.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return readAll(file, path, maxBytes);
  } finally {
    closeSync(file);
  }
}

function readAll(file: number, path: string, maxBytes: number): Buffer {
  assertRegular(path, fstatSync(file));
  // One byte more shows that the file is too long. Files of the kernel have no size.
  const content = Buffer.alloc(maxBytes + 1);
  let length = 0;
  for (let read = 1; read > 0; length += read) read = readSync(file, content, length, content.length - length, null);
  if (length > maxBytes) throw tooLarge(path, maxBytes);
  return content.subarray(0, length);
}

function assertRegular(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw new FileError('EISDIR', path, 'is a directory; name the file in it');
  const kind = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device';
  throw new FileError('ENOTREG', path, `is ${kind}, and only regular files are read; write the content to a file`);
}

function tooLarge(path: string, maxBytes: number): FileError {
  return new FileError('EFBIG', path, `is larger than ${maxBytes / 1024} KiB; it is not what belongs here`);
}

function decode(path: string, bytes: Buffer): string {
  if (isUtf16(bytes)) {
    throw new FileError('EILSEQ', path, 'is UTF-16 text, as some Windows programs save it; save it as UTF-8');
  }
  if (!isUtf8(bytes)) throw new FileError('EILSEQ', path, 'is not UTF-8 text; save it as UTF-8');
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

function encodingByMark([first, second]: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : null;
}

/** Recognises UTF-16 by its byte order mark, or by every second byte being zero, as in Latin text. */
function isUtf16(bytes: Buffer): boolean {
  const [first, second] = bytes;
  if (encodingByMark(bytes) !== null) return true;
  return bytes.length > 1 && (first === 0) !== (second === 0);
}
