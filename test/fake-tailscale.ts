import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const fixture = join(import.meta.dirname, 'fixtures/tailscale/tailscale');

/** Puts the stand-in for the Tailscale CLI into its folder, which it must know by itself: it gets no variables of ours. Returns its path. */
export function fakeTailscale(folder: string): string {
  const path = join(folder, 'tailscale-cli');
  const text = readFileSync(fixture, 'utf8').replace(/^#!.*\n/, line => `${line}FAKE_TAILSCALE='${folder}'\n`);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}
