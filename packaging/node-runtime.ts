import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** As Debian names them, and as npm does. */
export const architectures = { amd64: 'x64', arm64: 'arm64' } as const;
export type Architecture = keyof typeof architectures;

export function isArchitecture(name: string): name is Architecture {
  return name in architectures;
}

/** The architecture of this machine. Throws where no package is made for it. */
export function ownArchitecture(): Architecture {
  const found = Object.entries(architectures).find(([, arch]) => arch === process.arch)?.[0];
  if (found === undefined || !isArchitecture(found)) throw new Error(`there is no package for ${process.arch}`);
  return found;
}

export interface NodeRuntime {
  /** The program. */
  node: string;
  /** The directory with its licence. */
  dir: string;
}

/**
 * Finds the Node.js 24 that goes into a package: the one that `npm ci` brought, or for another architecture the one of
 * checkout/node-24/package.json, which is fetched into `work` and compared with package-lock.json.
 */
export function nodeRuntime(root: string, architecture: Architecture, work: string): NodeRuntime {
  const name = `node-linux-${architectures[architecture]}`;
  const workspace = join(root, 'checkout/node-24');
  const { optionalDependencies } = JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8'));
  const version: string = optionalDependencies[name];
  return runtimeIn(installed(workspace, name, version) ?? fetched(root, name, version, work));
}

/** A Node.js by the directory of its package. */
export function runtimeIn(dir: string): NodeRuntime {
  return { node: join(dir, 'bin/node'), dir };
}

function installed(workspace: string, name: string, version: string): string | null {
  try {
    const found = createRequire(join(workspace, 'package.json')).resolve(`${name}/package.json`);
    return JSON.parse(readFileSync(found, 'utf8')).version === version ? dirname(found) : null;
  } catch {
    return null;
  }
}

function fetched(root: string, name: string, version: string, work: string): string {
  const dir = join(work, name);
  if (!existsSync(dir)) {
    mkdirSync(dir, { recursive: true });
    const [{ filename }] = JSON.parse(
      execFileSync('npm', ['pack', '--json', '--pack-destination', work, `${name}@${version}`], { encoding: 'utf8' }),
    ) as [{ filename: string }];
    const archive = join(work, filename);
    const integrity = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version?: string; integrity?: string }>;
    };
    const locked = Object.entries(packages).some(
      ([path, entry]) => path.endsWith(`/${name}`) && entry.version === version && entry.integrity === integrity,
    );
    if (!locked) throw new Error(`${name}@${version} is not what package-lock.json has: ${integrity}`);
    execFileSync('tar', ['-xzf', archive, '-C', dir, '--strip-components=1']);
  }
  return dir;
}
