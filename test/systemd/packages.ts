import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Builds the Debian package from dist/ into a directory. Returns the name of its file. */
export function buildPackage(dir: string, revision: number): string {
  const options = ['--built', '--revision', String(revision), '--compression', 'none', '--out', dir];
  const file = execFileSync(process.execPath, [join(root, 'packaging/debian/build.ts'), ...options], {
    encoding: 'utf8',
    env: { ...process.env, SOURCE_DATE_EPOCH: '1790000000' },
  });
  return basename(file.trim());
}
