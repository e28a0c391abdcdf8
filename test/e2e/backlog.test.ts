import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createStage, type Gateway, type Inbound, type Kapso, type Stage } from './programs.ts';

const hour = 3_600_000;
const pageSize = 100;
const conversations = 20;

/** Polls at the start and then only when told. */
const seldom = { KAPSO_POLL_INTERVAL: '86400', KAPSO_RECEIPTS_READ: 'false' };

/** As the earlier program leaves it: polling goes on from there. */
function leftOff(stage: Stage, at: number): void {
  mkdirSync(stage.stateDir, { mode: 0o700 });
  writeFileSync(join(stage.stateDir, 'last-poll'), `${new Date(at).toISOString()}\n`);
}

const idOf = (n: number) => `wamid.backlog${String(n).padStart(6, '0')}`;

/** Messages from `start` on, spread evenly over half an hour, of which `together` fall into one second in the middle. */
function backlog(count: number, start: number, together = 0): Inbound[] {
  const first = Math.floor((count - together) / 2);
  return Array.from({ length: count }, (_, n) => {
    const place = n < first ? n : n < first + together ? first : n - together + 1;
    const second = Math.floor((place * (hour / 2)) / (count - together + 1) / 1000);
    const at = Math.floor(start / 1000) * 1000 + second * 1000;
    // Kapso counts in microseconds, WhatsApp in seconds.
    const micros = String(n).padStart(6, '0');
    return {
      id: idOf(n),
      from: `+1555000${1000 + (n % conversations)}`,
      text: `message ${n}`,
      timestamp: at / 1000,
      createdAt: new Date(at).toISOString().replace('.000Z', `.${micros}Z`),
    };
  });
}

async function expectAllOnceInOrder(stage: Stage, gateway: Gateway, count: number): Promise<void> {
  expect(await stage.counts()).toMatchObject({
    settled: count,
    held: 0,
    pending: 0,
    sending: 0,
    failed: 0,
    dropped: 0,
  });
  const runs = await gateway.runs();
  expect(runs.map(({ key }) => key).toSorted()).toEqual(Array.from({ length: count }, (_, n) => idOf(n)));
  for (const [session, inSession] of Map.groupBy(runs, run => run.session)) {
    const order = inSession.map(({ key }) => key);
    expect(order, session).toEqual(order.toSorted());
  }
}

async function listAnswers(kapso: Kapso): Promise<(number | null)[]> {
  // What became of the answers is asked of the same list.
  const lists = (await kapso.lists()).filter(({ query }) => query.direction !== 'outbound');
  return lists.map(({ status }) => status);
}

/** `BACKLOG_MESSAGES=5000` makes a long run of it. */
const waiting = Number(process.env.BACKLOG_MESSAGES ?? 2000);

describe(`${waiting} messages that wait`, () => {
  it.each(['newest-first', 'oldest-first'])(
    'listed %s, with 250 in one second: each is run once, in order',
    {
      timeout: 180_000,
    },
    async order => {
      const count = waiting;
      const start = Date.now() - hour;
      const stage = createStage();
      leftOff(stage, start - 1000);
      const kapso = await stage.startKapso(['--order', order]);
      const gateway = await stage.startGateway();
      await kapso.receive(backlog(count, start, 250));
      await stage.startPoller(seldom);
      await stage.holds('settled', count, 150_000);

      await expectAllOnceInOrder(stage, gateway, count);
      const requests = await listAnswers(kapso);
      expect(requests.length).toBeLessThanOrEqual(1 + Math.ceil(count / pageSize));
      expect(requests.every(status => status === 200)).toBe(true);
    },
  );
});

describe('a pass that is disturbed', () => {
  const count = 600;

  it.each(['newest-first', 'oldest-first'])(
    'by SIGKILL between two pages (%s) loses nothing and repeats nothing',
    async order => {
      const start = Date.now() - hour;
      const stage = createStage();
      leftOff(stage, start - 1000);
      const kapso = await stage.startKapso(['--order', order]);
      const gateway = await stage.startGateway();
      await kapso.receive(backlog(count, start, 250));
      await kapso.control('POST', 'faults', [
        { kind: 'list', do: 'pass', count: 3 },
        { kind: 'list', do: 'hang' },
      ]);
      const poller = await stage.startPoller(seldom);
      await kapso.reaches('list', 4);
      await stage.holds('held', 3 * pageSize);
      // Which of them come first is known only at the end of the pass.
      expect(await gateway.runs()).toEqual([]);
      await poller.end('SIGKILL');

      await poller.start();
      await stage.holds('settled', count);
      await expectAllOnceInOrder(stage, gateway, count);
    },
  );

  it('by the rate limit waits as long as it is told and goes on where it was', async () => {
    const start = Date.now() - hour;
    const stage = createStage();
    leftOff(stage, start - 1000);
    const kapso = await stage.startKapso();
    const gateway = await stage.startGateway();
    await kapso.receive(backlog(count, start));
    await kapso.control('POST', 'faults', [
      { kind: 'list', do: 'pass', count: 3 },
      {
        kind: 'list',
        count: 2,
        status: 429,
        headers: { 'Retry-After': '1' },
        body: { error: 'Rate limit exceeded', message: 'You have exceeded the rate limit. Please try again later.' },
      },
    ]);
    await stage.startPoller(seldom);
    await stage.holds('settled', count);

    await expectAllOnceInOrder(stage, gateway, count);
    const lists = await kapso.lists();
    expect(lists.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429, 200, 200, 200]);
    const [refused = 0, again = 0, taken = 0] = lists.slice(3).map(({ at }) => at);
    expect(again - refused).toBeGreaterThanOrEqual(1000);
    expect(taken - again).toBeGreaterThanOrEqual(1000);
  });
});
