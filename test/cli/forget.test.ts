import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { admitAll } from '../../src/domain/admit.ts';
import type { KnownContact } from '../../src/domain/contact.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { writeContent } from '../../src/domain/outgoing-body.ts';
import { writeBody, writeUnreadable } from '../../src/domain/stored-body.ts';
import { receive } from '../../src/intake/to-entries.ts';
import { acquireLock } from '../../src/state/lock.ts';
import { leaveMark } from '../../src/state/send-marks.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { runCli } from './program.ts';

const account = '106540352242922';
const group = 'GROUP-1.2.3';
const at = Date.UTC(2026, 10, 1);

/** Brazilian, so that it has two spellings. */
const ada = { phone: '5511987654321', userId: 'BR.13491208655302741918', name: 'Ada Lovelace' };
const bob = { phone: '15550107001', userId: null, name: 'Bob Other' };
const idOf = (phone: string, ending: string) =>
  `wamid.${Buffer.from(`\u001d\u000b${phone}\u0015\u0002`, 'latin1').toString('base64')}${ending}`;

/** What is to be found nowhere: numbers in both spellings, as text and within ids, names, words, contents. */
const needles = [
  ...[
    '5511987654321',
    '551187654321',
    ada.userId,
    'BR.77',
    'Lovelace',
    'secret-of-ada',
    'answer-for-ada',
    'photo-of-ada',
  ],
  ...['voice-of-ada', 'QTdDMkI1', idOf(ada.phone, '').slice(6, 26), idOf('551187654321', '').slice(6, 26)],
];

let dir: string;
let store: Store;

type Who = { phone: string; userId: string | null; name: string };

function message(id: string, who: Who, over: Partial<InboundMessage> = {}) {
  const whole: InboundMessage = {
    ...{ id, account, conversationId: null, timestamp: at, type: 'text', text: `words of ${who.name}`, media: null },
    sender: { ...who, username: null },
    ...over,
  };
  const rules = {
    sessionFor: ({ origin, group: of }: { origin: string; group: string | null }) => ({
      ...{ key: `agent:main:${of ?? origin}`.toLowerCase(), of: 'conversation' as const },
    }),
    admit: admitAll,
  };
  const { from, file } = receive(whole, rules);
  return { id, account, occurredAt: whole.timestamp, body: writeBody(whole), from, file };
}

const first = idOf(ada.phone, 'QTdDMkI1RDY4RjAx');
const second = idOf('551187654321', 'QTdDMkI1RDY4RjAy');
const inGroup = idOf(ada.phone, 'QTdDMkI1RDY4RjAz');
const quoting = idOf(bob.phone, 'Qk9CQk9CQk9CQk9C');
const waiting = idOf(bob.phone, 'Qk9CQk9CQk9CQk9D');
const unreadable = idOf(ada.phone, 'QTdDMkI1RDY4RjA0');
const keyOf = (id: string) => createHash('sha256').update(id).digest('hex').slice(0, 24);

