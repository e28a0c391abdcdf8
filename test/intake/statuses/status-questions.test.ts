import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKapsoTime, type KapsoTime } from '../../../src/intake/kapso-time.ts';
import { createSentStatuses } from '../../../src/intake/statuses/sent-statuses.ts';
import { createStatusQuestions, type StatusQuestions } from '../../../src/intake/statuses/status-questions.ts';
import { createKapsoClient } from '../../../src/kapso/client.ts';
import type { ClosableTransport } from '../../../src/kapso/http/transport.ts';
import { createNodeTransport } from '../../../src/kapso/http/transport-node.ts';
import { createEventLog } from '../../../src/observe/event-log.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../../src/simulator/kapso.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/store.ts';
import { type ManualClock, manualClock } from '../../manual-clock.ts';
import { kapsoClient } from '../../simulator/kapso-client.ts';
import { type Line, recordingLog } from '../webhook/harness.ts';

const minute = 60_000;
const hour = 60 * minute;
const at = Date.UTC(2026, 10, 29, 12);

let dir: string;
let clock: ManualClock;
let sim: KapsoSimulator;
let kapso: ReturnType<typeof kapsoClient>;
let transport: ClosableTransport;
let store: Store;
let time: KapsoTime;
let questions: StatusQuestions;
let lines: Line[];

/** Starts what a process has. It knows Kapso's time, as after its first poll. */
async function start(maxRows = 1000): Promise<void> {
  store = await openStore({ dir, clock });
  lines = [];
  const log = recordingLog(lines);
  const emit = createEventLog(log, clock);
  const { phoneNumberId, url, apiKey } = sim;
  const connection = { baseUrl: url, apiVersion: 'v24.0', apiKey, phoneNumberId, transport, timeout: 5000 };
  const client = createKapsoClient({ ...connection, clock, log });
  time = createKapsoTime(clock);
  time.observe((await client.listMessages({ direction: 'inbound', since: at, limit: 1 })).serverTime);
  const sentStatuses = createSentStatuses({
    store,
    now: time.now,
    tellAgent: () => false,
    wakeReplies: () => undefined,
    clock,
    emit,
  });
  const parts = {
    kapso: client,
    store,
    maxRows,
    phoneNumberId,
    sentStatuses,
    kapsoTime: time,
    clock,
    random: () => 0.5,
    log,
  };
  questions = createStatusQuestions(parts);
  await kapso.sim('DELETE', 'requests');
}

