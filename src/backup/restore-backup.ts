import {
  closeSync,
  copyFileSync,
  existsSync,
  fchownSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import { isOurs, KapsoWhatsappError, UsageError } from '../errors.ts';
import { writeAll } from '../observe/write-all.ts';
import { syncDirectory } from '../state/directory.ts';
import { toStateError } from '../state/errors.ts';
import { stateFiles } from '../state/files.ts';
import { acquireLock } from '../state/lock.ts';
import { examineInbox, openStore } from '../store/open.ts';
import { type About, isContent } from './contents.ts';
import { openBackup, readBackup, type TakeMember } from './read-backup.ts';

export interface RestoreOptions {
  /** The backup. */
  path: string;
  /** The state directory. It may be missing. */
  dir: string;
  /** Whether what is in the state directory may be set aside. */
  replace: boolean;
  /** Messages from this time on (milliseconds since the epoch) are new to the agent; null means from now on. */
  since: number | null;
  clock: Clock;
  signal: AbortSignal;
}

export interface RestoredBackup extends About {
  files: number;
  /** Where what was there before is now; null when there was nothing. */
  aside: string | null;
  /** Messages of before are not handed to the agent, unless the backup shows that they were yet to come. */
  since: number;
  /** What waited in the backup, and was dropped. */
  dropped: { entries: number; outgoing: number };
}

/** Bytes that are left free on the disk. */
const leftFree = 64 * 1024 * 1024;

/**
 * Puts a backup into a state directory. The backup is read whole before anything is written, is unpacked beside what is
 * there, examined, and marked as restored (see `markRestored`). The last step puts the inbox in its place, in one rename:
 * before it the old one counts, after it the new one.
 *
 * Rejects with STORE_LOCKED while a poller runs, BACKUP_INVALID, BACKUP_NEWER, STORE_NEWER, BACKUP_NO_ROOM, a UsageError
 * when there is something to be replaced, other `StateError`s, and the signal's reason.
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoredBackup> {
  const { path, dir, clock, signal } = options;
  const file = openBackup(path);
  try {
    const { about } = await readBackup(file, path, { signal });
    const since = sinceOf(options, Date.parse(about.takenAt));
    const lock = acquireLock(dir);
    try {
      removeLeftovers(dir);
      const there = readdirSync(dir).filter(isContent).sort();
      if (there.length > 0 && !options.replace) {
        throw new UsageError(`the state directory ${dir} is not empty: it has ${there.join(', ')}`, {
          hint: 'With --replace that is kept in a directory beside, and the backup takes its place. Or name another directory',
        });
      }
      const stamp = stampOf(clock.now());
      const draft = join(dir, `${draftPrefix}${stamp}`);
      try {
        makeDirectory(draft, dir);
        const { files } = await readBackup(file, path, { take: unpackInto(draft, dir), signal });
        examineInbox(join(draft, stateFiles.inbox));
        const dropped = await mark(draft, { takenAt: Date.parse(about.takenAt), until: since, clock });
        syncDirectories(draft);
        signal.throwIfAborted();
        const aside = there.length > 0 ? setAside(dir, there, stamp) : null;
        putInPlace(draft, dir);
        return { ...about, files: files.length, aside, since, dropped };
      } finally {
        rmSync(draft, { recursive: true, force: true });
      }
    } finally {
      lock.release();
    }
  } catch (error) {
    throw toStateError(error, join(dir, stateFiles.inbox));
  } finally {
    closeSync(file);
  }
}

const draftPrefix = 'restore-';

/** Removes what a restore that was killed has unpacked. The lock is ours, so none is under way. */
function removeLeftovers(dir: string): void {
  for (const name of readdirSync(dir)) {
    if (/^restore-\d{8}T\d{9}Z$/.test(name)) rmSync(join(dir, name), { recursive: true, force: true });
  }
}

function stampOf(now: number): string {
  return new Date(now).toISOString().replace(/[-:.]/g, '');
}

function sinceOf({ since, clock }: RestoreOptions, takenAt: number): number {
  const now = clock.now();
  if (since === null && now < takenAt) {
    throw new UsageError('the backup is from the future by the clock of this machine', {
      hint: 'Set the clock. What came before the restore must not be answered again, and the clock says what that is',
    });
  }
  return since ?? now;
}

/** Makes a directory for the owner of the state directory, when root does it. */
function makeDirectory(path: string, stateDir: string): void {
  mkdirSync(path, { mode: 0o700 });
  give(openSync(path, 'r'), stateDir, closeSync);
}

function give(file: number, stateDir: string, then: (file: number) => void): void {
  try {
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = statSync(stateDir);
    fchownSync(file, uid, gid);
  } finally {
    then(file);
  }
}

/** Writes files below a directory that is new. `readBackup` has checked their names. */
function unpackInto(draft: string, stateDir: string): TakeMember {
  return ({ name, size }) => {
    const { bavail, bsize } = statfsSync(draft);
    if (size + leftFree > bavail * bsize) {
      throw new KapsoWhatsappError(
        'BACKUP_NO_ROOM',
        `no space for ${name} of the backup (${size} bytes) in ${stateDir}`,
        {
          hint: 'Make space on that disk. Nothing was changed.',
        },
      );
    }
    const path = join(draft, name);
    for (const parent of parentsOf(name)) {
      if (!existsSync(join(draft, parent))) makeDirectory(join(draft, parent), stateDir);
    }
    const file = openSync(path, 'wx', 0o600);
    return {
      take: piece => void writeAll(file, piece, path),
      end: () =>
        give(file, stateDir, () => {
          fsyncSync(file);
          closeSync(file);
        }),
    };
  };
}

/** The directories of a name, the outermost first. */
function parentsOf(name: string): string[] {
  const parent = dirname(name);
  return parent === '.' ? [] : [...parentsOf(parent), parent];
}

async function mark(
  draft: string,
  { clock, ...restoring }: { takenAt: number; until: number; clock: Clock },
): Promise<RestoredBackup['dropped']> {
  const store = await openStore({ dir: draft, clock });
  try {
    return await store.markRestored(restoring);
  } finally {
    await store.close();
  }
}

function syncDirectories(dir: string): void {
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) syncDirectory(join(entry.parentPath, entry.name));
  }
  syncDirectory(dir);
}

