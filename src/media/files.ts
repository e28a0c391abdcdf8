/**
 * Files of media in the state directory: received ones under `media/`, copies of what is to be sent under `outgoing/`.
 * Each has a directory of its own, named by a hash of its message's id, so no id or name of a stranger leads anywhere
 * else. While a file is being written it is called `part`; only a whole one, on disk, gets its name.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, opendir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { KapsoWhatsappError } from '../errors.ts';

export interface KeptFile {
  /** Absolute when the directory is. */
  path: string;
  name: string;
  /** Bytes. */
  size: number;
}

export interface MediaFilesOptions {
  /** The directory of all. Its parent is there. It is made when the first file is kept. */
  dir: string;
  clock: Pick<Clock, 'now'>;
  /** Bytes that all files together may have. The function is called each time. */
  most: () => number;
  /** What makes room for a file: the oldest ones go, or nothing, so that the new one is refused. */
  whenFull: 'oldest go' | 'refuse';
  /** Whether other processes may write there too, as where several machines have one directory. By default nobody does. */
  shared?: boolean;
}

export interface MediaFiles {
  /** Returns the file that is kept for an id; null when there is none (any more). */
  find(id: string): Promise<KeptFile | null>;
  /**
   * Keeps a file for an id (0600). `write` fills it and returns the name, which `fileName` has made. An earlier file of the
   * id is replaced. It is on disk before this resolves. What `write` or the disk throws is thrown, and nothing is left.
   * Throws `MEDIA_NO_ROOM` when it does not fit.
   */
  keep(id: string, write: (file: FileHandle) => Promise<{ name: string }>): Promise<KeptFile>;
  forget(id: string): Promise<void>;
  /**
   * Removes the files that are older than `before` (milliseconds since the epoch), except those of the ids in `needed` and
   * at the paths in `neededPaths`, and what earlier processes left unfinished. Returns how many files.
   */
  tidy(options: { before: number; needed?: ReadonlySet<string>; neededPaths?: ReadonlySet<string> }): Promise<number>;
}

/** Returns the one keeper of a directory that several numbers use: the first that is made. */
export type ShareFiles = (make: () => MediaFiles) => MediaFiles;

/** For a directory that nobody else uses. */
export const ownFiles: ShareFiles = make => make();

/** The name of a file that is being written. No kept file has it: theirs have an ending. */
const unfinished = 'part';
/** After files have made room, this share of it is free, so that not each further file makes some. */
const freed = 0.1;

/** Milliseconds for which an unfinished file in a shared directory may be one that another process writes. */
const writtenWithin = 3_600_000;

/**
 * Creates the keeper of one directory. Several processes may have it together, each for ids of its own; how much is there
 * each finds out for itself. Nothing is read before the first call.
 */
export function createMediaFiles({ dir, clock, most, whenFull, shared = false }: MediaFilesOptions): MediaFiles {
  const place = (id: string) => join(dir, keyOf(id));
  /** Keys of the files that are being written. */
  const writing = new Set<string>();
  /** Bytes of all files; null before they were counted. */
  let total: number | null = null;
  /** Room is made for one file after the other. */
  let turn: Promise<unknown> = Promise.resolve();

  const makeRoom = (size: number, own: string): Promise<void> => {
    const made = turn.then(async () => {
      total ??= sum(await keptIn(dir));
      if (total + size > most() && whenFull === 'oldest go') total = await removeOldest(size, own);
      if (total + size > most()) throw noRoom(dir, { size, total, most: most() });
      total += size;
    });
    turn = made.catch(() => undefined);
    return made;
  };

  const removeOldest = async (size: number, own: string): Promise<number> => {
    const kept = (await keptIn(dir)).sort((one, other) => one.at - other.at);
    let left = sum(kept);
    const wanted = most() * (1 - freed) - size;
    for (const one of kept) {
      if (left <= Math.max(0, wanted)) break;
      if (one.key === own || writing.has(one.key)) continue;
      await rm(join(dir, one.key), { recursive: true, force: true });
      left -= one.size;
    }
    return left;
  };

  const remove = async (key: string): Promise<boolean> => {
    const kept = await fileIn(join(dir, key));
    await rm(join(dir, key), { recursive: true, force: true });
    if (kept && total !== null) total -= kept.size;
    return kept !== null;
  };

  return {
    find: id => fileIn(place(id)),

    async keep(id, write) {
      const own = place(id);
      const key = keyOf(id);
      if (writing.has(key)) throw new TypeError('a file of this id is being written');
      writing.add(key);
      try {
        await remove(key);
        await mkdir(dir, { mode: 0o700, recursive: true });
        await mkdir(own, { mode: 0o700 });
        const { name, size } = await writeWhole(join(own, unfinished), write);
        await makeRoom(size, key);
        const path = join(own, name);
        const now = clock.now() / 1000;
        await utimes(join(own, unfinished), now, now);
        await rename(join(own, unfinished), path);
        for (const changed of [own, dir]) await sync(changed);
        return { path, name, size };
      } catch (error) {
        await rm(own, { recursive: true, force: true });
        throw error;
      } finally {
        writing.delete(key);
      }
    },

    async forget(id) {
      if (!writing.has(keyOf(id))) await remove(keyOf(id));
    },

    async tidy({ before, needed = new Set(), neededPaths = new Set() }) {
      const spared = new Set([...needed].map(keyOf));
      let removed = 0;
      for (const key of await keysIn(dir)) {
        if (writing.has(key)) continue;
        const kept = await fileIn(join(dir, key));
        if (kept === null && shared && (await changedAt(join(dir, key))) >= clock.now() - writtenWithin) continue;
        if (kept && (spared.has(key) || neededPaths.has(kept.path) || (await stat(kept.path)).mtimeMs >= before))
          continue;
        if (await remove(key)) removed += 1;
      }
      return removed;
    },
  };
}

