import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Recalled } from '../../src/agents/agent.ts';
import { createSessionFor } from '../../src/agents/openclaw/session.ts';
import { createForwarder } from '../../src/delivery/forward.ts';
import { admitAll } from '../../src/domain/admit.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { plainRoute } from '../../src/domain/route.ts';
import { openAccount } from '../../src/intake/open-account.ts';
import { toEntries } from '../../src/intake/to-entries.ts';
import { openStore } from '../../src/store/open.ts';
import { databasePath } from '../../src/store/sqlite/database.ts';
import type { Entry, Store } from '../../src/store/store.ts';
import { plainAnswers } from '../delivery/plain-answers.ts';
import { scriptedGateway } from '../delivery/scripted-gateway.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';

// A state directory that the program of commit 8492037 has left; see its README.
const left = join(import.meta.dirname, '../fixtures/state-8492037');
const account = '647000000000001';
const cursor = 1795888386971;
const firstStart = { own: 1795899187521, listed: cursor };
const sessionFor = createSessionFor({ agent: 'main', session: 'per-sender', sharedSession: 'kapso:shared' });

let dir: string;
let clock: ManualClock;
let store: Store;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-take-over-'));
  clock = manualClock(firstStart.own + 60_000);
  const db = new DatabaseSync(databasePath(dir));
  db.exec(readFileSync(join(left, 'inbox.sql'), 'utf8'));
  db.close();
  for (const name of ['first-start', 'last-poll']) cpSync(join(left, name), join(dir, name));
  store = await openStore({ dir, clock });
});

afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const open = (of = account, sessions = sessionFor) =>
  openAccount({
    account: of,
    stateDir: dir,
    store,
    sessionFor: sessions,
    clock,
    log: silentLog,
    emit: () => undefined,
  });

async function restart(): Promise<void> {
  await store.close();
  store = await openStore({ dir, clock });
}

const rows = async () => new Map((await store.list({ limit: 100 })).map(entry => [entry.id, entry]));
const idsOf = (entries: readonly Entry[]) => entries.map(({ id }) => id.replace('wamid.', ''));

function fresh(id: string, phone: string): ReturnType<typeof toEntries> {
  const sender = { phone, userId: null, name: 'Ann', username: null };
  const timestamp = clock.now();
  const message: InboundMessage = {
    ...{ id: `wamid.${id}`, account, sender, conversationId: null, timestamp, type: 'text', text: id, media: null },
  };
  return toEntries([{ kind: 'message', message }], { account, sessionFor, admit: admitAll, log: silentLog });
}

it('loses nothing: every message is there, in its state, with an address where it is not ended', async () => {
  const before = await rows();
  await open();
  const after = await rows();
  expect(after.size).toBe(10);
  for (const [id, { account: _a, contact: _c, conversation: _v, lane: _l, author: _w, ...rest }] of before) {
    expect(after.get(id), id).toMatchObject(rest);
  }
  expect((await store.counts()).byState).toMatchObject({
    ...{ held: 2, pending: 3, sending: 2, settled: 2, failed: 1, dropped: 0 },
  });
  const session = 'agent:main:kapso:direct:+5491123456789';
  const conversation = `${account}/+541123456789`;
  expect(after.get('wamid.HOOK0007')).toMatchObject({
    ...{ account, contact: '+541123456789', conversation, lane: conversation, session, author: '+541123456789' },
  });
  // What has ended keeps its lane, which was the session's key.
  const ended = 'agent:main:kapso:direct:+15551234567';
  expect(after.get('wamid.HOOK0001')).toMatchObject({ account: null, lane: ended, session: ended });
});

it('keeps how far polling has come, and what the first start noted, once; the file goes', async () => {
  const { at } = await open();
  expect(await store.cursor(account)).toBe(cursor);
  expect(await store.proven(account)).toBeNull();
  expect(await store.firstStart(account)).toEqual(firstStart);
  expect(at(cursor)).toEqual({ own: firstStart.own, startedAt: null, listed: true });
  expect(readdirSync(dir).filter(name => !name.startsWith('inbox'))).toEqual(['last-poll']);
  await open('another');
  expect(await store.cursor('another')).toBeNull();
  expect(await store.cursor(account)).toBe(cursor);
});

it.each([
  'before the store has it',
  'before the file is removed',
  'before the file is removed, and all is confirmed since',
])('comes to the same after a crash %s', async when => {
  if (when !== 'before the store has it') await open();
  if (when.endsWith('since')) {
    await store.setFirstStart(account, null);
    await store.setCursor(account, cursor + 1);
  }
  if (when.startsWith('before the file')) cpSync(join(left, 'first-start'), join(dir, 'first-start'));
  await restart();
  await open();
  expect(existsSync(join(dir, 'first-start'))).toBe(false);
  const isConfirmed = when.endsWith('since');
  expect(await store.firstStart(account)).toEqual(isConfirmed ? null : firstStart);
  expect(await store.cursor(account)).toBe(isConfirmed ? cursor + 1 : cursor);
  expect((await rows()).size).toBe(10);
});

it('keeps the order of a conversation over what comes now, the pass that was cut short included', async () => {
  await open();
  const lane = `${account}/+15550001111`;
  expect((await store.accept(fresh('NEW1', '15550001111'))).lanes).toEqual([lane]);
  expect(idsOf(await store.waiting(lane, 10))).toEqual(['HOOK0004', 'HOOK0005', 'HOOK0006', 'NEW1']);
  clock.advance(1000);
  const page = [...fresh('POLL0001', '15550001111'), ...fresh('NEW2', '15550001111')];
  const end = { entries: page, newestFirst: true, cursor: cursor + 1000 };
  expect((await store.endPass(account, end)).inserted).toEqual(['wamid.NEW2']);
  expect(idsOf(await store.waiting(lane, 10))).toEqual([
    ...['HOOK0004', 'HOOK0005', 'HOOK0006', 'POLL0001', 'NEW1', 'NEW2'],
  ]);
  expect(await store.lanes()).not.toContain('agent:main:kapso:direct:+15550001111');
});

