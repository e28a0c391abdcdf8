import { closeSync, constants, fstatSync, fsyncSync, opendirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createOutput } from '../observe/write-all.ts';
import { stateFiles } from '../state/files.ts';
import { copyInbox, examineInbox } from '../store/open.ts';
import { version } from '../version.ts';
import { type ArchiveWriter, writeArchive } from './archive.ts';
import {
  type About,
  aboutName,
  belongs,
  type Choice,
  formatVersion,
  isSmall,
  type Manifest,
  manifestName,
} from './contents.ts';
import { verifyBackup } from './read-backup.ts';

export interface BackupOptions {
  dir: string;
  /** Where the archive is written. It does not exist yet. Beside it there is room for a copy of the inbox. */
  path: string;
  /** What errors call the archive. */
  output: string;
  choice: Choice;
  now: Date;
  signal: AbortSignal;
}

export interface MadeBackup extends About {
  /** Files of the state directory. */
  files: number;
  /** Bytes of the archive. */
  size: number;
  sha256: string;
}

/**
 * Writes a backup of a state directory (0600), and reads it again. What it holds is of one moment as far as the inbox
 * goes; media are those that are there when their turn comes. A poller may work meanwhile.
 *
 * Rejects with the `StateError`s of `copyInbox`, with OUTPUT_FAILED, and with the signal's reason.
 */
export async function makeBackup(options: BackupOptions): Promise<MadeBackup> {
  const { dir, path, output, choice, now, signal } = options;
  const copy = `${path}.inbox`;
  try {
    // It makes no file of its own: then it would have the mode of the others.
    closeSync(createOutput(copy, output));
    copyInbox(dir, copy);
    const schema = examineInbox(copy);
    signal.throwIfAborted();
    const about: About = {
      ...{ format: 'kapso-whatsapp-backup', version: formatVersion, takenAt: now.toISOString() },
      ...{ program: version, schema, with: choice },
    };
    const file = createOutput(path, output);
    let files: number;
    try {
      files = await fill(writeArchive(file, output, now), about, { ...options, copy });
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    const { sha256, size } = await verifyBackup(path, { name: output, signal });
    return { ...about, files, size, sha256 };
  } finally {
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(copy + suffix, { force: true });
  }
}

async function fill(
  archive: ArchiveWriter,
  about: About,
  { dir, copy, choice, signal }: BackupOptions & { copy: string },
): Promise<number> {
  archive.addText(aboutName, `${JSON.stringify(about)}\n`);
  const manifest: Manifest = { files: [] };
  const add = async (name: string, from: string) => {
    const file = openRegular(from);
    if (file === null) return;
    try {
      manifest.files.push(await archive.add(name, file, signal));
    } finally {
      closeSync(file);
    }
  };
  await add(stateFiles.inbox, copy);
  // The copy is not needed any more, and its space may be.
  rmSync(copy, { force: true });
  for (const name of namesIn(dir)) if (belongs(name, choice)) await add(name, join(dir, name));
  archive.addText(manifestName, `${JSON.stringify(manifest)}\n`);
  archive.end();
  return manifest.files.length;
}

/** The names of the files that may belong to a backup, beside the inbox. */
function* namesIn(dir: string): Generator<string> {
  yield* [...entriesOf(dir)].filter(isSmall).sort();
  for (const kind of [stateFiles.media, stateFiles.outgoing]) {
    // What is being written is called `part`, which has no ending, and gets another name when it is whole.
    for (const key of entriesOf(join(dir, kind)))
      for (const name of entriesOf(join(dir, kind, key))) if (name !== 'part') yield `${kind}/${key}/${name}`;
  }
  for (const name of entriesOf(join(dir, stateFiles.transcripts))) yield `${stateFiles.transcripts}/${name}`;
}

function* entriesOf(dir: string): Generator<string> {
  try {
    const opened = opendirSync(dir);
    try {
      for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) yield entry.name;
    } finally {
      opened.closeSync();
    }
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
}

/** Opens a regular file; null when there is none, as when the poller has just removed it. No link is followed. */
function openRegular(path: string): number | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENXIO'].includes(String((error as NodeJS.ErrnoException).code))) return null;
    throw error;
  }
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  return null;
}
