import { beforeEach, describe, expect, it } from 'vitest';
import { minute, pollStage } from './poll-stage.ts';

const at = pollStage();
const { control, deliver, lane, pass, receive, restart, status } = at;

describe.each(['newest-first', 'oldest-first'] as const)('a list that is %s', order => {
  beforeEach(async () => {
    await control('config', { order });
    await at.poller.once();
    // Two rows of different seconds show the order; the bursts below, all of one second, do not.
    for (const text of ['first', 'second']) {
      pass(1000);
      await receive({ text, from: '+15550000000' });
    }
    await at.poller.once();
    await deliver('15550000000');
    pass(1000);
  });

  const listRequests = async () => ((await control('requests?kind=list')).requests as unknown[]).length;

  it('is read to its end in 1 + ceil(n/100) requests, and delivered oldest first', async () => {
    const before = await listRequests();
    await receive({ text: 'm{n}', count: 1250, senders: 5 });
    await at.poller.once();
    expect((await listRequests()) - before).toBeLessThanOrEqual(1 + Math.ceil(1252 / 100));
    expect((await at.store.counts()).byState.pending).toBe(1250);
    const texts = await deliver();
    expect(texts).toEqual(Array.from({ length: 250 }, (_, index) => `m${index * 5 + 1}`));
  });

  it('is read to its end when its end is a cursor to an empty page', async () => {
    await control('config', { endOfList: 'empty-page' });
    await receive({ text: 'm{n}', count: 200 });
    await at.poller.once();
    expect(await deliver()).toHaveLength(200);
  });

  it('is read without the kapso block and with the shortest paging object', async () => {
    await control('config', { paging: 'minimal', kapsoBlock: false });
    await receive({ text: 'm{n}', count: 101 });
    await at.poller.once();
    expect(await deliver()).toHaveLength(101);
  });

  it('is delivered only when the whole of it is there, and a pass cut short is completed by the next start', async () => {
    await receive({ text: 'm{n}', count: 150 });
    await control('faults', [
      { kind: 'list', do: 'pass', delay: 0, count: 1 },
      { kind: 'list', status: 500, count: 1 },
    ]);
    await expect(at.poller.once()).rejects.toThrow();
    expect(await at.store.head(lane())).toBeNull();
    expect((await at.store.counts()).byState.held).toBeGreaterThanOrEqual(98);
    await restart();
    await at.poller.once();
    expect(await deliver()).toEqual(Array.from({ length: 150 }, (_, index) => `m${index + 1}`));
  });

  it('is in order also when a pass is cut short, and more comes in the same second before the next one', async () => {
    await receive({ text: 'm{n}', count: 150 });
    await control('faults', [
      { kind: 'list', do: 'pass', delay: 0, count: 1 },
      { kind: 'list', status: 500, count: 1 },
    ]);
    await expect(at.poller.once()).rejects.toThrow();
    await receive({ text: 'late{n}', count: 2 });
    await at.poller.once();
    expect(await deliver()).toEqual([
      ...Array.from({ length: 150 }, (_, index) => `m${index + 1}`),
      ...['late1', 'late2'],
    ]);
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
    await at.poller.once();
    pass(1000);
  });

  it('are asked for with fewer rows, and the rest with a hundred again', async () => {
    await receive({ text: 'early{n}', count: 100 });
    pass(1000);
    for (let n = 1; n <= 20; n += 1) await receive({ text: `large${n} ${megabytes(1)}` });
    pass(1000);
    await receive({ text: 'late{n}', count: 200 });
    await at.poller.once();
    expect((await deliver()).map(text => text.split(' ')[0])).toEqual([
      ...Array.from({ length: 100 }, (_, index) => `early${index + 1}`),
      ...Array.from({ length: 20 }, (_, index) => `large${index + 1}`),
      ...Array.from({ length: 200 }, (_, index) => `late${index + 1}`),
    ]);
    const asked = await limits();
    expect(Math.min(...asked)).toBeGreaterThan(1);
    expect(asked.length).toBeLessThan(20);
    await at.poller.once();
    expect((await limits())[asked.length]).toBe(100);
  });

  it('are passed over where a single message is too large, which is kept for the operator', async () => {
    await receive({ text: 'before' });
    pass(1000);
    await receive({ id: 'wamid.large', text: megabytes(17) });
    pass(1000);
    await receive({ text: 'after' });
    await at.poller.once();
    expect(await deliver()).toEqual(['before', 'after']);
    const failed = await at.store.list({ states: ['failed'], limit: 10 });
    expect(failed).toMatchObject([{ id: 'unreadable:wamid.large', reason: expect.stringContaining('too large') }]);
    expect(String(failed[0]?.body).length).toBeLessThan(5000);
    pass(1000);
    await at.poller.once();
    expect((await at.store.list({ states: ['failed'], limit: 10 })).length).toBe(1);
  });

  it('are no reason to stop for a message whose id does not stand in front', async () => {
    const row = { timestamp: String(Math.floor(at.kapsoClock.now() / 1000)), type: 'text', from: '15551234567' };
    await receive({ text: 'before' });
    pass(1000);
    await receive({ row: { ...row, text: { body: megabytes(17) }, id: 'wamid.hidden' } });
    await receive({ text: 'after' });
    await at.poller.once();
    await at.poller.once();
    expect(await deliver()).toEqual(['before', 'after']);
    expect((await at.store.counts()).byState.failed).toBe(1);
  });
});

