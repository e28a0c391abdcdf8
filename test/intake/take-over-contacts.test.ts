import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSessionFor } from '../../src/agents/openclaw/session.ts';
import type { InboundMessage, Sender } from '../../src/domain/message.ts';
import { openAccount } from '../../src/intake/open-account.ts';
import { toEntries } from '../../src/intake/to-entries.ts';
import { openStore } from '../../src/store/open.ts';
import { databasePath } from '../../src/store/sqlite/database.ts';
import { migrations, schemaVersion } from '../../src/store/sqlite/migrations.ts';
import type { Store } from '../../src/store/store.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';

// A state directory that the program of commit 0ca0e3b has left; see its README.
const left = join(import.meta.dirname, '../fixtures/state-0ca0e3b/inbox.sql');
const account = '647000000000001';
const at = Date.UTC(2026, 10, 21);
const sessionFor = createSessionFor({ agent: 'main', session: 'per-sender', sharedSession: 'x' });
const ann = '+15550107001';
const lane = (contact: string) => `${account}/${contact}`;
const session = (address: string) => `agent:main:kapso:direct:${address}`.toLowerCase();

let dir: string;
let clock: ManualClock;
let store: Store;
/** What the previous version says of each entry. */
let before: Map<string, Record<string, unknown>>;

const open = () =>
  openAccount({ account, stateDir: dir, store, sessionFor, clock, log: silentLog, emit: () => undefined });

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-take-over-'));
  clock = manualClock(at);
  const db = new DatabaseSync(databasePath(dir));
  db.exec(readFileSync(left, 'utf8'));
  const rows = db.prepare('SELECT * FROM entries').all();
  before = new Map(rows.map(row => [String(row.id).replace('wamid.', ''), { ...row }]));
  db.close();
  store = await openStore({ dir, clock });
});

afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const entry = (id: string) => store.get(`wamid.${id}`);
async function write(id: string, sender: Partial<Sender>, timestamp = at): Promise<void> {
  const message: InboundMessage = {
    ...{ id: `wamid.${id}`, account, conversationId: null, timestamp, type: 'text', text: id, media: null },
    sender: { phone: null, userId: null, name: null, username: null, ...sender },
  };
  const rules = { account, sessionFor, admit: () => ({ kind: 'admitted' }) as const, log: silentLog };
  await store.accept(toEntries([{ kind: 'message', message }], rules));
}

it('loses nothing: each message is there, in its state, and counted; what has begun keeps its session', async () => {
  await open();
  const db = new DatabaseSync(databasePath(dir), { readOnly: true });
  expect(schemaVersion(db)).toBe(migrations.length);
  const after = db.prepare('SELECT * FROM entries').all();
  db.close();
  expect(after).toHaveLength(before.size);
  for (const { id, lane: _l, author: _a, contact: _c, conversation: _v, ...row } of after) {
    const {
      id: _i,
      lane: _,
      author: _b,
      contact: _d,
      conversation: _e,
      ...was
    } = before.get(String(id).replace('wamid.', '')) ?? {};
    // What never began begins in the one session that its contact has.
    const mayMove = was.run_number === 0;
    expect(row, String(id)).toMatchObject(mayMove ? { ...was, session: row.session } : was);
  }
  expect((await store.counts()).byState).toEqual({
    ...{ held: 1, pending: 8, sending: 1, settled: 4, failed: 2, dropped: 1, unpaired: 0, denied: 0, limited: 0 },
  });
  expect(await store.outbox.counts()).toMatchObject({ pending: 1 });
});

it('knows one person that it had under two names: what waits shares a lane, and the session of the number goes on', async () => {
  await open();
  const waiting = ['PHONE2', 'ID2', 'ID3', 'EDIT3'];
  for (const id of waiting) expect(await entry(id), id).toMatchObject({ lane: lane(ann), contact: ann, author: ann });
  expect(await entry('ID2')).toMatchObject({ state: 'sending', session: session('US.7'), runKey: 'wamid.ID2' });
  expect((await store.waiting(lane(ann), 9)).map(({ id }) => id.replace('wamid.', ''))).toEqual(waiting);
  await write('NOW', { userId: 'US.7' });
  expect(await entry('NOW')).toMatchObject({ lane: lane(ann), session: session(ann) });
  expect(await store.contacts.get(account, ann)).toMatchObject({ address: ann, origin: ann });
  expect((await store.outbox.head(lane(ann)))?.recipient).toBe(ann);
});

it('goes on with the session of the spelling last seen, and has one lane for both', async () => {
  await open();
  const key = '+554788887777';
  for (const id of ['BR1', 'BR2', 'CONTEXT', 'HELD'])
    expect(await entry(id)).toMatchObject({ lane: lane(key), contact: key, author: key, session: session(key) });
  await write('NOW', { phone: '5547988887777' });
  expect(await entry('NOW')).toMatchObject({ lane: lane(key), session: session(key) });
});

it('takes a number that passed on for two persons, and knows a parent id that stood in the place of the user id', async () => {
  await open();
  expect((await entry('OLD'))?.contact).toBe('+15550107004');
  expect(await entry('NEW')).toMatchObject({ contact: '+15550107004~2', lane: lane('+15550107004~2') });
  await write('NOW', { phone: '15550107004', userId: 'US.42' });
  expect(await entry('NOW')).toMatchObject({ lane: lane('+15550107004~2'), session: session('+15550107004~2') });
  await write('LATER', { userId: 'US.10', parentUserId: 'US.ENT.9' });
  expect(await entry('LATER')).toMatchObject({ contact: 'US.ENT.9', session: session('US.ENT.9') });
});

it('comes to the same when it is opened again, or a crash comes before the account is opened', async () => {
  await store.close();
  store = await openStore({ dir, clock });
  await open();
  const contacts = async () => (await store.contacts.list()).map(({ key, address, origin }) => [key, address, origin]);
  const first = { entries: await store.list({ limit: 99 }), contacts: await contacts() };
  await store.close();
  store = await openStore({ dir, clock });
  await open();
  expect({ entries: await store.list({ limit: 99 }), contacts: await contacts() }).toEqual(first);
});