it.each([
  ['another number was configured at the first start', 'another', sessionFor],
  [
    'a session for all was configured at the first start',
    account,
    createSessionFor({ agent: 'main', session: 'shared', sharedSession: 'kapso:shared' }),
  ],
])('a session has one lane, also where %s', async (_, first, sessionsThen) => {
  await open(first, sessionsThen);
  await restart();
  await open();
  const lane = `${account}/+15550001111`;
  await store.accept(fresh('NEW1', '15550001111'));
  const here = idsOf(await store.waiting(lane, 10)).filter(id => id !== 'POLL0001');
  expect(here).toEqual(['HOOK0004', 'HOOK0005', 'HOOK0006', 'NEW1']);
  const lanesOf = Map.groupBy(await store.list({ limit: 100, states: ['pending', 'sending'] }), entry => entry.session);
  for (const [session, entries] of lanesOf) expect(new Set(entries.map(entry => entry.lane)).size, session).toBe(1);
});

it('what waits for a number that is no longer configured shares the lane of its session with the new one', async () => {
  await open();
  await restart();
  await open('another');
  const lane = 'another/+15550001111';
  // With the pass that was cut short, which nobody brings to its end.
  expect(idsOf(await store.waiting(lane, 10))).toEqual(['HOOK0004', 'HOOK0005', 'HOOK0006', 'POLL0001']);
  const [entry] = await store.waiting(lane, 1);
  expect(entry).toMatchObject({ account, conversation: `${account}/+15550001111` });
});

it('runs nothing twice: a run that was under way is looked for in its session, and what has ended stays ended', async () => {
  await open();
  await store.releaseHeld(account, true);
  const gateway = scriptedGateway();
  const looked: string[] = [];
  gateway.recall = async (session, runKey): Promise<Recalled> => {
    looked.push(`${session} ${runKey}`);
    return { kind: 'answered', reply: 'done', calls: null };
  };
  const forward = createForwarder({
    ...plainAnswers,
    store,
    gateway,
    clock,
    signal: new AbortController().signal,
    emit: () => undefined,
  });
  for (const lane of (await store.lanes()).sort()) while ((await forward(lane)) === 'more');
  expect(looked).toEqual([
    'agent:main:kapso:direct:+15550001111 wamid.HOOK0004',
    'agent:main:kapso:direct:+5491123456789 wamid.HOOK0007',
  ]);
  expect(gateway.runs.map(({ sessionKey, runKey }) => `${sessionKey.split('+')[1]} ${runKey}`)).toEqual([
    ...['15550001111 wamid.HOOK0005', '15550001111 wamid.HOOK0006', '15550001111 wamid.POLL0001'],
    ...['15558880000 wamid.POLL0002', '5491123456789 wamid.HOOK0008'],
  ]);
  expect((await store.counts()).byState).toMatchObject({ settled: 9, failed: 1, pending: 0, sending: 0 });
});

it('delivers what a pass had held of a number that is not configured any more', async () => {
  await open();
  await restart();
  await open('another');
  expect((await store.counts()).byState).toMatchObject({ held: 0, pending: 5 });
});

it('lets an operator retry what had failed, in the conversation that it belongs to', async () => {
  await open();
  await store.retry(['wamid.HOOK0002']);
  await store.accept(fresh('NEW', '15557654321'));
  expect(idsOf(await store.waiting(`${account}/+15557654321`, 10))).toEqual(['HOOK0002', 'NEW']);
});

it('leaves a message in its lane whose session would be another one today', async () => {
  const shared = createSessionFor({ agent: 'main', session: 'shared', sharedSession: 'kapso:shared' });
  await openAccount({
    account,
    stateDir: dir,
    store,
    sessionFor: shared,
    clock,
    log: silentLog,
    emit: () => undefined,
  });
  const lane = 'agent:main:kapso:direct:+15550001111';
  expect(idsOf(await store.waiting(lane, 10))).toEqual(['HOOK0004', 'HOOK0005', 'HOOK0006']);
  expect(await store.get('wamid.HOOK0004')).toMatchObject({ account, session: lane, contact: '+15550001111' });
});

it('what waits goes to the agent, and into the session, that its contact has today; what waits behind a run stays', async () => {
  await open();
  await store.releaseHeld(account, true);
  const routeOf = () => ({ ...plainRoute, agent: 'sales', session: 'kapso:team' });
  await openAccount({
    ...{ account, stateDir: dir, store, clock, log: silentLog, emit: () => undefined },
    ...{ sessionFor, routeOf },
  });
  const team = `${account}/session/sales/kapso:team`;
  expect(idsOf(await store.waiting(team, 10))).toEqual(['POLL0002']);
  expect(await store.get('wamid.POLL0002')).toMatchObject({ session: 'agent:sales:kapso:team' });
  const behind = `${account}/+15550001111`;
  expect(idsOf(await store.waiting(behind, 10))).toEqual(['HOOK0004', 'HOOK0005', 'HOOK0006', 'POLL0001']);
  expect(await store.get('wamid.HOOK0005')).toMatchObject({ session: 'agent:main:kapso:direct:+15550001111' });
});
