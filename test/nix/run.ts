/**
 * `npm run test:nix`: evaluates the modules and every Nix example of docs/guides/nix.md, in real home-manager, with
 * nix-openclaw's own modules, and in a stand-in for NixOS. It builds and fetches nothing. It needs Nix 2.8 or newer and
 * three source trees, each named by a variable (see `trees`).
 *
 * `--write` writes nix/OPTIONS.md. With `--allow-missing`, a missing Nix or tree is no failure. Other arguments go to
 * vitest.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nixValue, trees } from './evaluate.ts';
import { type DocumentedOption, optionsReference } from './options-reference.ts';

const root = join(import.meta.dirname, '../..');

function missing(needed: readonly string[]): string[] {
  const found: string[] = [];
  const nix = process.env.NIX || 'nix';
  if (spawnSync(nix, ['--version']).status !== 0) found.push(`${nix}: install Nix 2.8 or newer (on Debian: nix-bin)`);
  for (const [name, repository] of Object.entries(trees)) {
    const path = process.env[name];
    if (needed.includes(name) && !(path && existsSync(path))) {
      found.push(
        `${name}${path ? `=${path} does not exist` : ''}: the directory of a checkout of github.com/${repository}`,
      );
    }
  }
  return found;
}

const flags = process.argv.slice(2);
const write = flags.includes('--write');
const lacking = missing(write ? ['NIXPKGS_LIB'] : Object.keys(trees));
if (lacking.length > 0) {
  const what = write
    ? 'nix/OPTIONS.md was not written.'
    : 'The modules, their assertions, the Nix examples of docs/guides/nix.md and nix/OPTIONS.md were NOT checked.';
  console.error(`${what}\nMissing:\n${lacking.map(line => `  ${line}\n`).join('')}`);
  process.exitCode = flags.includes('--allow-missing') ? 0 : 1;
} else if (write) {
  const options = await nixValue<DocumentedOption[]>('documented (nixos [ ])');
  writeFileSync(join(root, 'nix/OPTIONS.md'), optionsReference(options));
} else {
  const rest = flags.filter(flag => flag !== '--allow-missing');
  const { status } = spawnSync('vitest', ['run', '--config', 'test/nix/vitest.config.ts', ...rest], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