async function stop(): Promise<void> {
  await questions.stop();
  await store.close();
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'status-questions-'));
  clock = manualClock(at);
  sim = await startKapsoSimulator({ clock });
  kapso = kapsoClient(sim);
  transport = createNodeTransport({ keepAlive: true });
  await start();
});
afterEach(async () => {
  await stop();
  transport.close();
  await sim.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Sends an answer as the outbox does, and returns WhatsApp's id of it. */
async function send(id: string): Promise<string> {
  const sentId = (await kapso.text('+15550104477', `for ${id}`)).body.messages[0].id;
  const row = {
    id: `${id}#1/1`,
    message: id,
    answer: `${id}#1`,
    account: sim.phoneNumberId,
    lane: 'ann',
    via: 'relay',
  };
  const rest = { recipient: '+15550104477', part: 1, parts: 1, body: 'On it', sendBefore: null, sentId };
  await store.accept([{ id, account: sim.phoneNumberId, lane: 'ann', occurredAt: clock.now(), body: '{}' }]);
  await store.settle(id, 'answered', { outgoing: [{ ...row, via: 'relay', ...rest }] });
  return sentId;
}

const report = (id: string, status: string, more: object = {}) => kapso.sim('POST', 'status', { id, status, ...more });
const statusOf = async (id: string) => (await store.outbox.get(`${id}#1/1`))?.status;
const asked = async () =>
  (await kapso.sim('GET', 'requests?kind=list')).body.requests as { query: { since: string } }[];
/** Ticks once, and waits for the question that this begins. */
async function tick(): Promise<number> {
  const before = (await asked()).length;
  await questions.tick();
  return (await asked()).length - before;
}

describe('what became of an answer, without webhooks', () => {
  it('is asked of the list of sent messages until it was read', async () => {
    const id = await send('a');
    for (const status of ['sent', 'delivered', 'read']) {
      await report(id, status);
      expect(await tick()).toBe(1);
      expect(await statusOf('a')).toBe(status);
      clock.advance(minute);
    }
    expect(await tick()).toBe(0);
    const [first] = await asked();
    expect(first?.query).toMatchObject({ direction: 'outbound', since: new Date(at - 2 * minute).toISOString() });
  });

  it('is not asked while nothing is awaited, nor before Kapso has told its time', async () => {
    expect(await tick()).toBe(0);
    await send('a');
    time = createKapsoTime(clock);
    await stop();
    await start();
    expect(await tick()).toBe(1);
  });

  it('is told when it failed: once, with the reason, also after a restart', async () => {
    await report(await send('a'), 'failed', { code: 131047 });
    await tick();
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { code: 131047, answers: 'a' }, message: expect.stringContaining('The 24-hour window is closed') },
    ]);
    expect(await store.get('a')).toMatchObject({ outcome: 'failed' });
    await send('b');
    await stop();
    await start();
    await tick();
    expect(lines).toEqual([]);
    expect(await store.outbox.get('a#1/1')).toMatchObject({ state: 'failed', status: 'failed' });
    expect(await statusOf('b')).toBe('sent');
  });

  it('says nothing of what others have sent', async () => {
    await report((await kapso.text('+15550104477', 'by hand')).body.messages[0].id, 'failed');
    await send('a');
    await tick();
    expect(lines).toEqual([]);
  });

  it('is read from every page, as far back as the oldest that is awaited', async () => {
    const id = await send('a');
    clock.advance(minute);
    for (let number = 0; number < 150; number += 1) await kapso.text('+15550104478', `other ${number}`);
    await report(id, 'delivered');
    expect(await tick()).toBe(2);
    expect(await statusOf('a')).toBe('delivered');
  });

  it('is asked at most once a minute, and less often the older it is, for a day', async () => {
    const id = await send('a');
    const times: number[] = [];
    for (let passed = 0; passed <= 30 * hour; passed += 25_000) {
      if (passed === 20 * hour) await report(id, 'delivered');
      if ((await tick()) > 0) times.push(passed);
      clock.advance(25_000);
    }
    const pauses = times.slice(1).map((time_, number) => time_ - (times[number] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(minute);
    expect(times.length).toBeGreaterThan(10);
    expect(times.length).toBeLessThan(80);
    expect(times.at(-1)).toBeLessThan(24 * hour);
    expect(times.at(-1)).toBeGreaterThan(18 * hour);
  }, 60_000);

  it('is asked later after a failure, which nothing else notices', async () => {
    const id = await send('a');
    await report(id, 'read');
    await kapso.sim('POST', 'faults', { kind: 'list', status: 500, count: 2 });
    expect(await tick()).toBe(1);
    expect(lines).toMatchObject([{ level: 'debug' }]);
    clock.advance(minute - 1);
    expect(await tick()).toBe(0);
    clock.advance(1);
    expect(await tick()).toBe(1);
    clock.advance(minute);
    expect(await tick()).toBe(0);
    clock.advance(minute);
    expect(await tick()).toBe(1);
    expect(await statusOf('a')).toBe('read');
  });

  it("is given up first when Kapso's limit is near", async () => {
    await kapso.sim('POST', 'config', { rateLimit: 10 });
    await report(await send('a'), 'read');
    await tick();
    await report(await send('b'), 'read');
    await questions.once();
    expect(await statusOf('b')).toBeNull();
    clock.advance(minute);
    expect(await tick()).toBe(1);
    expect(await statusOf('b')).toBe('read');
  });

  it('is asked again from its beginning when the limit came near within it', async () => {
    await report(await send('a'), 'read');
    clock.advance(2 * hour);
    for (let number = 0; number < 150; number += 1) await kapso.text('+15550104478', `other ${number}`);
    await kapso.sim('POST', 'config', { rateLimit: 10 });
    expect(await tick()).toBe(1);
    await kapso.sim('POST', 'config', { rateLimit: null });
    clock.advance(minute);
    expect(await tick()).toBe(2);
    expect(await statusOf('a')).toBe('read');
  });

  it('is asked for new messages too while more are awaited than can be looked at', async () => {
    await stop();
    await start(1);
    await report(await send('a'), 'delivered');
    clock.advance(hour);
    expect(await tick()).toBe(1);
    await report(await send('b'), 'read');
    clock.advance(minute);
    expect(await tick()).toBe(1);
    expect(await statusOf('b')).toBe('read');
  });
});
