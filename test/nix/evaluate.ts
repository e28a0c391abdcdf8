import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The source trees of public repositories, and the variables that name them. */
export const trees = {
  NIXPKGS_LIB: 'nix-community/nixpkgs.lib',
  HOME_MANAGER: 'nix-community/home-manager',
  NIX_OPENCLAW: 'openclaw/nix-openclaw',
} as const;

const standIn = join(import.meta.dirname, 'stand-in');

/** A store of our own: nothing is built, and nothing is written to the machine's store. */
export const store = join(tmpdir(), `kapso-whatsapp-nix-${process.getuid?.() ?? 0}`);

export type Evaluated = { ok: true; value: unknown } | { ok: false; error: string };

/**
 * Evaluates a Nix expression offline, with everything of `stand-in/default.nix` in scope. `error` is Nix's message
 * without positions.
 */
export async function evaluate(expression: string, system = 'x86_64-linux'): Promise<Evaluated> {
  mkdirSync(store, { recursive: true });
  const { NIXPKGS_LIB, HOME_MANAGER, NIX_OPENCLAW } = process.env;
  const trees = `nixpkgsLib = ${NIXPKGS_LIB}; homeManager = ${HOME_MANAGER}; nixOpenclaw = ${NIX_OPENCLAW};`;
  const scope = `import ${standIn} { ${trees} system = "${system}"; }`;
  const args = [
    'eval',
    '--store',
    `local?root=${store}`,
    '--impure',
    '--json',
    '--expr',
    `with ${scope}; ${expression}`,
  ];
  try {
    const { stdout } = await promisify(execFile)(process.env.NIX || 'nix', args, {
      maxBuffer: 64 * 1024 * 1024,
      env: {
        ...process.env,
        XDG_CACHE_HOME: join(store, 'cache'),
        NIX_CONFIG: [
          'experimental-features = nix-command flakes',
          'substituters =',
          'flake-registry =',
          'build-users-group =',
          'warn-dirty = false',
        ].join('\n'),
      },
    });
    return { ok: true, value: JSON.parse(stdout) as unknown };
  } catch (error) {
    const said = (error as { stderr?: string }).stderr;
    if (said === undefined) throw error;
    return { ok: false, error: said.replace(/\x1b\[[0-9;]*m/g, '').trim() };
  }
}

/** The value of an expression that must evaluate. */
export async function nixValue<T>(expression: string, system?: string): Promise<T> {
  const evaluated = await evaluate(expression, system);
  if (!evaluated.ok) throw new Error(`this does not evaluate:\n${expression}\n${evaluated.error}`);
  return evaluated.value as T;
}
