import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSessionFor } from '../../src/agents/openclaw/session.ts';
import { systemClock } from '../../src/clock.ts';
import type { InboundMessage, Sender } from '../../src/domain/message.ts';
import { toEntries } from '../../src/intake/to-entries.ts';
import { acquireLock, type Lock } from '../../src/state/lock.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { silentLog } from '../silent-log.ts';
import { runCli } from './program.ts';

const account = '647000000000001';
const ann = '+15550107001';
const id = 'US.7000000000000000009';
const sessionFor = createSessionFor({ agent: 'main', session: 'per-sender', sharedSession: 'x' });

let dir: string;
let store: Store;
/** A poller works on the directory. */
let lock: Lock | null;
let messages = 0;

async function write(who: Partial<Sender>, name: string | null = null): Promise<string> {
  messages += 1;
  const sender = { phone: null, userId: null, username: null, name, ...who };
  const message: InboundMessage = {
    ...{ id: `wamid.MESSAGE${messages}`, account, sender, conversationId: null, type: 'text', text: 'hi', media: null },
    timestamp: 1_770_000_000_000 + messages * 1000,
  };
  const deps = { account, sessionFor, admit: () => ({ kind: 'admitted' }) as const, log: silentLog };
  await store.accept(toEntries([{ kind: 'message', message }], deps));
  return message.id;
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kapso-cli-'));
  store = await openStore({ dir, clock: systemClock });
  lock = null;
  messages = 0;
});
afterEach(async () => {
  lock?.release();
  await store.close();
  await rm(dir, { recursive: true });
});

const contacts = (...args: string[]) => runCli(['contacts', ...args, '--state-dir', dir]);
const laneOf = async (entry: string) => (await store.get(entry))?.lane;

describe('kapso-whatsapp-cli contacts', () => {
  test('list shows who has written and what was not joined, and hides addresses and names', async () => {
    expect((await contacts('list')).stdout).toBe('Nobody has written.\n');
    await write({ phone: '15550107001', userId: 'US.1' }, 'Ann \u001b[31mSmith');
    await write({ phone: '15550107001', userId: 'US.2' }, 'Bob');
    const { code, stdout } = await contacts('list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^CONTACT +ADDRESS +NAME +ACCESS +ALSO$/m);
    expect(stdout).toMatch(/^\+1555…01~2 +\+1555…01 +B… /m);
    expect(stdout).toMatch(/^Not joined .*\nCONTACT .*\n\+1555…01~2 +\+1555…01 /m);
    for (const hidden of ['15550107001', 'Smith', '\u001b']) expect(stdout).not.toContain(hidden);
    const full = await contacts('list', '--full');
    expect(full.stdout).toContain('Ann \\u001b[31mSmith');
    const { contacts: listed, conflicts } = JSON.parse((await contacts('list', '--full', '--json')).stdout);
    expect(listed).toMatchObject([
      { key: ann, account, address: 'US.1', access: 'settings', identities: [{ identity: 'US.1', kind: 'user' }] },
      { key: `${ann}~2`, address: ann, name: 'Bob' },
    ]);
    expect(conflicts).toMatchObject([{ contact: `${ann}~2`, other: ann, identity: ann, message: 'wamid.MESSAGE2' }]);
  });

  test('list and show say whom the settings let write, and list works where they are wrong', async () => {
    await write({ phone: '15550107001', userId: 'US.1' }, 'Ann');
    await write({ phone: '15550107002', userId: 'US.2' }, 'Bob');
    const config = join(dir, 'config.yaml');
    const settings = `access:\n  policy: allowlist\n  contacts: [{id: "${ann}", name: Ann}]\n`;
    await writeFile(config, settings, { mode: 0o600 });
    const { stdout } = await contacts('list', '--full', '--config', config);
    expect(stdout).toMatch(/^\+15550107001 +\S+ +Ann +settings /m);
    expect(stdout).toMatch(/^\+15550107002 +\S+ +Bob +- /m);
    expect((await contacts('show', ann, '--config', config)).stdout).toMatch(/^access +settings$/m);
    await writeFile(config, settings.replace('allowlist', 'nonsense'));
    const wrong = await contacts('list', '--full', '--config', config);
    expect(wrong).toMatchObject({ code: 0, stdout: expect.stringMatching(/Ann +- /) });
    expect(wrong.stderr).toContain('Whom the settings let write is not shown: ');
  });

  test('show takes any spelling, and says what was given up and what another one had before', async () => {
    await write({ phone: '5547988887777' });
    for (const who of ['+5547988887777', '+55 47 8888-7777']) {
      expect((await contacts('show', who, '--full')).stdout).toMatch(/^answered at +\+5547988887777$/m);
    }
    await write({ phone: '15550107001', userId: 'US.1' });
    await write({ phone: '15550107001', userId: 'US.2' });
    const { stdout } = await contacts('show', `${ann}~2`, '--full');
    expect(stdout).toMatch(/^phone +\+15550107001 \(another contact had it before\)$/m);
    expect(JSON.parse((await contacts('show', 'US.1', '--json')).stdout)).toMatchObject({
      key: '+1555…01',
      conflicts: [{}],
    });
    expect(await contacts('show', '+15550100000')).toMatchObject({ code: 64 });
  });

  test('link joins what waits, without a poller also what was with the agent', async () => {
    const [a, b] = [await write({ phone: '15550107001' }), await write({ userId: id })];
    await store.begin(b, { runKey: b, runNumber: 1 });
    const { code, stdout } = await contacts('link', ann, id);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '+1555…01  linked; 1 message that waits moved\n' });
    expect(await laneOf(b)).toBe(await laneOf(a));
    expect(await contacts('link', ann, id)).toMatchObject({
      code: 69,
      stdout: 'not linked: it is one contact already\n',
    });
  });

  test('link waits for a run while a poller works, and lets nothing begin meanwhile', async () => {
    lock = acquireLock(dir);
    const [a, b] = [await write({ phone: '15550107001' }), await write({ userId: id })];
    await store.begin(b, { runKey: b, runNumber: 1 });
    const busy = await contacts('link', ann, id, '--wait', '0', '--json');
    expect(busy.code).toBe(75);
    expect(JSON.parse(busy.stdout)).toMatchObject({ linked: false, why: expect.stringContaining('with the agent') });
    const linked = contacts('link', ann, id);
    const claimed = async (): Promise<boolean> =>
      store.begin(a, { runKey: a, runNumber: 1, lane: `${account}/${ann}` }).then(
        () => store.defer(a, { until: 0, reason: '', counted: false, resend: true }).then(() => false),
        ({ code }) => code === 'STORE_CLAIMED',
      );
    while (!(await claimed())) await pause(20);
    await store.settle(b, 'silent');
    expect(await linked).toMatchObject({ code: 0 });
    await store.begin(a, { runKey: a, runNumber: 1, lane: `${account}/${ann}` });
  });

  test('unlink gives an identity a contact of its own, whose session the configuration names', async () => {
    await write({ phone: '15550107001' });
    await write({ userId: id });
    await contacts('link', ann, id);
    const b = await write({ userId: id });
    const { code, stdout } = await contacts('unlink', id, '--json', '--full');
    expect({ code, ...JSON.parse(stdout) }).toEqual({ code: 0, unlinked: true, contact: id, moved: 2 });
    expect(await store.get(b)).toMatchObject({
      lane: `${account}/${id}`,
      session: `agent:main:kapso:direct:${id}`.toLowerCase(),
    });
    expect(await contacts('unlink', id)).toMatchObject({
      code: 69,
      stdout: 'not unlinked: it is all that is known of its contact\n',
    });
  });
});