const answer = (id: string, of: string, lane: string, text: string) => ({
  ...{ id, message: of, answer: `${of}#1`, account, lane, recipient: `+${ada.phone}`, via: 'relay' as const },
  ...{ part: 1, parts: 1, sendBefore: null, body: writeContent({ kind: 'text', text }) },
});

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kapso-forget-'));
  store = await openStore({ dir, clock: systemClock });
  const voice = { kind: 'audio' as const, id: 'v', mimeType: 'audio/ogg', filename: null, size: 1, url: null };
  await store.accept([
    message(first, ada, { text: 'secret-of-ada 1', media: voice }),
    message(inGroup, ada, { text: 'secret-of-ada in a group', groupId: group }),
    message(quoting, bob, { groupId: group, replyTo: inGroup }),
    message(waiting, bob, { text: 'Hello from Bob' }),
  ]);
  await store.accept([
    message(second, { ...ada, phone: '551187654321' }, { text: 'secret-of-ada 2' }),
    {
      id: unreadable,
      account,
      lane: 'unreadable:1',
      occurredAt: at,
      failure: 'no type',
      body: writeUnreadable({ reason: 'no type', raw: { from: ada.phone } }),
    },
  ]);
  const own = `${account}/+551187654321`;
  await store.begin(first, { runKey: first, runNumber: 1 });
  await store.settle(first, 'answering', { outgoing: [answer(`${first}#1-1`, first, own, 'answer-for-ada')] });
  await store.begin(inGroup, { runKey: inGroup, runNumber: 1 });
  const copy = join(dir, 'outgoing', 'd'.repeat(24), 'photo.jpg');
  const file = { path: copy, mimeType: 'image/jpeg', name: 'photo.jpg', size: 9 };
  await store.settle(inGroup, 'answering', {
    outgoing: [
      answer(`${inGroup}#1-1`, inGroup, `${account}/group/${group}`, 'answer-for-ada in the group'),
      {
        ...answer(`${inGroup}#1-2`, inGroup, own, ''),
        body: writeContent({ kind: 'media', media: 'image', source: { file } }),
      },
    ],
  });
  // She has given commands, an operator has aimed one at her run, and her id was another contact of its own.
  const command = (id: string, who: Who, text: string, over: Partial<InboundMessage> = {}) => {
    const { file: filed, ...rest } = message(id, who, over);
    return { ...rest, file: (contact: KnownContact) => ({ ...filed(contact), command: text }) };
  };
  await store.accept([message('wamid.other', { ...ada, phone: '', userId: 'BR.77' }, { text: 'secret-of-ada 3' })]);
  const ends = [
    [
      command(idOf(ada.phone, 'QTdDMkI1AAAA'), ada, '!mute secret-of-ada'),
      { do: 'mute', conversation: own, until: null },
    ],
    [command(idOf(ada.phone, 'QTdDMkI1BBBB'), ada, '!new'), { do: 'renew session' }],
    [
      command('wamid.mute', { ...ada, phone: '', userId: 'BR.77' }, '!mute'),
      { do: 'mute', conversation: `${account}/BR.77`, until: null },
    ],
    [command('wamid.stop', bob, '!stop'), { do: 'stop' }],
  ] as const;
  for (const [given, effect] of ends) {
    await store.accept([given]);
    if (effect.do === 'stop') await store.commands.aim(given.id, { message: inGroup, runKey: inGroup, session: 's' });
    await store.commands.finish(given.id, { effect, outgoing: [], reason: `for ${given.id}` });
  }
  await store.contacts.link(account, { keep: '+551187654321', other: 'BR.77' }, { alone: true });
  await store.access.approve({ account, contact: '+551187654321' }, 'root');
  await store.contacts.reached(account, '+551187654321', '+5511987654321');
  for (const [path, content] of [
    [join('media', keyOf(first), 'note.ogg'), 'voice-of-ada'],
    [join('outgoing', 'd'.repeat(24), 'photo.jpg'), 'photo-of-ada'],
    [join('transcripts', `${'e'.repeat(64)}.txt`), 'secret-of-ada said'],
    [join('media', keyOf(waiting), 'bob.txt'), 'of Bob'],
  ] as const) {
    await mkdir(join(dir, path, '..'), { recursive: true });
    await writeFile(join(dir, path), content);
  }
  for (const contact of ['+551187654321', '+15550107001']) {
    leaveMark(dir, { account, contact, begunAt: Date.now() })({ state: 'sent', ids: ['x'] });
  }
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

const forget = (...args: string[]) => runCli(['forget', '--state-dir', dir, ...args]);

async function found(): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  const hits = await Promise.all(
    files.map(async file => {
      const bytes = await readFile(file);
      return needles
        .filter(needle => bytes.includes(needle) || file.includes(needle))
        .map(needle => `${needle} ${file}`);
    }),
  );
  return hits.flat();
}

