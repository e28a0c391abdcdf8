import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const fixture = join(import.meta.dirname, 'fixtures/tailscale/tailscale');

/**
 * Installs the stand-in for the Tailscale CLI in its folder and writes the folder's path into it: it gets none of our
 * variables. Returns its path.
 */
export function fakeTailscale(folder: string): string {
  const path = join(folder, 'tailscale-cli');
  const text = readFileSync(fixture, 'utf8').replace(/^#!.*\n/, line => `${line}FAKE_TAILSCALE='${folder}'\n`);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}
