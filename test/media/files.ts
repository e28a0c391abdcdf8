import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { StoredFile } from '../../src/media/text-of.ts';

/** A directory that is removed with the test. */
export function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'kapso-media-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A file as the bridge stores it. */
export function stored(path: string, mimeType: string): StoredFile {
  const content = readFileSync(path);
  return { path, mimeType, size: statSync(path).size, sha256: createHash('sha256').update(content).digest('hex') };
}

/** Writes a program of the test: a script for Node. Returns the words that run it. */
export function program(dir: string, name: string, script: string): string[] {
  const path = join(dir, name);
  writeFileSync(path, script);
  return [process.execPath, path];
}

/** Whether a process of this machine runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process whose parent has not asked for its end is over too.
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
