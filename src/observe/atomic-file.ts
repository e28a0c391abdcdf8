import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Replaces a file as a whole (0600): a reader sees the old content or the new, never a part. */
export function writeFileAtomic(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  // Exclusively: nobody is to be led elsewhere by a link of that name.
  writeFileSync(temporary, content, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, path);
}