/** Moves what is there into a directory of its own. The inbox stays in its place too, until another one takes it. */
function setAside(dir: string, there: readonly string[], stamp: string): string {
  const aside = join(dir, `replaced-${stamp}`);
  const inbox = join(dir, stateFiles.inbox);
  closeInbox(inbox);
  makeDirectory(aside, dir);
  if (existsSync(inbox)) linkOrCopy(inbox, join(aside, stateFiles.inbox));
  // Its log too, where it could not be moved into it. It must not be found beside another inbox.
  for (const name of there) {
    if (name !== stateFiles.inbox && lstatSync(join(dir, name), { throwIfNoEntry: false })) {
      renameSync(join(dir, name), join(aside, name));
    }
  }
  syncDirectory(aside);
  syncDirectory(dir);
  return aside;
}

/** Moves the log into the inbox, so that it is one file. Throws STORE_BUSY when another process has it open. */
function closeInbox(path: string): void {
  if (!existsSync(path) || !isReadable(path)) return;
  const db = new DatabaseSync(path, { timeout: 2000 });
  try {
    db.exec('PRAGMA journal_mode = DELETE');
  } finally {
    db.close();
  }
}

/** Whether it is a database. Opened for writing, one that is none would lose its log, and that is set aside too. */
function isReadable(path: string): boolean {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return true;
  } catch (error) {
    const known = toStateError(error, path);
    if (!isOurs(known) || known.code !== 'STORE_DAMAGED') throw known;
    return false;
  } finally {
    db.close();
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

function putInPlace(draft: string, dir: string): void {
  for (const name of readdirSync(draft)) {
    if (name !== stateFiles.inbox) renameSync(join(draft, name), join(dir, name));
  }
  syncDirectory(dir);
  renameSync(join(draft, stateFiles.inbox), join(dir, stateFiles.inbox));
  syncDirectory(dir);
}
