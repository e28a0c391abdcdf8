import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';

/** What a file of the state directory, or with a secret, is far from, bytes. */
export const smallFile = 64 * 1024;

/**
 * A file that is there and is not read. `code` is `ENOTREG` (a pipe, device or socket), `EISDIR`, `EFBIG` or `EILSEQ` (no UTF-8), beside those of
 * node:fs; `reason` is the end of a sentence about the file, with what to do.
 */
export class FileError extends Error {
  readonly code: 'ENOTREG' | 'EISDIR' | 'EFBIG' | 'EILSEQ';
  readonly reason: string;
  readonly path: string;
  /** As node:fs has it, so that both are taken for what a disk refused. */
  readonly syscall = 'read';

  constructor(code: FileError['code'], path: string, reason: string) {
    super(`${path} ${reason}`);
    this.code = code;
    this.path = path;
    this.reason = reason;
  }
}

/**
 * Reads a regular file of at most `maxBytes` as UTF-8, without its byte order mark; with `utf16`, also as UTF-16 where its mark says so.
 *
 * Nothing else is opened: a pipe without a writer would stop the program for good, a device may have no end, and what a pipe gave once it
 * would not give again when the configuration is read anew.
 *
 * @throws FileError, or what node:fs throws
 */
export function readTextFile(path: string, maxBytes = smallFile, { utf16 = false } = {}): string {
  const bytes = readRegularFile(path, maxBytes);
  const marked = utf16 ? encodingByMark(bytes) : null;
  return marked === null ? decode(path, bytes) : new TextDecoder(marked).decode(bytes);
}

/**
 * Throws where `readTextFile` would, without reading: for a file that another reader takes over.
 *
 * @throws FileError, or what node:fs throws
 */
export function assertRegularFile(path: string, maxBytes: number): void {
  const stats = statSync(path);
  assertRegular(path, stats);
  if (stats.size > maxBytes) throw tooLarge(path, maxBytes);
}

function readRegularFile(path: string, maxBytes: number): Buffer {
  // Before it is opened, since to open a device can be to start it.
  assertRegular(path, statSync(path));
  // It may have become a pipe since then.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    assertRegular(path, fstatSync(file));
    // One byte more tells that there is more. Files of the kernel's give no size.
    const content = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let read = 1; read > 0; length += read) read = readSync(file, content, length, content.length - length, null);
    if (length > maxBytes) throw tooLarge(path, maxBytes);
    return content.subarray(0, length);
  } finally {
    closeSync(file);
  }
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

/** By its byte order mark, or by the zero bytes that every second one of Latin text is. */
function isUtf16(bytes: Buffer): boolean {
  const [first, second] = bytes;
  if (encodingByMark(bytes) !== null) return true;
  return bytes.length > 1 && (first === 0) !== (second === 0);
}
