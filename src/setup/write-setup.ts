/** Writes a configuration and the files of its secrets: all of them, or none. */
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { KapsoWhatsappError } from '../errors.ts';
import { writePrivateFile } from '../state/private-file.ts';
import { readTextFile } from '../text-file.ts';
import { holdsSecret } from './secret-values.ts';

export interface SetupFiles {
  /** The configuration file. */
  path: string;
  text: string;
  /** What stands there now, as it was read; null where there must be no file. */
  before: string | null;
  /** The content of each secret file, by its path. */
  secrets: ReadonlyMap<string, string>;
  /** Whether others may read a new configuration (0644) where it has no secret. One that is there keeps its mode. */
  isPublic?: boolean;
}

/** What was done with a file. */
export interface WrittenFile {
  path: string;
  change: 'written' | 'changed' | 'replaced' | 'unchanged';
  /** Where the one stands now that was replaced: the path with the ending `.old`, or the next of `.old.2`, `.old.3` and so on. */
  former?: string;
}

/**
 * Writes the configuration last, so that it never names a file that is not there. What is new is for this user alone
 * (0600), unless `isPublic`, and where root writes, for the directory's owner. What is there keeps its owner and group, and the
 * configuration its mode.
 *
 * It is synchronous: no signal that the program listens to comes in between. Where a write fails, what was written
 * before is taken back, and the error is thrown: what node:fs throws, or `KapsoWhatsappError` when the configuration has
 * changed since it was read.
 */
export function writeSetup({ path, text, before, secrets, isPublic = false }: SetupFiles): WrittenFile[] {
  mkdirSync(dirname(path), { recursive: true, mode: isPublic ? 0o755 : 0o700 });
  const undo: (() => void)[] = [];
  try {
    assertUnchanged(path, before);
    const files = [...secrets].map(([file, content]) => writeSecret(file, `${content}\n`, undo));
    assertUnchanged(path, before);
    if (text === before) return [...files, { path, change: 'unchanged' }];
    if (before === null) writeNew(path, text, isPublic && !holdsSecret(text) ? 0o644 : 0o600);
    else writeAgain(path, text);
    return [...files, { path, change: before === null ? 'written' : 'changed' }];
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw error;
  }
}

function writeSecret(path: string, content: string, undo: (() => void)[]): WrittenFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) {
    writePrivateFile(path, content, { ownerOfDirectory: true });
    undo.push(() => rmSync(path, { force: true }));
    return { path, change: 'written' };
  }
  if (readTextFile(path) === content) {
    hideFromOthers(path);
    return { path, change: 'unchanged' };
  }
  const old = unusedName(`${path}.old`);
  // Both names, until the new one takes its place: a kill in between leaves a secret where the configuration names it.
  linkSync(path, old);
  undo.push(() => {
    renameSync(old, path);
    // Two names of the same file stay two names.
    rmSync(old, { force: true });
  });
  const former = statSync(old);
  // Whoever is not root reads the file as well as writes it.
  writePrivateFile(path, content, process.geteuid?.() === 0 ? { owner: former } : {});
  return { path, change: 'replaced', former: old };
}

/** A link is left alone: what it leads to belongs to the program that made it, such as agenix or sops. */
function hideFromOthers(path: string): void {
  if (lstatSync(path).isSymbolicLink()) return;
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    if ((fstatSync(file).mode & 0o077) !== 0) fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
}

/** The former secret may be the only copy that works, and is never written over. */
function unusedName(path: string): string {
  for (let at = 1; ; at += 1) {
    const name = at === 1 ? path : `${path}.${at}`;
    if (lstatSync(name, { throwIfNoEntry: false }) === undefined) return name;
  }
}

/** A link, unlike a rename, replaces nothing and follows no link that came meanwhile. */
function writeNew(path: string, text: string, mode: number): void {
  const whole = join(dirname(path), `.kapso-whatsapp-${process.pid}.yaml`);
  writePrivateFile(whole, text, { mode, ownerOfDirectory: true });
  try {
    linkSync(whole, path);
  } finally {
    rmSync(whole, { force: true });
  }
}

/** Writes a file that is there, for those who could read it before. */
function writeAgain(path: string, text: string): void {
  const { uid, gid, mode } = statSync(path);
  const groups = [process.getegid?.(), ...(process.getgroups?.() ?? [])];
  if (process.geteuid?.() !== 0 && !(uid === process.geteuid?.() && groups.includes(gid))) {
    throw new KapsoWhatsappError('USAGE', `${path} belongs to another user or group, and would be taken from it`, {
      hint: 'Nothing was written. Change it as its owner, or as root',
    });
  }
  writePrivateFile(path, text, { mode: mode & 0o777, owner: { uid, gid } });
}

function assertUnchanged(path: string, before: string | null): void {
  const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  if (before === null ? !isThere : isThere && readTextFile(path, 1024 * 1024) === before) return;
  throw new KapsoWhatsappError('USAGE', `${path} ${before === null ? 'exists already' : 'has changed meanwhile'}`, {
    hint: 'Nothing was written. Look at it, and start again',
  });
}
