/**
 * A tar file of regular files alone: any tar program lists and unpacks it. It is neither compressed nor encrypted, so
 * what it holds is never larger than itself.
 */
import { createHash } from 'node:crypto';
import { fstatSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { Header } from 'tar/header';
import { writeAll } from '../observe/write-all.ts';
import type { MemberRecord } from './contents.ts';
import { invalid } from './errors.ts';

const block = 512;
/** Bytes that are read at once. */
const piece = 256 * 1024;

export interface ArchiveWriter {
  /** Adds a file by its open descriptor. It must not become shorter meanwhile. Rejects with the signal's reason. */
  add(name: string, file: number, signal: AbortSignal): Promise<MemberRecord>;
  addText(name: string, text: string): MemberRecord;
  end(): void;
}

/**
 * Writes an archive to an open file.
 *
 * @param output what errors call it
 */
export function writeArchive(into: number, output: string, now: Date): ArchiveWriter {
  const begin = (name: string, size: number) => {
    const header = new Header({ path: name, size, mode: 0o600, type: 'File', mtime: now, uid: 0, gid: 0 });
    const bytes = Buffer.alloc(block);
    if (header.encode(bytes)) throw new TypeError(`the name ${name} does not fit into a tar header`);
    writeAll(into, bytes, output);
  };
  const pad = (size: number) => writeAll(into, Buffer.alloc(padding(size)), output);
  return {
    async add(name, file, signal) {
      const { size } = fstatSync(file);
      begin(name, size);
      const hash = createHash('sha256');
      for (const bytes of pieces(file, 0, size, () => new Error(`${name} became shorter while it was read`))) {
        hash.update(bytes);
        writeAll(into, bytes, output);
        await setImmediate();
        signal.throwIfAborted();
      }
      pad(size);
      return { name, size, sha256: hash.digest('hex') };
    },
    addText(name, text) {
      const bytes = Buffer.from(text);
      begin(name, bytes.length);
      writeAll(into, bytes, output);
      pad(bytes.length);
      return { name, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    },
    end: () => void writeAll(into, Buffer.alloc(2 * block), output),
  };
}

export interface Member {
  name: string;
  size: number;
  /** Its content, in pieces whose bytes are valid until the next one. It need not be read. */
  content(): Generator<Uint8Array, void, undefined>;
}

/**
 * Reads the members of an archive. Throws BACKUP_INVALID for whatever `writeArchive` does not write: a link, a device, a
 * directory, a compressed file, a wrong checksum, a member that is longer than the file.
 *
 * @param path what errors call it
 */
export function* readArchive(file: number, path: string): Generator<Member, void, undefined> {
  const { size: all } = fstatSync(file);
  const bytes = Buffer.alloc(block);
  for (let at = 0; ; ) {
    if (at + block > all || readSync(file, bytes, 0, block, at) !== block) throw invalid(path, 'it was cut off');
    const header = headerOf(bytes, path);
    if (header.nullBlock) return;
    const { path: name = '', size = 0, type } = header;
    if (!header.cksumValid) throw invalid(path, at === 0 ? 'it is no tar file' : `it is damaged at byte ${at}`);
    if (type !== 'File') throw invalid(path, `it has a ${String(type)} in it, and a backup has regular files alone`);
    const from = at + block;
    if (!Number.isSafeInteger(size) || size < 0 || from + size > all) throw invalid(path, 'it was cut off');
    yield { name, size, content: () => pieces(file, from, size, () => invalid(path, 'it was cut off')) };
    at = from + size + padding(size);
  }
}

function headerOf(bytes: Buffer, path: string): Header {
  try {
    return new Header(bytes);
  } catch (cause) {
    throw invalid(path, 'a header in it is damaged', cause);
  }
}

function padding(size: number): number {
  return (block - (size % block)) % block;
}

function* pieces(file: number, from: number, size: number, short: () => Error): Generator<Uint8Array> {
  const buffer = Buffer.alloc(Math.min(piece, size));
  for (let at = 0; at < size; ) {
    const read = readSync(file, buffer, 0, Math.min(buffer.length, size - at), from + at);
    if (read === 0) throw short();
    yield buffer.subarray(0, read);
    at += read;
  }
}
