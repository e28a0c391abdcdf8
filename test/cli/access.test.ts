import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { ReceivedEntry } from '../../src/store/new-entry.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { runCli } from './program.ts';

const account = '106540352242922';
const ann = { phone: '15551234567', code: 'ABCDEFGH', name: 'Ann \u001b[31mSmith' };
const bob = { phone: '15557654321', code: 'BCDEFGHJ', name: 'Bob' };

let dir: string;
let store: Store;

/** Somebody unknown writes, and gets a code. */
async function write({ phone, code, name }: typeof ann, id: string, at = account): Promise<void> {
  const from = { phone, userId: null, parentId: null, name };
  const common = { message: id, answer: id, account: at, lane: phone, recipient: `+${phone}`, part: 1, parts: 1 };
  const tell = () => ({ ...common, id: `${id}#pairing`, via: 'pairing' as const, body: '{}', sendBefore: null });
  const entry: ReceivedEntry = {
    ...{ id, account: at, occurredAt: 1_770_000_000_000, body: '{}', from },
    file: ({ key, approved, blocked }) => ({
      ...{ lane: `${at}/${key}`, contact: key, conversation: `${at}/${key}`, session: key, author: key },
      admission: approved || blocked ? { kind: 'admitted' } : { kind: 'unpaired' },
      pairing: { newCode: () => code, expires: 3_600_000, most: 9, held: 9, tell },
    }),
  };
  await store.accept([entry]);
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kapso-cli-'));
  store = await openStore({ dir, clock: systemClock });
  await write(ann, 'wamid.a');
  await write(ann, 'wamid.b');
  await write(bob, 'wamid.c');
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

const access = (...args: string[]) => runCli(['access', ...args, '--state-dir', dir]);
const states = async () => Promise.all(['wamid.a', 'wamid.b', 'wamid.c'].map(async id => (await store.get(id))?.state));
const listed = async () => JSON.parse((await access('list', '--full', '--json')).stdout);

describe('kapso-whatsapp-cli access', () => {
  test('list shows who waits, with the code, and hides addresses and names', async () => {
    const { code, stdout } = await access('list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^STATE +CONTACT +NAME +CODE +UNTIL +MESSAGES +SINCE +BY$/m);
    expect(stdout).toMatch(/^unpaired +\+1555…67 +A… +ABCDEFGH +not sent yet +2 /m);
    for (const hidden of [ann.phone, 'Smith', '\u001b']) expect(stdout).not.toContain(hidden);
    const full = await access('list', '--full');
    expect(full.stdout).toContain(`+${ann.phone}`);
    expect(full.stdout).toContain('Ann \\u001b[31mSmith');
  });

  test('list --json is for programs', async () => {
    expect((await listed()).find(({ code }: { code: string }) => code === ann.code)).toEqual({
      ...{ state: 'unpaired', contact: `+${ann.phone}`, name: ann.name, account, since: expect.any(String) },
      ...{ decidedBy: null, code: ann.code, expiresAt: null, held: 2, key: `+${ann.phone}` },
    });
    await access('approve', ann.code);
    const approved = JSON.parse((await access('list', '--state', 'approved', '--json')).stdout);
    expect(approved).toMatchObject([{ state: 'approved', contact: '+1555…67', decidedBy: userInfo().username }]);
  });

  test('list says when there is nobody', async () => {
    expect((await access('list', '--state', 'blocked')).stdout).toBe('Nobody waits, is approved or is blocked.\n');
  });

  test.each(['ABCDEFGH', 'abcd-efgh', 'abcd efgh', '+1 (555) 123-4567', '+15551234567'])(
    'approve %s has delivered what was kept',
    async who => {
      const { code, stdout } = await access('approve', who);
      expect({ code, stdout }).toEqual({ code: 0, stdout: '+1555…67  approved; 2 messages go to the agent next\n' });
      expect(await states()).toEqual(['pending', 'pending', 'unpaired']);
    },
  );

  test('what is neither a code nor an address is called so, with the letters of codes', async () => {
    for (const wrong of ['WRONGONE', 'abc-d0fg', 'ABCD']) {
      const { code, stderr } = await access('approve', wrong);
      expect(code).toBe(64);
      expect(stderr).toContain(`"${wrong}" is neither a code nor a WhatsApp address`);
      expect(stderr).toMatch(/8 letters and digits, and none of I, O, 0 and 1/);
    }
  });

  test('approve takes several, and names what it has not done', async () => {
    const { code, stdout } = await access('approve', ann.code, 'CCCCCCCC', bob.code, '--json');
    expect(code).toBe(69);
    expect(JSON.parse(stdout)).toEqual({
      approved: 2,
      results: [
        { who: ann.code, done: true, account, contact: '+1555…67', was: 'unpaired', messages: 2 },
        { who: 'CCCCCCCC', done: false, why: expect.stringContaining('9 more wrong codes') },
        { who: bob.code, done: true, account, contact: '+1555…21', was: 'unpaired', messages: 1 },
      ],
    });
    expect(await states()).toEqual(['pending', 'pending', 'pending']);
  });

  test('approve says who is approved already', async () => {
    await access('approve', ann.code);
    expect(await access('approve', `+${ann.phone}`)).toMatchObject({
      code: 69,
      stdout: '+15551234567  not approved: it is approved\n',
    });
  });

  test('no code is taken after ten wrong ones, with 75', async () => {
    const wrong = Array.from({ length: 10 }, () => 'CCCCCCCC');
    expect(await access('approve', ...wrong)).toMatchObject({ code: 69 });
    const { code, stdout } = await access('approve', ann.code);
    expect(code).toBe(75);
    expect(stdout).toMatch(/^ABCDEFGH {2}not approved: too many wrong codes came. None is taken until 20\d\d-.*Z\n$/);
    expect(await states()).toEqual(['unpaired', 'unpaired', 'unpaired']);
    expect(await access('approve', `+${ann.phone}`)).toMatchObject({ code: 0 });
  });

  test('deny drops what was kept, until it is revoked', async () => {
    expect(await access('deny', ann.code)).toMatchObject({
      code: 0,
      stdout: '+1555…67  denied; 2 messages are dropped\n',
    });
    expect(await states()).toEqual(['dropped', 'dropped', 'unpaired']);
    expect(await access('revoke', `+${ann.phone}`)).toMatchObject({ code: 0, stdout: '+1555…67  revoked\n' });
    expect((await listed()).map(({ contact }: { contact: string }) => contact)).toEqual([`+${bob.phone}`]);
    expect(await access('revoke', `+${ann.phone}`)).toMatchObject({
      code: 69,
      stdout: '+15551234567  not revoked: it is neither approved nor blocked\n',
    });
    expect(await access('revoke', `+${bob.phone}`)).toMatchObject({
      stdout: expect.stringContaining('it is unpaired'),
    });
  });

  test.each([
    [['approve'], 'say who'],
    [['approve', '+15550001111'], 'nobody with the address "+15550001111" has written'],
    [['approve', '15551234567'], 'has no + and country code'],
    [['deny', 'nonsense'], 'is neither a code nor a WhatsApp address'],
    [['revoke', ann.code], 'is not a WhatsApp address'],
    [['approve', '+15551234567~2'], 'nobody with the address'],
  ])('%j is a wrong command line, and changes nothing', async (args, message) => {
    const { code, stderr } = await access(...args);
    expect(code).toBe(64);
    expect(stderr).toContain(message);
    expect(await states()).toEqual(['unpaired', 'unpaired', 'unpaired']);
    // It was no attempt at a code either.
    expect(await store.access.approve({ code: 'CCCCCCCC' }, 'root')).toMatchObject({ left: 9 });
  });

  test('asks which of your numbers is meant when a contact writes to several', async () => {
    await write({ ...ann, code: 'CDEFGHJK' }, 'wamid.d', '999');
    const { code, stderr } = await access('approve', `+${ann.phone}`);
    expect({ code, stderr }).toMatchObject({ code: 64, stderr: expect.stringContaining('--account ID') });
    expect(await access('approve', `+${ann.phone}`, '--account', '999')).toMatchObject({ code: 0 });
    expect(await states()).toEqual(['unpaired', 'unpaired', 'unpaired']);
    expect((await store.get('wamid.d'))?.state).toBe('pending');
  });

  test('creates no inbox where there is none', async () => {
    const nowhere = join(dir, 'nowhere');
    for (const words of [['list'], ['approve', ann.code]]) {
      const { code, stderr } = await runCli(['access', ...words, '--state-dir', nowhere]);
      expect(code).not.toBe(0);
      expect(stderr).toContain(nowhere);
    }
  });
});
