import { closeSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** An append-only file of JSON lines. */
export interface Journal {
  /** Resolves when the records are on disk. One fsync serves all records that arrived during the previous one. */
  append(...records: object[]): Promise<void>;
  /** Waits for the appended records, then closes. */
  close(): Promise<void>;
}

export interface OpenedJournal {
  /** The records of earlier processes, the oldest first. */
  records: unknown[];
  journal: Journal;
}

/**
 * Opens the journal and reads it. Without a path nothing is kept, and appends resolve at once. A last line that a crash
 * cut short is removed: it was never confirmed to anybody.
 */
export async function openJournal(path: string | undefined): Promise<OpenedJournal> {
  if (path === undefined) return { records: [], journal: { append: async () => {}, close: async () => {} } };
  await mkdir(dirname(path), { recursive: true });
  const records = readRecords(path);
  const file = await open(path, 'a', 0o600);
  await syncDirectory(dirname(path));

  let waiting: { lines: string; done: PromiseWithResolvers<void> } | null = null;
  let flushing: Promise<void> | null = null;

  const flush = async () => {
    while (waiting) {
      const { lines, done } = waiting;
      waiting = null;
      try {
        await file.appendFile(lines);
        await file.datasync();
        done.resolve();
      } catch (error) {
        done.reject(error);
      }
    }
    flushing = null;
  };

  return {
    records,
    journal: {
      append: (...added) => {
        waiting ??= { lines: '', done: Promise.withResolvers() };
        for (const record of added) waiting.lines += `${JSON.stringify(record)}\n`;
        const { promise } = waiting.done;
        flushing ??= Promise.resolve().then(flush);
        return promise;
      },
      close: async () => {
        await flushing;
        await file.close();
      },
    },
  };
}

function readRecords(path: string): unknown[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end < bytes.length) {
    const file = openSync(path, 'r+');
    ftruncateSync(file, end);
    closeSync(file);
  }
  return bytes
    .toString('utf8', 0, end)
    .split('\n')
    .filter(line => line !== '')
    .map((line, index) => {
      try {
        return JSON.parse(line);
      } catch (error) {
        throw new Error(`${path} line ${index + 1} is not JSON: this is not a simulator's journal, or it is damaged`, {
          cause: error,
        });
      }
    });
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