describe('kapso-whatsapp-cli forget', () => {
  test('shows what it would delete, and deletes nothing before it is told to', async () => {
    const before = await found();
    const { code, stdout } = await forget('+55 11 98765-4321', '--dry-run', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({
        ...{ forgotten: false, contact: '+551187654321', entries: 8, outgoing: 3, media: 2, marks: 1, transcripts: 1 },
        ...{ access: 'approved', identities: expect.arrayContaining(['+551187654321', ada.userId]) },
        sessions: expect.arrayContaining([
          { key: 'agent:main:+5511987654321', shared: false },
          { key: `agent:main:${group.toLowerCase()}`, shared: true },
        ]),
      }),
    ]);
    expect((await forget('+5511987654321')).code).toBe(64);
    expect((await forget('+15559999999', '--yes')).code).toBe(64);
    expect((await forget()).code).toBe(64);
    expect(await found()).toEqual(before);
    expect(before.length).toBeGreaterThan(needles.length / 2);
  });

  test.each([
    ['with the poller stopped', false, ada.userId],
    ['while a poller has the inbox open', true, '+551187654321'],
  ])('leaves no byte of a person in any file of the state directory, %s', async (_, running, who) => {
    // Stale copies in pages of the past.
    await store.accept([message(idOf(ada.phone, 'QTdDMkI1RDY4RjA5'), ada, { text: 'secret-of-ada '.repeat(2000) })]);
    await store.drop([idOf(ada.phone, 'QTdDMkI1RDY4RjA5')]);
    const lock = running ? acquireLock(dir) : null;
    if (!running) await store.close();
    const { code, stdout, stderr } = await forget(who, '--yes');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('agent:main:+5511987654321');
    expect(stdout).toContain('logs, backups and exports');
    expect(await found()).toEqual([]);

    if (!running) store = await openStore({ dir, clock: systemClock });
    // Another person's things are as they were, without the ids of the forgotten one's messages.
    expect((await store.list({ limit: 10 })).map(({ id }) => id).sort()).toEqual(
      [quoting, waiting, 'wamid.stop'].sort(),
    );
    expect(JSON.parse((await store.get(quoting))?.body ?? '{}')).toMatchObject({
      ...{ text: 'words of Bob Other', replyTo: expect.stringMatching(/^forgotten:/) },
    });
    expect(await readFile(join(dir, 'media', keyOf(waiting), 'bob.txt'), 'utf8')).toBe('of Bob');
    expect(await readdir(join(dir, 'sends'))).toHaveLength(1);
    // What comes again is not handed over, by whichever way; what is new is of an unknown person.
    expect(await store.accept([message(first, ada)])).toMatchObject({ inserted: [], lanes: [] });
    expect((await store.hold(account, [message(second, ada)])).inserted).toEqual([]);
    const { inserted } = await store.accept([message('wamid.new', ada)]);
    expect(inserted).toEqual(['wamid.new']);
    expect(await store.contacts.get(account, '+551187654321')).toMatchObject({ approved: null, name: 'Ada Lovelace' });
    lock?.release();
  });

  test('waits for a message that is with the agent, and says so when that lasts', async () => {
    const lock = acquireLock(dir);
    await store.begin(second, { runKey: second, runNumber: 1 });
    const busy = await forget('+551187654321', '--yes', '--wait', '0', '--json');
    expect([busy.code, JSON.parse(busy.stdout).forgotten]).toEqual([75, false]);
    expect(await store.get(first)).not.toBeNull();
    const waits = forget('+551187654321', '--yes');
    await store.settle(second, 'silent');
    expect((await waits).code).toBe(0);
    expect(await found()).toEqual([]);
    lock.release();
  });

  test('removes files first: what is cut short in the middle can be done again, and leaves none', async () => {
    const db = new DatabaseSync(join(dir, 'inbox.sqlite'));
    db.exec("CREATE TRIGGER cut BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'cut short'); END");
    expect((await forget('+551187654321', '--yes')).code).not.toBe(0);
    expect(await store.get(first)).not.toBeNull();
    expect((await found()).filter(hit => /voice-of-ada|photo-of-ada/.test(hit))).toEqual([]);
    db.exec('DROP TRIGGER cut');
    db.close();
    expect((await forget('+551187654321', '--yes')).code).toBe(0);
    expect(await found()).toEqual([]);
  });

  test('says that the inbox is to be made anew later when another process writes in it', async () => {
    const db = new DatabaseSync(join(dir, 'inbox.sqlite'));
    db.exec('BEGIN IMMEDIATE');
    const { code, stdout } = await forget('--compact', '--json');
    db.close();
    expect([code, stdout]).toEqual([75, '{"compacted":false}\n']);
  });

  test('digests of ids go when messages would, and the inbox can be made anew by itself', async () => {
    await forget(ada.userId, '--yes');
    expect((await forget('--compact')).code).toBe(0);
    await store.prune(Date.now() + 2 * 86_400_000);
    expect((await store.accept([message(first, ada)])).inserted).toEqual([first]);
  });
});
