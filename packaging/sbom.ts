/**
 * `npm run package:sbom` prints a software bill of materials of the npm package, in the form of CycloneDX: what
 * package-lock.json has for the run-time dependencies. It needs npm, and no network.
 *
 * The development dependencies are taken out first: with `--omit dev` npm leaves out what these need as well.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAll } from '../src/observe/write-all.ts';

const root = join(import.meta.dirname, '..');
const work = mkdtempSync(join(tmpdir(), 'kapso-whatsapp-sbom-'));
try {
  // npm takes the name from the directory.
  const dir = join(work, 'openclaw-kapso-whatsapp');
  mkdirSync(dir);
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(root, name), join(dir, name));
  const npm = (...args: string[]) => execFileSync('npm', args, { cwd: dir, stdio: ['ignore', 'pipe', 'inherit'] });
  npm('pkg', 'delete', 'devDependencies', 'workspaces');
  npm('prune', '--package-lock-only', '--offline', '--silent');
  writeAll(
    1,
    npm('sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application').toString(),
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