/** Lets `write` fill a new file of this user alone. Returns its size when it is on disk. */
async function writeWhole(
  path: string,
  write: (file: FileHandle) => Promise<{ name: string }>,
): Promise<{ name: string; size: number }> {
  const file = await open(path, 'wx+', 0o600);
  try {
    const { name } = await write(file);
    if (name === unfinished || /^\.|\//.test(name)) throw new TypeError(`no name of a file: ${name}`);
    await file.sync();
    return { name, size: (await file.stat()).size };
  } finally {
    await file.close();
  }
}

async function sync(dir: string): Promise<void> {
  const handle = await open(dir, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Returns the whole file in one of the directories; null when there is none. */
async function fileIn(own: string): Promise<KeptFile | null> {
  const names = await readdir(own).catch(ifMissing([]));
  const name = names.find(one => one !== unfinished);
  if (name === undefined) return null;
  const path = join(own, name);
  const found = await stat(path).catch(ifMissing(null));
  return found?.isFile() ? { path, name, size: found.size } : null;
}

/** When a directory was last changed, in milliseconds since the epoch; long ago where it is gone. */
async function changedAt(path: string): Promise<number> {
  return (await stat(path).catch(ifMissing(null)))?.mtimeMs ?? 0;
}

/** Returns the whole files, with the times at which they were kept, in milliseconds since the epoch. */
async function keptIn(dir: string): Promise<{ key: string; size: number; at: number }[]> {
  const kept: { key: string; size: number; at: number }[] = [];
  for (const key of await keysIn(dir)) {
    const file = await fileIn(join(dir, key));
    const found = file && (await stat(file.path).catch(ifMissing(null)));
    if (found) kept.push({ key, size: found.size, at: found.mtimeMs });
  }
  return kept;
}

/** Returns the names of the directories that are ours. Anything else in there is left alone. */
async function keysIn(dir: string): Promise<string[]> {
  const keys: string[] = [];
  const opened = await opendir(dir).catch(ifMissing(null));
  if (opened === null) return keys;
  for await (const { name } of opened) if (/^[0-9a-f]{24}$/.test(name)) keys.push(name);
  return keys;
}

function keyOf(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 24);
}

function sum(kept: readonly { size: number }[]): number {
  return kept.reduce((all, { size }) => all + size, 0);
}

function ifMissing<Value>(instead: Value): (error: NodeJS.ErrnoException) => Value {
  return error => {
    if (error.code === 'ENOENT') return instead;
    throw error;
  };
}

function noRoom(dir: string, { size, total, most }: { size: number; total: number; most: number }): KapsoWhatsappError {
  const what = `a file of ${size} bytes does not fit into ${dir}, where ${total} of ${most} bytes are taken`;
  return new KapsoWhatsappError('MEDIA_NO_ROOM', what, {
    hint: 'Raise media.maxTotalSize, or remove what waits to be sent (kapso-whatsapp-cli outbox list).',
  });
}

/** Characters of a name, without its ending. */
const longestName = 60;

/**
 * Makes a name for a file: what is left of the name that a stranger gave it, or of `otherwise`, with the ending of its real
 * type. It has ASCII letters, digits, `_` and `-` only, beside the dot of the ending, and begins with a letter or a digit:
 * no reader, shell or command takes it for anything else.
 *
 * @param ending without a dot, e.g. `pdf`
 */
export function fileName(given: string | null, otherwise: string, ending: string): string {
  const own = (given ?? '').replace(/\.[^.]{0,10}$/, '');
  const plain = own
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '')
    .slice(0, longestName)
    .replace(/-+$/, '');
  return `${plain || otherwise}.${ending}`;
}
