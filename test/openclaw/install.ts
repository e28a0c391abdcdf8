/**
 * Installs the OpenClaw release that the tests run against. It is next to the project and not among its dependencies:
 * it is large, and nothing that the program ships with needs it.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The release from which the reference and the fixtures were taken. */
export const openclawVersion = '2026.9.6';

/** The directory of the installation: `OPENCLAW_TEST_DIR`, else `.openclaw-test/` of the checkout. */
export function installDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return env.OPENCLAW_TEST_DIR || join(import.meta.dirname, '../../.openclaw-test');
}

async function installedVersion(directory: string): Promise<string | null> {
  try {
    const manifest = await readFile(join(directory, 'node_modules/openclaw/package.json'), 'utf8');
    return (JSON.parse(manifest) as { version: string }).version;
  } catch {
    return null;
  }
}

/**
 * Resolves to the path of `openclaw.mjs`. Installs it with the npm on PATH when the right version is not there yet. The
 * first install takes about a minute. Install scripts are not run: the gateway works without them.
 */
export async function installOpenClaw(directory = installDirectory()): Promise<string> {
  const program = join(directory, 'node_modules/openclaw/openclaw.mjs');
  if ((await installedVersion(directory)) === openclawVersion) return program;
  await mkdir(directory, { recursive: true });
  // A manifest of its own keeps npm from walking up into this project's.
  await writeFile(join(directory, 'package.json'), '{ "private": true }\n');
  await run(
    'npm',
    ['install', `openclaw@${openclawVersion}`, '--ignore-scripts', '--no-save', '--no-audit', '--no-fund'],
    { cwd: directory, maxBuffer: 64 * 1024 * 1024 },
  );
  const version = await installedVersion(directory);
  if (version !== openclawVersion) {
    throw new Error(`npm left openclaw ${version ?? 'nowhere'} in ${directory}; ${openclawVersion} was asked for`);
  }
  return program;
}

if (import.meta.main) console.log(await installOpenClaw());
