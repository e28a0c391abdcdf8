import { createHash } from 'node:crypto';
import { type Stats, utimesSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { prepareDirectory } from '../../state/directory.ts';
import { stateFiles } from '../../state/files.ts';
import { writePrivateFile } from '../../state/private-file.ts';
import { readTextFile } from '../../text-file.ts';
import type { StoredFile } from '../text-of.ts';
import type { TranscribeSettings } from './attempt.ts';

/** Bytes of all transcripts together, and of one. */
const most = { all: 64 * 1024 * 1024, one: 1024 * 1024 };
/** Milliseconds. A program has no audio for so long. */
const workFor = 2 * 3_600_000;

/** The words of voice messages that were transcribed, each in a file (0600), so that none is paid for twice. */
export interface TranscriptCache {
  /** Returns the words that these settings have given for the content of the file; null when there are none. */
  find(file: StoredFile, settings: TranscribeSettings): string | null;
  /** Keeps the words, where the disk takes them. */
  keep(file: StoredFile, settings: TranscribeSettings, words: string): void;
  /**
   * Removes the words that were not asked for since `before` (milliseconds since the epoch), the oldest ones above the
   * bound of all, and audio that a killed process has left.
   */
  tidy(before: number): Promise<void>;
}

export function createTranscriptCache({
  stateDir,
  clock,
}: {
  stateDir: string;
  clock: Pick<Clock, 'now'>;
}): TranscriptCache {
  const dir = join(stateDir, stateFiles.transcripts);
  const pathOf = (file: StoredFile, settings: TranscribeSettings) => join(dir, `${keyOf(file, settings)}.txt`);
  return {
    find(file, settings) {
      const path = pathOf(file, settings);
      try {
        // A loss of power may have left it empty.
        const words = readTextFile(path, most.one) || null;
        const now = clock.now() / 1000;
        if (words !== null) utimesSync(path, now, now);
        return words;
      } catch {
        return null;
      }
    },
    keep(file, settings, words) {
      try {
        prepareDirectory(dir);
        writePrivateFile(pathOf(file, settings), words, { durable: false });
      } catch (error) {
        // A full disk takes nothing from the message that has its words now.
        if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      }
    },
    async tidy(before) {
      const now = clock.now();
      let total = 0;
      for (const { path, size, mtimeMs } of await newestFirst(dir)) {
        const isWork = !path.endsWith('.txt');
        if (!isWork) total += size;
        if (isWork ? mtimeMs < now - workFor : mtimeMs < before || total > most.all) await rm(path, { force: true });
      }
    },
  };
}

/** Other settings may give other words. The name has nothing that another may choose. */
function keyOf(file: StoredFile, { provider, baseUrl, model, language, command }: TranscribeSettings): string {
  const by = provider === 'command' ? [command, language] : [baseUrl, model, language];
  return createHash('sha256')
    .update(JSON.stringify([file.sha256, provider, ...by]))
    .digest('hex');
}

async function newestFirst(dir: string): Promise<(Pick<Stats, 'size' | 'mtimeMs'> & { path: string })[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = await Promise.all(
    names.map(async name => {
      const path = join(dir, name);
      const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
      return { path, size, mtimeMs };
    }),
  );
  return files.sort((one, other) => other.mtimeMs - one.mtimeMs);
}
