import { renameSync, writeFileSync } from 'node:fs';

/** Replaces a file as a whole (0600): a reader sees the old content or the new, never a part. */
export function writeFileAtomic(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content, { mode: 0o600 });
  renameSync(temporary, path);
}
