import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { admitAll } from '../../../src/domain/admit.ts';
import type { SessionFor } from '../../../src/domain/conversation.ts';
import type { InboundMessage } from '../../../src/domain/message.ts';
import { createIntake } from '../../../src/intake/accept.ts';
import { createKapsoTime } from '../../../src/intake/kapso-time.ts';
import { openAccount } from '../../../src/intake/open-account.ts';
import { createPoller, type Poller, type PollerOptions } from '../../../src/intake/polling/poll.ts';
import { createKapsoClient, type KapsoClient } from '../../../src/kapso/client.ts';
import type { ClosableTransport } from '../../../src/kapso/http/transport.ts';
import { createNodeTransport } from '../../../src/kapso/http/transport-node.ts';
import { createEventLog } from '../../../src/observe/event-log.ts';
import { createEvents } from '../../../src/observe/events.ts';
import type { PollingStatus } from '../../../src/observe/status.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../../src/simulator/kapso.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/store.ts';
import { type ManualClock, manualClock } from '../../manual-clock.ts';
import { silentLog } from '../../silent-log.ts';
import { type Line, recordingLog } from '../webhook/harness.ts';

const minute = 60_000;
const start = Date.UTC(2026, 10, 22, 12, 0, 0);

const sessionFor: SessionFor = ({ contact }) => ({ key: contact, of: 'conversation' });

let dir: string;
let clock: ManualClock;
let kapsoClock: ManualClock;
let sim: KapsoSimulator;
let transport: ClosableTransport;
let store: Store;
let poller: Poller;
let statuses: PollingStatus[];
let woken: string[][];
let onWake: (lanes: readonly string[]) => void;
let logged: Line[];
let fetchPage: KapsoClient['listMessages'];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-poll-'));
  clock = manualClock(start);
  kapsoClock = manualClock(start);
  sim = await startKapsoSimulator({ clock: { ...kapsoClock, after: (ms, callback) => clock.after(ms, callback) } });
  transport = createNodeTransport({ keepAlive: true });
  statuses = [];
  woken = [];
  onWake = () => undefined;
  logged = [];
  await open();
});

