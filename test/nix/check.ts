/**
 * Checks the Nix side without building it and without nixpkgs: every .nix file parses, flake.lock has all that
 * flake.nix names, and nix/package.nix has the hash of the dependencies in package-lock.json. Needs Nix 2.8 or newer.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const project = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'nix-check-'));
// Nothing of this machine's Nix: a store of its own, no binary cache, no registry of flakes.
const env = {
  ...process.env,
  NIX_REMOTE: `local?root=${join(scratch, 'store')}`,
  XDG_CACHE_HOME: join(scratch, 'cache'),
  NIX_CONFIG: 'experimental-features = nix-command flakes\nsubstituters =\nflake-registry =\n',
};

try {
  const version = attempt('nix', ['--version']);
  if (version === null) {
    console.error('Nix is needed to check the Nix files: install it (on Debian: apt-get install nix-bin)');
    process.exitCode = 1;
  } else {
    console.log(version.trim());
    process.exitCode = [parse(), lock(), hash()].every(Boolean) ? 0 : 1;
  }
} finally {
  // Nix makes the content of a store read-only.
  execFileSync('chmod', ['-R', 'u+w', scratch]);
  rmSync(scratch, { recursive: true, force: true });
}

function parse(): boolean {
  const exclude = ['node_modules', '.git', 'dist'];
  const files = globSync('**/*.nix', { cwd: project, exclude: path => exclude.includes(path) }).sort();
  const wrong = files.filter(file => attempt('nix-instantiate', ['--parse', file]) === null);
  return say(files.length > 0 && wrong.length === 0, `${files.length} .nix files parse`);
}

/** Fetches nothing: a complete lock file needs no update. */
function lock(): boolean {
  const flake = mkdtempSync(join(scratch, 'flake-'));
  for (const file of ['flake.nix', 'flake.lock']) copyFileSync(join(project, file), join(flake, file));
  const args = ['flake', 'metadata', '--no-update-lock-file', '--json', `path:${flake}`];
  return say(attempt('nix', args) !== null, 'flake.lock is complete for flake.nix');
}

function hash(): boolean {
  const args = [join(project, 'nix/npm-deps-hash.ts'), '--check'];
  return say(attempt(process.execPath, args) !== null, 'npmDepsHash in nix/package.nix is that of package-lock.json');
}

/** Returns what the program prints, or null when it fails or does not exist. */
function attempt(program: string, args: readonly string[]): string | null {
  try {
    const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
    return execFileSync(program, args, { cwd: project, env, encoding: 'utf8', stdio });
  } catch {
    return null;
  }
}

function say(good: boolean, what: string): boolean {
  console.log(`${good ? 'ok    ' : 'FAILED'} ${what}`);
  return good;
}
