import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';

const here = (file: string) => join(import.meta.dirname, file);

/** Runs the two hosts; returns what the client printed, or says why this machine cannot have them. */
async function fromTheOtherHost(
  name: string,
  addresses: readonly string[],
): Promise<{ out: string; cannot: string | null }> {
  const dir = mkdtempSync(join(tmpdir(), 'kapso-hosts-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const hosts = join(dir, 'hosts');
  writeFileSync(hosts, addresses.map(address => `${address} kapso.test\n`).join(''));
  const files = [hosts, process.execPath, here('two-hosts-server.ts'), here('two-hosts-client.ts')];
  const child = spawn(
    'unshare',
    ['--user', '--map-root-user', '--net', '--mount', 'sh', here('two-hosts.sh'), name, ...files],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const started = await once(child, 'spawn').then(
    () => true,
    () => false,
  );
  if (!started) return { out: '', cannot: 'there is no unshare' };
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { out, cannot: code === 0 ? null : err };
}

test.for([
  // As DNS gives them: two of each kind, and no route to those of IPv6.
  {
    line: 'takes longer than 250 ms',
    name: 'slow',
    addresses: ['2001:db8::2', '2001:db8::3', '192.0.2.2', '192.0.2.3'],
  },
  { line: 'loses all that goes to its IPv6 address', name: 'black-hole', addresses: ['2001:db8::2', '192.0.2.2'] },
])('a host is reached whose line $line', async ({ name, addresses }, context) => {
  const { out, cannot } = await fromTheOtherHost(name, addresses);
  if (cannot && /unshare|ip: not found|not permitted/.test(cannot)) context.skip(`no two hosts here: ${cannot}`);
  expect(cannot).toBeNull();
  expect(out).toBe('200 there');
});
