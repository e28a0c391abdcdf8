import { createHash, randomBytes, randomInt } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { type FileHandle, mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Journal } from './journal.ts';
import type { JsonObject } from './json.ts';

export interface MediaFile {
  /** As Meta numbers them. */
  id: string;
  /** What the mirror's address has in the place of the id. */
  key: string;
  mimeType: string;
  name: string | null;
  /** Bytes. */
  size: number;
  /** Base64, as in Meta's answers. */
  sha256: string;
  /** `upload`: by the business. `inbound`: from a customer. */
  origin: 'upload' | 'inbound';
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** Milliseconds since the epoch from which Kapso has the bytes. */
  readyAt: number;
}

export type NewMedia = Pick<MediaFile, 'mimeType' | 'name' | 'origin'> & { readyAt?: number };

/** A file on its way to the disk. */
export interface Incoming {
  write(bytes: Uint8Array): Promise<void>;
  readonly size: number;
  /** Resolves when the file and what is known of it are on disk. */
  keep(about: NewMedia): Promise<MediaFile>;
  drop(): Promise<void>;
}

export interface MediaStore {
  begin(): Promise<Incoming>;
  /** Keeps the same bytes under another id. */
  keepAgain(file: MediaFile): Promise<MediaFile>;
  /** Null for one that is unknown, or whose time is over. */
  find(id: string): MediaFile | null;
  byKey(key: string): MediaFile | null;
  bytes(file: MediaFile): ReadStream;
  all(): MediaFile[];
  /** Restores one journal record. Returns false when the record is of another kind. */
  restore(record: JsonObject): boolean;
  close(): Promise<void>;
}

const day = 24 * 60 * 60 * 1000;
/** How long Meta keeps a file (WhatsApp Cloud API, "Media"). */
const lifetime = { upload: 30 * day, inbound: 7 * day };

/**
 * Keeps media files on disk: in `directory`, over restarts; without one, in a directory of its own that goes with the
 * simulator. Equal files are kept once.
 */
export function createMediaStore(deps: {
  directory: string | undefined;
  journal: () => Journal;
  now: () => number;
}): MediaStore {
  const files = new Map<string, MediaFile>();
  const byKey = new Map<string, MediaFile>();
  let made: Promise<string> | null = null;
  const place = () => {
    made ??= deps.directory === undefined ? mkdtemp(join(tmpdir(), 'kapso-media-')) : ready(deps.directory);
    return made;
  };
  let directory = deps.directory ?? '';
  const pathOf = (file: Pick<MediaFile, 'sha256'>) =>
    join(directory, Buffer.from(file.sha256, 'base64').toString('hex'));
  const isAlive = (file: MediaFile) => deps.now() < file.createdAt + lifetime[file.origin];
  const take = (file: MediaFile) => {
    files.set(file.id, file);
    byKey.set(file.key, file);
  };

  const keep = async (about: Omit<MediaFile, 'id' | 'key'>) => {
    const file = { ...about, id: `17${randomInt(1e13, 1e14)}`, key: randomBytes(12).toString('hex') };
    await deps.journal().append({ kind: 'media', media: file });
    take(file);
    return file;
  };

  return {
    keepAgain: ({ id: _id, key: _key, ...about }) => keep(about),
    begin: async () => {
      directory = await place();
      const path = join(directory, `incoming-${randomBytes(8).toString('hex')}`);
      const handle: FileHandle = await open(path, 'wx', 0o600);
      const hash = createHash('sha256');
      let size = 0;
      return {
        write: async bytes => {
          hash.update(bytes);
          size += bytes.length;
          await handle.writeFile(bytes);
        },
        get size() {
          return size;
        },
        keep: async about => {
          await handle.datasync();
          await handle.close();
          const sha256 = hash.digest('base64');
          await rename(path, pathOf({ sha256 }));
          return keep({ ...about, size, sha256, createdAt: deps.now(), readyAt: about.readyAt ?? 0 });
        },
        drop: async () => {
          await handle.close();
          await rm(path);
        },
      };
    },
    find: id => {
      const file = files.get(id);
      return file && isAlive(file) ? file : null;
    },
    byKey: key => byKey.get(key) ?? null,
    bytes: file => createReadStream(pathOf(file)),
    all: () => [...files.values()],
    restore: record => {
      if (record.kind !== 'media') return false;
      take(record.media as MediaFile);
      return true;
    },
    close: async () => {
      if (deps.directory === undefined && made !== null) await rm(await made, { recursive: true });
    },
  };
}

async function ready(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // What a crash left of uploads that nobody was told of.
  const left = (await readdir(directory)).filter(name => name.startsWith('incoming-'));
  await Promise.all(left.map(name => rm(join(directory, name))));
  return directory;
}