afterEach(async () => {
  poller.stop();
  await store.close();
  transport.close();
  await sim.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Opens the store and the poller. A second call is a restart. */
async function open(bounds: Pick<PollerOptions, 'bounds' | 'rate'> = {}): Promise<void> {
  store = await openStore({ dir, clock });
  const { url: baseUrl, apiKey, phoneNumberId } = sim;
  // Requests have real time limits; the schedule goes by the test's clock.
  const kapso = createKapsoClient({
    baseUrl,
    apiVersion: 'v24.0',
    apiKey,
    phoneNumberId,
    transport,
    clock,
    random: () => 0.5,
  });
  fetchPage = kapso.listMessages;
  const kapsoTime = createKapsoTime(clock);
  const log = recordingLog(logged);
  const emit = createEvents([
    createEventLog(log, clock),
    event => {
      if (event.type === 'polling changed' && event.polling !== null) statuses.push(event.polling);
    },
  ]);
  const parts = { store, kapsoTime, checkClock: () => undefined, clock, log, emit };
  const firstStart = await openAccount({
    account: phoneNumberId,
    stateDir: dir,
    store,
    sessionFor,
    clock,
    log: silentLog,
    emit,
  });
  poller = createPoller({
    ...parts,
    kapso: { listMessages: query => fetchPage(query) },
    timeout: 30_000,
    phoneNumberId,
    intake: createIntake({
      ...parts,
      account: phoneNumberId,
      sessionFor,
      admit: admitAll,
      wake: lanes => {
        woken.push([...lanes]);
        onWake(lanes);
      },
      wakeReplies: () => undefined,
    }),
    random: () => 0.5,
    stateDir: dir,
    firstStart,
    settings: () => ({ interval: 30, overlap: 300 }),
    ...bounds,
  });
}

async function restart(bounds: Pick<PollerOptions, 'bounds' | 'rate'> = {}): Promise<void> {
  poller.stop();
  await store.close();
  await open(bounds);
}

/** The very first start, at the present time. */
async function startAnew(): Promise<void> {
  poller.stop();
  await store.close();
  rmSync(dir, { recursive: true });
  await open();
}

async function control(path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(
    `${sim.url}/__sim/${path}`,
    body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) },
  );
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

const receive = (body: unknown) => control('inbound', body);
const pass = (ms: number) => {
  clock.advance(ms);
  kapsoClock.advance(ms);
};

/** The texts in the order in which a lane is delivered; settles them. */
async function deliver(phone = '15551234567'): Promise<string[]> {
  const lane = `${sim.phoneNumberId}/+${phone}`;
  const texts: string[] = [];
  for (let entry = await store.head(lane); entry; entry = await store.head(lane)) {
    texts.push((JSON.parse(entry.body) as InboundMessage).text);
    await store.begin(entry.id, { runKey: entry.id, runNumber: 1 });
    await store.settle(entry.id, 'answered');
  }
  return texts;
}

/** Waits for what the poller says of itself next. */
async function status(matches: (status: PollingStatus) => boolean): Promise<PollingStatus> {
  for (;;) {
    const found = statuses.find(matches);
    if (found) return found;
    await new Promise(resolve => setImmediate(resolve));
  }
}

describe('the first start', () => {
  it('receives what comes from now on, and nothing from the past', async () => {
    await receive({ text: 'old' });
    pass(1000);
    await startAnew();
    await poller.once();
    pass(1000);
    await receive({ text: 'new' });
    await poller.once();
    expect(await deliver()).toEqual(['new']);
    expect(logged.filter(({ message }) => message.startsWith('First start'))).toHaveLength(1);
  });

  it('loses nothing when Kapso is away at that moment', async () => {
    await control('faults', { kind: 'list', status: 503, count: 1 });
    await expect(poller.once()).rejects.toThrow();
    pass(90 * minute);
    await receive({ text: 'while polling failed' });
    await restart();
    await poller.once();
    expect(await deliver()).toEqual(['while polling failed']);
  });

  it.each([
    ['fast', 10 * minute],
    ['slow', -10 * minute],
  ])("goes by Kapso's clock when this machine's is %s", async (_, skew) => {
    await receive({ text: 'old' });
    pass(2000);
    clock.advance(Math.max(0, skew));
    kapsoClock.advance(Math.max(0, -skew));
    await startAnew();
    await poller.once();
    pass(2000);
    await receive({ text: 'new' });
    pass(31_000);
    await poller.once();
    expect(await deliver()).toEqual(['new']);
  });

  it.each([
    ['behind, and is set right in the next life', -90 * 24 * 60 * minute, true],
    ['behind, and is set right meanwhile', -90 * 24 * 60 * minute, false],
    ['ahead, and is set right in the next life', 90 * 24 * 60 * minute, true],
    ['ahead, and is set right meanwhile', 90 * 24 * 60 * minute, false],
  ])('fetches no history, and loses nothing, when Kapso is away and the clock is months %s', async (_, wrong, anew) => {
    await receive({ text: 'a month old', createdAt: new Date(start - 30 * 24 * 60 * minute).toISOString() });
    clock.set(wrong);
    pass(2000);
    const answer = fetchPage;
    let away = true;
    fetchPage = async query => {
      if (away) throw new Error('Kapso is away');
      return answer(query);
    };
    const running = poller.run();
    await status(({ lastError }) => lastError !== null);
    pass(10 * minute);
    await receive({ text: 'in the outage' });
    pass(minute);
    clock.set(-wrong);
    away = false;
    if (anew) {
      await restart();
      fetchPage = answer;
      await poller.once();
    } else {
      statuses = [];
      poller.pollNow();
      await status(({ lastSuccess }) => lastSuccess !== null);
      poller.stop();
    }
    await running;
    expect(await deliver()).toEqual(['in the outage']);
  });

  it('counts the time until Kapso answers by no clock that can be set', async () => {
    await receive({ text: 'old' });
    pass(2000);
    await startAnew();
    const answer = fetchPage;
    fetchPage = async query => {
      pass(3 * minute);
      clock.set(-48 * 60 * minute);
      fetchPage = answer;
      return answer(query);
    };
    await receive({ text: 'while Kapso thought' });
    await poller.once();
    expect(await deliver()).toEqual(['while Kapso thought']);
  });

  it('is not put off by a kill before it was noted in the inbox', async () => {
    pass(10 * minute);
    await receive({ text: 'after the first start' });
    pass(10 * minute);
    await restart();
    await poller.once();
    expect(await deliver()).toEqual(['after the first start']);
  });

  it.each([
    ['in the same life', false],
    ['after a kill', true],
  ])("goes back to its true time when Kapso's clock was ahead in the first pass, %s", async (_, anew) => {
    await receive({ text: 'old' });
    pass(2000);
    await startAnew();
    const answer = fetchPage;
    fetchPage = async query => ({ ...(await answer(query)), serverTime: kapsoClock.now() + 180 * minute });
    await poller.once();
    pass(minute);
    await receive({ text: 'new' });
    pass(19 * minute);
    if (anew) await restart();
    fetchPage = answer;
    await poller.once();
    expect(await deliver()).toEqual(['new']);
    expect(logged.map(({ message }) => message)).toContainEqual(expect.stringContaining('did not fit'));
  });

  it("goes on where the earlier program's last-poll file left off", async () => {
    await receive({ text: 'handled by the earlier program' });
    pass(minute);
    writeFileSync(join(dir, 'last-poll'), `${new Date(kapsoClock.now()).toISOString().replace(/\.\d+Z/, 'Z')}\n`);
    pass(minute);
    await receive({ text: 'came in between' });
    pass(60 * minute);
    await poller.once();
    expect(await deliver()).toEqual(['came in between']);
    expect(logged.map(({ message }) => message)).toContainEqual(expect.stringContaining('last-poll file left off'));
  });

  it('does not take a last-poll file for a time that is none', async () => {
    writeFileSync(join(dir, 'last-poll'), 'yesterday\n');
    await poller.once();
    await receive({ text: 'new' });
    await poller.once();
    expect(await deliver()).toEqual(['new']);
  });
});

describe.each(['newest-first', 'oldest-first'] as const)('a list that is %s', order => {
  beforeEach(async () => {
    await control('config', { order });
    await poller.once();
    // Two rows of different seconds show the order; the bursts below, all of one second, do not.
    for (const text of ['first', 'second']) {
      pass(1000);
      await receive({ text, from: '+15550000000' });
    }
    await poller.once();
    await deliver('15550000000');
    pass(1000);
  });

  const listRequests = async () => ((await control('requests?kind=list')).requests as unknown[]).length;

  it('is read to its end in 1 + ceil(n/100) requests, and delivered oldest first', async () => {
    const before = await listRequests();
    await receive({ text: 'm{n}', count: 1250, senders: 5 });
    await poller.once();
    expect((await listRequests()) - before).toBeLessThanOrEqual(1 + Math.ceil(1252 / 100));
    expect((await store.counts()).byState.pending).toBe(1250);
    const texts = await deliver();
    expect(texts).toEqual(Array.from({ length: 250 }, (_, index) => `m${index * 5 + 1}`));
  });

  it('is read to its end when its end is a cursor to an empty page', async () => {
    await control('config', { endOfList: 'empty-page' });
    await receive({ text: 'm{n}', count: 200 });
    await poller.once();
    expect(await deliver()).toHaveLength(200);
  });

  it('is read without the kapso block and with the shortest paging object', async () => {
    await control('config', { paging: 'minimal', kapsoBlock: false });
    await receive({ text: 'm{n}', count: 101 });
    await poller.once();
    expect(await deliver()).toHaveLength(101);
  });

  it('is delivered only when the whole of it is there, and a pass cut short is completed by the next start', async () => {
    await receive({ text: 'm{n}', count: 150 });
    await control('faults', [
      { kind: 'list', do: 'pass', delay: 0, count: 1 },
      { kind: 'list', status: 500, count: 1 },
    ]);
    await expect(poller.once()).rejects.toThrow();
    expect(await store.head('15551234567')).toBeNull();
    expect((await store.counts()).byState.held).toBeGreaterThanOrEqual(98);
    await restart();
    await poller.once();
    expect(await deliver()).toEqual(Array.from({ length: 150 }, (_, index) => `m${index + 1}`));
  });
});

describe('polling again', () => {
  beforeEach(() => poller.once());

  it('keeps the order of a page when the clock is days behind', async () => {
    clock.set(-3 * 24 * 60 * minute);
    for (const text of ['first', 'second', 'third']) {
      await receive({ text });
      pass(1000);
    }
    await poller.once();
    expect((await store.list({ limit: 3 })).map(({ occurredAt }) => occurredAt - start)).toEqual([2000, 1000, 0]);
    expect(await deliver()).toEqual(['first', 'second', 'third']);
  });

  it('keeps the order of a page whose rows have no time that can be', async () => {
    const rows = ['third', 'second', 'first'].map((text, index) => ({
      id: `wamid.${index}`,
      type: 'text',
      from: '15551234567',
      text: { body: text },
    }));
    fetchPage = async () => ({ rows, after: null, serverTime: null });
    await poller.once();
    expect(await deliver()).toEqual(['first', 'second', 'third']);
  });

  it.each([
    ['the same', false, 10],
    ['different each time', true, 200],
  ])('ends a pass over a list whose rows have no id and repeat for ever, %s', async (_, different, most) => {
    let asked = 0;
    const row = { type: 'text', from: '15551234567', kapso: { direction: 'outbound' } };
    fetchPage = async () => {
      asked += 1;
      if (asked > most) throw new Error('asked for ever');
      return { rows: [row, different ? { ...row, asked } : row], after: `cursor ${asked}`, serverTime: null };
    };
    await poller.once();
    expect(asked).toBeLessThan(most);
  });

  it('delivers nothing twice, however often the list shows it', async () => {
    await receive({ text: 'once' });
    for (let round = 0; round < 5; round += 1) {
      await poller.once();
      pass(30_000);
    }
    expect(await deliver()).toEqual(['once']);
    await restart();
    await poller.once();
    expect(await deliver()).toEqual([]);
  });

  it('finds a row that the list shows late, within the overlap', async () => {
    await control('config', { visibleAfter: 4 * minute });
    await receive({ text: 'late' });
    for (let elapsed = 0; elapsed < 5 * minute; elapsed += 30_000) {
      pass(30_000);
      await poller.once();
    }
    expect(await deliver()).toEqual(['late']);
  });

  it('finds everything that came while it was away for a day', async () => {
    pass(60 * minute);
    await receive({ text: 'early' });
    pass(23 * 60 * minute);
    await receive({ text: 'late' });
    await restart();
    await poller.once();
    expect(await deliver()).toEqual(['early', 'late']);
  });

  it.each([
    ['11 minutes', 11 * minute],
    ['25 hours', 25 * 60 * minute],
    ['7 days', 7 * 24 * 60 * minute],
  ])('knows an id that is listed again after %s', async (_, distance) => {
    const row = { id: 'wamid.again', type: 'text', from: '15551234567', text: { body: 'hello' } };
    const timestamp = () => String(Math.floor(kapsoClock.now() / 1000));
    fetchPage = async () => ({ rows: [{ ...row, timestamp: timestamp() }], after: null, serverTime: kapsoClock.now() });
    await poller.once();
    expect(await deliver()).toEqual(['hello']);
    pass(distance);
    await restart();
    fetchPage = async () => ({ rows: [{ ...row, timestamp: timestamp() }], after: null, serverTime: kapsoClock.now() });
    await poller.once();
    expect(await deliver()).toEqual([]);
    expect((await store.counts()).byState.settled).toBe(1);
  });

  it.each([
    [
      'a Date header a year ahead',
      async () => {
        fetchPage = async () => ({ rows: [], after: null, serverTime: kapsoClock.now() + 365 * 24 * 60 * minute });
        await poller.once();
        await restart();
      },
    ],
    [
      'a Date header of 1970',
      async () => {
        fetchPage = async () => ({ rows: [], after: null, serverTime: 0 });
        await poller.once();
        await restart();
      },
    ],
    [
      'a position in the far future',
      async () => {
        await store.setCursor(sim.phoneNumberId, kapsoClock.now() + 365 * 24 * 60 * minute);
      },
    ],
  ])('neither loses what comes nor fetches the past again after %s', async (_, disturb) => {
    await receive({ text: 'before the first start', createdAt: new Date(start - 100 * minute).toISOString() });
    await disturb();
    pass(30_000);
    await receive({ text: 'after' });
    await poller.once();
    expect(await deliver()).toEqual(['after']);
  });

  it.each([
    ['for one pass, and 80 seconds of 503', 60 * minute, 2 * minute, false],
    ['for one pass, and a kill 20 minutes before the next', 180 * minute, 20 * minute, true],
    ['for one pass, and a kill four hours before the next', 180 * minute, 240 * minute, true],
  ])('loses nothing when the Date header is ahead %s', async (_, ahead, away, anew) => {
    const answer = fetchPage;
    pass(30_000);
    fetchPage = async query => ({ ...(await answer(query)), serverTime: kapsoClock.now() + ahead });
    await poller.once();
    expect(logged.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("Kapso's clock and this machine's differ"),
    );
    pass(30_000);
    await receive({ text: 'in between' });
    if (anew) await restart();
    fetchPage = async () => {
      throw new Error('503');
    };
    await expect(poller.once()).rejects.toThrow();
    pass(away);
    fetchPage = answer;
    await poller.once();
    expect(await deliver()).toEqual(['in between']);
    if (!anew) expect(logged.map(({ message }) => message)).toContainEqual(expect.stringContaining('agree again'));
  });

  it.each([
    ['an hour ahead', 60 * minute, 0],
    ['an hour ahead while the own one is in 1970', 50 * minute, -start],
    ['an hour ahead while the own one is years ahead', 60 * minute, 7300 * 24 * 60 * minute],
  ])("loses nothing when Kapso's own clock was %s, with all that it created", async (_, ahead, wrong) => {
    pass(30 * minute);
    await poller.once();
    clock.set(wrong);
    await control('config', { clockOffset: ahead });
    for (const text of ['first', 'second']) {
      pass(30 * minute);
      await receive({ text });
      await poller.once();
    }
    pass(10_000);
    await control('config', { clockOffset: 0 });
    await receive({ text: 'third' });
    pass(240 * minute);
    await poller.once();
    // WhatsApp's clock was wrong together with Kapso's here, so the order does not matter.
    expect((await deliver()).sort()).toEqual(['first', 'second', 'third']);
  });

  it('lists no more and more while the own clock stands in 1970', async () => {
    clock.set(-start);
    for (let day = 0; day < 3; day += 1) {
      await receive({ text: 'm{n}', count: 5 });
      pass(24 * 60 * minute);
      await poller.once();
    }
    expect(await deliver()).toHaveLength(15);
    let since = 0;
    const answer = fetchPage;
    fetchPage = async query => {
      since = query.since;
      return answer(query);
    };
    await poller.once();
    expect(since).toBeGreaterThan(kapsoClock.now() - 26 * 60 * minute);
  });

  it('shows how far it has come in last-poll, behind the present by the overlap', async () => {
    pass(60 * minute);
    await poller.once();
    const shown = readFileSync(join(dir, 'last-poll'), 'utf8');
    expect(shown).toBe(`${new Date(kapsoClock.now() - 5 * minute).toISOString().replace('.000Z', 'Z')}\n`);
    expect(existsSync(join(dir, `last-poll.${process.pid}.tmp`))).toBe(false);
  });

  it('does not hold up what it has found for the files that it writes', async () => {
    const lastPoll = () => readFileSync(join(dir, 'last-poll'), 'utf8');
    const before = lastPoll();
    let shown: string | null = null;
    onWake = async ([lane = '']) => {
      const head = await store.head(lane);
      await store.begin(head?.id ?? '', { runKey: 'key', runNumber: 1 });
      shown = lastPoll();
    };
    pass(60 * minute);
    await receive({ text: 'hello' });
    await poller.once();
    expect(shown).toBe(before);
    expect(lastPoll()).not.toBe(before);
  });

  it('keeps what it cannot read for the operator and goes on with the rest', async () => {
    const good = {
      id: 'wamid.good',
      timestamp: '1795000000',
      type: 'text',
      from: '15551234567',
      text: { body: 'fine' },
    };
    const rows = [42, null, { no: 'id' }, { id: 'wamid.nobody', type: 'text', from: '', text: { body: 'who?' } }, good];
    fetchPage = async () => ({ rows, after: null, serverTime: null });
    await poller.once();
    expect(await deliver()).toEqual(['fine']);
    const failed = await store.list({ states: ['failed'], limit: 10 });
    expect(failed.length).toBeGreaterThanOrEqual(3);
    for (const entry of failed) expect(entry.reason).toBeTruthy();
    expect(failed.map(entry => entry.body)).toContainEqual(expect.stringContaining('who?'));
  });

  it('ends a pass over a list that goes in circles', async () => {
    let asked = 0;
    const row = {
      id: 'wamid.round',
      timestamp: '1795000000',
      type: 'text',
      from: '15551234567',
      text: { body: 'round' },
    };
    fetchPage = async () => {
      asked += 1;
      return { rows: [row], after: `cursor ${asked}`, serverTime: null };
    };
    await poller.once();
    expect(asked).toBeLessThan(10);
    expect(await deliver()).toEqual(['round']);
    expect(logged.map(({ message }) => message)).toContainEqual(expect.stringContaining('repeats its pages'));
  });

  it('does not take a long import of messages that are not for the agent for a circle', async () => {
    const imported = (page: number) =>
      Array.from({ length: 100 }, (_, index) => ({
        id: `wamid.import.${page}.${index}`,
        timestamp: '1795000000',
        type: 'text',
        from: '15551234567',
        text: { body: 'old' },
        kapso: { direction: 'inbound', origin: 'history_sync' },
      }));
    const last = [
      { id: 'wamid.last', timestamp: '1795000000', type: 'text', from: '15551234567', text: { body: 'fresh' } },
    ];
    let page = 0;
    fetchPage = async () => {
      page += 1;
      return page <= 6
        ? { rows: imported(page), after: `p${page}`, serverTime: null }
        : { rows: last, after: null, serverTime: null };
    };
    await poller.once();
    expect(await deliver()).toEqual(['fresh']);
  });
});

describe.each(['newest-first', 'oldest-first'] as const)('pages above the limit of 16 MiB, %s', order => {
  const megabytes = (count: number) => 'x'.repeat(count * 1_000_000);
  const limits = async () => {
    const { requests } = (await control('requests?kind=list')) as { requests: { query: { limit: string } }[] };
    return requests.map(({ query }) => Number(query.limit));
  };

  beforeEach(async () => {
    await control('config', { order });
    await poller.once();
    pass(1000);
  });

  it('are asked for with fewer rows, and the rest with a hundred again', async () => {
    await receive({ text: 'early{n}', count: 100 });
    pass(1000);
    for (let n = 1; n <= 20; n += 1) await receive({ text: `large${n} ${megabytes(1)}` });
    pass(1000);
    await receive({ text: 'late{n}', count: 200 });
    await poller.once();
    expect((await deliver()).map(text => text.split(' ')[0])).toEqual([
      ...Array.from({ length: 100 }, (_, index) => `early${index + 1}`),
      ...Array.from({ length: 20 }, (_, index) => `large${index + 1}`),
      ...Array.from({ length: 200 }, (_, index) => `late${index + 1}`),
    ]);
    const asked = await limits();
    expect(Math.min(...asked)).toBeGreaterThan(1);
    expect(asked.length).toBeLessThan(20);
    await poller.once();
    expect((await limits())[asked.length]).toBe(100);
  });

  it('are passed over where a single message is too large, which is kept for the operator', async () => {
    await receive({ text: 'before' });
    pass(1000);
    await receive({ id: 'wamid.large', text: megabytes(17) });
    pass(1000);
    await receive({ text: 'after' });
    await poller.once();
    expect(await deliver()).toEqual(['before', 'after']);
    const failed = await store.list({ states: ['failed'], limit: 10 });
    expect(failed).toMatchObject([{ id: 'unreadable:wamid.large', reason: expect.stringContaining('too large') }]);
    expect(String(failed[0]?.body).length).toBeLessThan(5000);
    pass(1000);
    await poller.once();
    expect((await store.list({ states: ['failed'], limit: 10 })).length).toBe(1);
  });

  it('are no reason to stop for a message whose id does not stand in front', async () => {
    const row = { timestamp: String(Math.floor(kapsoClock.now() / 1000)), type: 'text', from: '15551234567' };
    await receive({ text: 'before' });
    pass(1000);
    await receive({ row: { ...row, text: { body: megabytes(17) }, id: 'wamid.hidden' } });
    await receive({ text: 'after' });
    await poller.once();
    await poller.once();
    expect(await deliver()).toEqual(['before', 'after']);
    expect((await store.counts()).byState.failed).toBe(1);
  });
});

describe('the schedule', () => {
  it('polls at the interval, and at once when asked to', async () => {
    const running = poller.run();
    const first = await status(({ nextAt }) => nextAt !== null);
    expect(first.nextAt).toBe(start + 30_000);
    await receive({ text: 'hurry' });
    statuses = [];
    poller.pollNow();
    await status(({ nextAt }) => nextAt !== null);
    expect(await deliver()).toEqual(['hurry']);
    poller.stop();
    await running;
  });

  it('polls once more at once when it was asked to while it polled', async () => {
    let passes = 0;
    const listed = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const page = fetchPage;
    fetchPage = async query => {
      const answer = await page(query);
      passes += 1;
      listed.resolve();
      await asked.promise;
      return answer;
    };
    const running = poller.run();
    await listed.promise;
    await receive({ text: 'too late for that page' });
    poller.pollNow();
    asked.resolve();
    await status(({ nextAt }) => nextAt === start + 30_000);
    expect(await deliver()).toEqual(['too late for that page']);
    expect(passes).toBe(2);
    poller.stop();
    await running;
  });

  it('waits as long as a rate limit says, and then goes on with the page where it was', async () => {
    await poller.once();
    await receive({ text: 'm{n}', count: 300 });
    await control('faults', [
      { kind: 'list', do: 'pass', delay: 0, count: 2 },
      { kind: 'list', status: 429, headers: { 'Retry-After': '60' }, body: { error: 'Rate limit exceeded' }, count: 1 },
    ]);
    const before = ((await control('requests?kind=list')).requests as unknown[]).length;
    const running = poller.run();
    const limited = await status(({ nextAt, lastError }) => nextAt !== null && lastError !== null);
    expect(limited.nextAt).toBe(start + 60_000);
    statuses = [];
    pass(60_000);
    await status(({ lastSuccess }) => lastSuccess === start + 60_000);
    expect(await deliver()).toHaveLength(300);
    const after = ((await control('requests?kind=list')).requests as unknown[]).length;
    expect(after - before).toBe(4);
    poller.stop();
    await running;
  });

  it.each([
    ['429 that asks for 31 years', 429, '999999999'],
    ['503 that asks to come back in 2100', 503, 'Fri, 01 Jan 2100 00:00:00 GMT'],
  ])('tries again within minutes after a %s, and says what it does not keep to', async (_, code, retryAfter) => {
    await poller.once();
    await receive({ text: 'meanwhile' });
    await control('faults', { kind: 'list', status: code, headers: { 'Retry-After': retryAfter }, count: 1 });
    const running = poller.run();
    const limited = await status(({ nextAt, lastError }) => nextAt !== null && lastError !== null);
    expect(limited.nextAt).toBe(start + 5 * minute);
    expect(logged.filter(({ message }) => message === 'Polling Kapso failed')).toMatchObject([
      { fields: { asked: expect.stringContaining('of which 300 s are kept to'), again: '300 s' } },
    ]);
    statuses = [];
    pass(5 * minute);
    await status(({ lastSuccess }) => lastSuccess === start + 5 * minute);
    expect(await deliver()).toEqual(['meanwhile']);
    poller.stop();
    await running;
  });

  it('is not led into a storm by a server that says to try again at once', async () => {
    await poller.once();
    await control('faults', {
      kind: 'list',
      status: 429,
      headers: { 'Retry-After': '0' },
      body: { error: 'x' },
      count: 1,
    });
    const running = poller.run();
    const limited = await status(({ nextAt, lastError }) => nextAt !== null && lastError !== null);
    expect(Number(limited.nextAt) - clock.now()).toBeGreaterThanOrEqual(10_000);
    poller.stop();
    await running;
  });

  it('backs off from a Kapso that fails, up to five minutes, and says why in the status', async () => {
    await control('faults', { kind: 'list', status: 500, count: 20 });
    const running = poller.run();
    const waits: number[] = [];
    for (let failure = 0; failure < 7; failure += 1) {
      const { nextAt, lastError } = await status(({ nextAt }) => nextAt !== null);
      expect(lastError).toContain('500');
      waits.push((nextAt ?? 0) - clock.now());
      statuses = [];
      pass((nextAt ?? 0) - clock.now());
    }
    expect(waits.slice(0, 4)).toEqual([30_000, 60_000, 120_000, 240_000]);
    expect(Math.max(...waits)).toBe(300_000);
    poller.stop();
    await running;
  });

  it('asks rarely with a key that was refused, and recovers without a restart', async () => {
    await poller.once();
    await receive({ text: 'waiting' });
    await control('faults', { kind: 'list', status: 401, body: { error: 'Invalid or missing API key' }, count: 1 });
    const running = poller.run();
    const refused = await status(({ nextAt }) => nextAt !== null);
    expect(refused.nextAt).toBe(start + 300_000);
    // The status says what to do, as the command line does.
    expect(refused.lastError).toMatch(/401.*; .*KAPSO_API_KEY/);
    statuses = [];
    pass(300_000);
    await status(({ lastSuccess }) => lastSuccess === start + 300_000);
    expect(await deliver()).toEqual(['waiting']);
    poller.stop();
    await running;
  });
});

describe('a list that does not end within the bounds of a pass', () => {
  const bounds = { pages: 5, anyPages: 12, time: 60 * minute };
  /** Passes until the list was read to its end; returns how many. */
  const passes = async (): Promise<number> => {
    for (let count = 1; ; count += 1) {
      await poller.once();
      if (statuses.at(-1)?.lastError === null) return count;
      expect(statuses.at(-1)?.lastError).toContain('did not end');
      pass(30_000);
    }
  };

  it.each([
    ['oldest-first', 'in order'],
    ['newest-first', 'without losing any'],
  ])('is read on from where it was left, %s: %s', async order => {
    await control('config', { order });
    await poller.once();
    await restart({ bounds });
    // Of different seconds, so that the order shows.
    for (let n = 0; n < 13; n += 1) {
      pass(1000);
      await receive({ text: `m${n}-{n}`, count: 100 });
    }
    const expected = Array.from({ length: 1300 }, (_, n) => `m${Math.floor(n / 100)}-${(n % 100) + 1}`);
    const cursor = await store.cursor(sim.phoneNumberId);
    await poller.once();
    expect(await store.cursor(sim.phoneNumberId)).toBe(cursor);
    expect(logged.filter(({ level }) => level === 'error')).toHaveLength(1);
    // The agent has what was read, and new messages are received beside the rest.
    expect((await store.counts()).byState).toMatchObject({ held: 0, pending: 500 });
    pass(1000);
    await receive({ text: 'new' });
    expect(await passes()).toBeLessThanOrEqual(4);
    const delivered = await deliver();
    expect(delivered).toHaveLength(1301);
    if (order === 'oldest-first') expect(delivered).toEqual([...expected, 'new']);
    else expect(new Set(delivered)).toEqual(new Set([...expected, 'new']));
    expect(await store.cursor(sim.phoneNumberId)).toBeGreaterThanOrEqual(Number(cursor));
    expect(logged.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('is asked for at a rate, and what it has goes to the agent', async () => {
    await poller.once();
    await restart({ bounds: { ...bounds, pages: 40 }, rate: { burst: 10, perSecond: 2 } });
    let asked = 0;
    fetchPage = async () => {
      asked += 1;
      const timestamp = String(Math.floor(kapsoClock.now() / 1000));
      const row = { id: `wamid.${asked}`, type: 'text', from: '15551234567', text: { body: `${asked}` }, timestamp };
      return { rows: [row], after: `cursor ${asked}`, serverTime: kapsoClock.now() };
    };
    const running = poller.run();
    const moved = async (ms: number) => {
      for (let elapsed = 0; elapsed < ms; elapsed += 500) {
        while (clock.pending().length === 0) await new Promise(resolve => setImmediate(resolve));
        pass(500);
      }
      while (clock.pending().length === 0) await new Promise(resolve => setImmediate(resolve));
    };
    await moved(1000);
    expect(asked).toBeLessThanOrEqual(13);
    await moved(3000);
    const { lastError } = await status(now => now.lastError !== null);
    expect(lastError).toContain('did not end');
    expect(asked).toBe(12);
    expect(await deliver()).toHaveLength(12);
    poller.stop();
    await running;
  });
});
