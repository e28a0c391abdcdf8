/**
 * Computes the hash of the run-time dependencies, which nix/package.nix fetches. `node nix/npm-deps-hash.ts` prints it.
 * `--check` fails when package.nix has another hash. `--write` puts it there. It needs npm, bash, and Nix 2.8 or newer.
 * It runs on any machine with them, because the dependencies are the same everywhere (nix/node-modules.sh).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const project = join(import.meta.dirname, '..');
const packageFile = join(import.meta.dirname, 'package.nix');
const line = /^( *npmDepsHash = ")([^"]*)(";)$/m;

const [mode, ...rest] = process.argv.slice(2);
if (rest.length > 0 || (mode !== undefined && mode !== '--check' && mode !== '--write')) {
  console.error('usage: node nix/npm-deps-hash.ts [--check | --write]');
  process.exit(64);
}

const hash = computeHash();
if (mode === undefined) {
  console.log(hash);
} else {
  const text = readFileSync(packageFile, 'utf8');
  const found = line.exec(text)?.[2];
  if (found === undefined) throw new Error(`${packageFile} has no line of the form npmDepsHash = "…";`);
  if (found === hash) {
    console.log(`npmDepsHash in nix/package.nix is right: ${hash}`);
  } else if (mode === '--write') {
    writeFileSync(packageFile, text.replace(line, `$1${hash}$3`));
    console.log(`npmDepsHash in nix/package.nix is now ${hash}`);
  } else {
    console.error(
      `npmDepsHash in nix/package.nix is ${found}, but package-lock.json gives ${hash}: run npm run nix:hash -- --write`,
    );
    process.exit(1);
  }
}

/** Returns an SRI string. Throws when npm or Nix is missing or fails. Both say why on standard error. */
function computeHash(): string {
  const directory = mkdtempSync(join(tmpdir(), 'npm-deps-'));
  try {
    const out = join(directory, 'node_modules');
    const stdio: ['ignore', 2, 'inherit'] = ['ignore', 2, 'inherit'];
    execFileSync('bash', [join(import.meta.dirname, 'node-modules.sh'), project, out], { stdio });
    const nix = ['--extra-experimental-features', 'nix-command', 'hash', 'path', '--type', 'sha256', '--sri', out];
    return execFileSync('nix', nix, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
