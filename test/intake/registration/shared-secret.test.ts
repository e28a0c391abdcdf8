import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hold } from '../../../src/instances/hold.ts';
import { byRole } from '../../../src/intake/registration/by-role.ts';
import { createSharedFingerprints } from '../../../src/intake/registration/secret-fingerprint.ts';
import { shareSecret } from '../../../src/intake/registration/shared-secret.ts';
import { signingSecrets } from '../../../src/intake/registration/signing-secret.ts';
import type { Webhook } from '../../../src/kapso/webhooks.ts';
import { stateFiles } from '../../../src/state/files.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/store.ts';
import { account, heldClock } from '../../store/fixtures.ts';

let top: string;
let store: Store;
/** The state directories of two machines. */
const dirs = () => ['one', 'other'].map(name => join(top, name)) as [string, string];

beforeEach(async () => {
  top = mkdtempSync(join(tmpdir(), 'kapso-shared-secret-'));
  store = await openStore({ dir: join(top, 'store'), clock: heldClock(), delivers: true, shared: true });
  for (const dir of dirs()) await (await openStore({ dir, clock: heldClock() })).close();
});

afterEach(async () => {
  await store.close();
  rmSync(top, { recursive: true, force: true });
});

const secretsOf = (stateDir: string) => signingSecrets({ configured: [], stateDir, make: false }).secrets;
const at = (stateDir: string) => ({ stateDir, account: null, number: account });

describe('the signing secret of several machines', () => {
  it('is one, made by the first that registers', async () => {
    const [one, other] = dirs();
    await shareSecret(store.notes, at(other), { make: false });
    expect(secretsOf(other)).toEqual([]);
    await Promise.all([one, other].map(dir => shareSecret(store.notes, at(dir), { make: true })));
    expect(secretsOf(one)).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(secretsOf(other)).toEqual(secretsOf(one));
    expect(statSync(join(other, stateFiles.signingSecret)).mode & 0o777).toBe(0o600);
  });

  it('is that of the machine that had one when there was one machine', async () => {
    const [one, other] = dirs();
    writeFileSync(join(one, stateFiles.signingSecret), 'from before\n');
    await shareSecret(store.notes, at(one), { make: true });
    await shareSecret(store.notes, at(other), { make: true });
    expect([secretsOf(one), secretsOf(other)]).toEqual([['from before'], ['from before']]);
  });

  it('replaces what another machine made for itself, or lost', async () => {
    const [one, other] = dirs();
    await shareSecret(store.notes, at(one), { make: true });
    for (const left of ['its own', '']) {
      writeFileSync(join(other, stateFiles.signingSecret), left);
      await shareSecret(store.notes, at(other), { make: false });
      expect(secretsOf(other)).toEqual(secretsOf(one));
    }
  });

  it('is one for each number, whatever else the configuration of a machine has', async () => {
    const [one, other] = dirs();
    await shareSecret(store.notes, at(one), { make: true });
    await shareSecret(store.notes, { stateDir: other, account, number: account }, { make: false });
    expect(signingSecrets({ configured: [], stateDir: other, account, make: false }).secrets).toEqual(secretsOf(one));
    await shareSecret(store.notes, { stateDir: other, account: '2', number: '2' }, { make: true });
    const second = signingSecrets({ configured: [], stateDir: other, account: '2', make: false }).secrets;
    expect(second).not.toEqual(secretsOf(one));
  });
});

describe('what is known of the registration', () => {
  const webhook: Webhook = {
    ...{ id: 'w1', url: 'https://example.com/', active: true, kind: 'kapso', payloadVersion: 'v2', events: [] },
    ...{ secretKey: null, updatedAt: 5000 },
  } as Webhook;

  it('is known to whichever process registers the webhook next, for each account', async () => {
    await createSharedFingerprints(store.notes, account).remember(webhook, 'secret');
    const next = createSharedFingerprints(store.notes, account);
    expect(await next.holds(webhook, 'secret')).toBe(true);
    expect(await next.holds(webhook, 'another')).toBe(false);
    expect(await createSharedFingerprints(store.notes, '1').holds(webhook, 'secret')).toBe(false);
    expect(await store.notes.get(`registration ${account}`)).not.toContain('secret');
  });
});

describe('a registration', () => {
  it('is kept by the process that has the role, and by no other one', () => {
    const done: string[] = [];
    const listeners: (() => void)[] = [];
    const role = { hold: null as Hold | null, onChange: (listener: () => void) => void listeners.push(listener) };
    const change = (hold: Hold | null) => {
      role.hold = hold;
      for (const listener of listeners) listener();
    };
    let left = 0;
    const kept = byRole({ keep: url => done.push(url), stop: () => done.push('stop') }, role, () => (left += 1));
    kept.keep('https://a.example');
    change({} as Hold);
    kept.keep('https://b.example');
    change(null);
    kept.keep('https://c.example');
    change({} as Hold);
    kept.stop();
    change(null);
    expect(done.filter((what, at) => what !== done[at - 1])).toEqual([
      ...['stop', 'https://a.example', 'https://b.example', 'stop', 'https://c.example', 'stop'],
    ]);
    // What it knew of the webhook is not so any more, for all that it knows.
    expect(left).toBeGreaterThan(0);
  });
});