describe('a list that does not end within the bounds of a pass', () => {
  const bounds = { pages: 5, anyPages: 12, time: 60 * minute };
  /** Passes until the list was read to its end; returns how many. */
  const passes = async (): Promise<number> => {
    for (let count = 1; ; count += 1) {
      await at.poller.once();
      if (at.statuses.at(-1)?.lastError === null) return count;
      expect(at.statuses.at(-1)?.lastError).toContain('did not end');
      pass(30_000);
    }
  };

  it.each([
    ['oldest-first', 'in order'],
    ['newest-first', 'without losing any'],
  ])('is read on from where it was left, %s: %s', async order => {
    await control('config', { order });
    await at.poller.once();
    await restart({ bounds });
    // Of different seconds, so that the order shows.
    for (let n = 0; n < 13; n += 1) {
      pass(1000);
      await receive({ text: `m${n}-{n}`, count: 100 });
    }
    const expected = Array.from({ length: 1300 }, (_, n) => `m${Math.floor(n / 100)}-${(n % 100) + 1}`);
    const cursor = await at.store.cursor(at.sim.phoneNumberId);
    await at.poller.once();
    expect(await at.store.cursor(at.sim.phoneNumberId)).toBe(cursor);
    expect(at.logged.filter(({ level }) => level === 'error')).toHaveLength(1);
    // The agent has what was read, and new messages are received beside the rest.
    expect((await at.store.counts()).byState).toMatchObject({ held: 0, pending: 500 });
    pass(1000);
    await receive({ text: 'new' });
    expect(await passes()).toBeLessThanOrEqual(4);
    const delivered = await deliver();
    expect(delivered).toHaveLength(1301);
    if (order === 'oldest-first') expect(delivered).toEqual([...expected, 'new']);
    else expect(new Set(delivered)).toEqual(new Set([...expected, 'new']));
    expect(await at.store.cursor(at.sim.phoneNumberId)).toBeGreaterThanOrEqual(Number(cursor));
    expect(at.logged.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('is asked for at a rate, and what it has goes to the agent', async () => {
    await at.poller.once();
    await restart({ bounds: { ...bounds, pages: 40 }, rate: { burst: 10, perSecond: 2 } });
    let asked = 0;
    at.fetchPage = async () => {
      asked += 1;
      const timestamp = String(Math.floor(at.kapsoClock.now() / 1000));
      const row = { id: `wamid.${asked}`, type: 'text', from: '15551234567', text: { body: `${asked}` }, timestamp };
      return { rows: [row], after: `cursor ${asked}`, serverTime: at.kapsoClock.now() };
    };
    const running = at.poller.run();
    const moved = async (ms: number) => {
      for (let elapsed = 0; elapsed < ms; elapsed += 500) {
        while (at.clock.pending().length === 0) await new Promise(resolve => setImmediate(resolve));
        pass(500);
      }
      while (at.clock.pending().length === 0) await new Promise(resolve => setImmediate(resolve));
    };
    await moved(1000);
    expect(asked).toBeLessThanOrEqual(13);
    await moved(3000);
    const { lastError } = await status(now => now.lastError !== null);
    expect(lastError).toContain('did not end');
    expect(asked).toBe(12);
    expect(await deliver()).toHaveLength(12);
    at.poller.stop();
    await running;
  });
});
