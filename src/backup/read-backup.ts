import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { KapsoWhatsappError } from '../errors.ts';
import { asList, asRecord, asText, fieldsOf } from '../narrow.ts';
import { stateFiles } from '../state/files.ts';
import { assertRegularFile } from '../text-file.ts';
import { type Member, readArchive } from './archive.ts';
import {
  type About,
  aboutName,
  belongs,
  formatVersion,
  isSmall,
  largest,
  type MemberRecord,
  manifestName,
} from './contents.ts';
import { invalid } from './errors.ts';

export interface ReadBackup {
  about: About;
  files: MemberRecord[];
}

/** Takes the pieces of a file of the backup. */
export type TakeMember = (member: Pick<Member, 'name' | 'size'>) => { take(piece: Uint8Array): void; end(): void };

/**
 * Reads a backup to its end, and compares each file with what the backup itself says of it. What it holds may be of a
 * stranger: only names that a backup has are accepted, each once. Throws BACKUP_INVALID, BACKUP_NEWER, and the signal's
 * reason; `take` may have got files by then.
 *
 * @param file an open file
 * @param path what errors call it
 */
export async function readBackup(
  file: number,
  path: string,
  { take, signal }: { take?: TakeMember; signal: AbortSignal },
): Promise<ReadBackup> {
  const members = readArchive(file, path);
  const about = readAbout(members.next().value ?? null, path);
  const files = new Map<string, MemberRecord>();
  for (const member of members) {
    const { name, size } = member;
    if (name === manifestName) {
      compare(readManifest(member, path), files, path);
      if (!files.has(stateFiles.inbox)) throw invalid(path, 'it has no inbox');
      return { about, files: [...files.values()] };
    }
    if (files.has(name) || !belongs(name, about.with)) {
      throw invalid(path, `it has a file that no backup has: ${JSON.stringify(name.slice(0, 100))}`);
    }
    if (isSmall(name) && size > largest.small) throw invalid(path, `${name} is too large`);
    const taken = take?.({ name, size });
    const hash = createHash('sha256');
    try {
      for (const piece of member.content()) {
        hash.update(piece);
        taken?.take(piece);
        await setImmediate();
        signal.throwIfAborted();
      }
    } finally {
      taken?.end();
    }
    files.set(name, { name, size, sha256: hash.digest('hex') });
  }
  throw invalid(path, 'it was cut off: the list of its files is missing');
}

/** Reads a backup file whole without keeping anything of it. Returns what it is, with its own size and digest. */
export async function verifyBackup(
  path: string,
  { name = path, signal }: { name?: string; signal: AbortSignal },
): Promise<ReadBackup & { size: number; sha256: string }> {
  const file = openBackup(path);
  try {
    const read = await readBackup(file, name, { signal });
    const hash = createHash('sha256');
    const piece = Buffer.alloc(1024 * 1024);
    for (let bytes = readSync(file, piece, 0, piece.length, 0), at = 0; bytes > 0; ) {
      hash.update(piece.subarray(0, bytes));
      at += bytes;
      bytes = readSync(file, piece, 0, piece.length, at);
      await setImmediate();
      signal.throwIfAborted();
    }
    return { ...read, size: fstatSync(file).size, sha256: hash.digest('hex') };
  } finally {
    closeSync(file);
  }
}

/** Opens a backup for reading. Throws BACKUP_INVALID when it cannot be. */
export function openBackup(path: string): number {
  try {
    // The open of a pipe would wait for its writer.
    assertRegularFile(path, Number.MAX_SAFE_INTEGER);
    return openSync(path, 'r');
  } catch (error) {
    throw invalid(path, error instanceof Error ? error.message : String(error), error);
  }
}

function readAbout(member: Member | null, path: string): About {
  const fields = member?.name === aboutName ? asRecord(jsonOf(member, largest.about, path)) : null;
  const { format, version, takenAt, program, schema, with: choice } = fields ?? {};
  if (format !== 'kapso-whatsapp-backup' || typeof version !== 'number') throw invalid(path, 'another program made it');
  if (version > formatVersion) {
    throw new KapsoWhatsappError('BACKUP_NEWER', `${path} was made by a newer version (${asText(program)})`, {
      hint: 'Restore it with that version or a later one. Nothing was changed.',
    });
  }
  const { media, secrets } = fieldsOf(choice);
  const isTime = typeof takenAt === 'string' && Number.isFinite(Date.parse(takenAt));
  if (!isTime || typeof schema !== 'number' || typeof media !== 'boolean' || typeof secrets !== 'boolean') {
    throw invalid(path, `its ${aboutName} is damaged`);
  }
  return { format, version, takenAt, program: asText(program) ?? '', schema, with: { media, secrets } };
}

function readManifest(member: Member, path: string): MemberRecord[] {
  const { files } = fieldsOf(jsonOf(member, largest.manifest, path));
  return asList(files).map(one => {
    const { name, size, sha256 } = fieldsOf(one);
    if (typeof name !== 'string' || typeof size !== 'number' || typeof sha256 !== 'string') {
      throw invalid(path, 'the list of its files is damaged');
    }
    return { name, size, sha256 };
  });
}

function compare(listed: readonly MemberRecord[], found: ReadonlyMap<string, MemberRecord>, path: string): void {
  if (listed.length !== found.size) throw invalid(path, `it has ${found.size} files, and lists ${listed.length}`);
  for (const { name, size, sha256 } of listed) {
    const one = found.get(name);
    if (one?.size === size && one.sha256 === sha256) continue;
    throw invalid(path, `${JSON.stringify(name.slice(0, 100))} is not as it was when the backup was made`);
  }
}

function jsonOf(member: Member, most: number, path: string): unknown {
  if (member.size > most) throw invalid(path, `${member.name} is too large`);
  const bytes = [...member.content()].map(piece => Buffer.from(piece));
  try {
    return JSON.parse(Buffer.concat(bytes).toString());
  } catch (cause) {
    throw invalid(path, `${member.name} is damaged`, cause);
  }
}
