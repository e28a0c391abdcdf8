import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { minute, pollStage, start } from './poll-stage.ts';

const at = pollStage();
const { control, deliver, pass, receive, restart } = at;

describe('polling again', () => {
  beforeEach(() => at.poller.once());

  it('keeps the order of a page when the clock is days behind', async () => {
    at.clock.set(-3 * 24 * 60 * minute);
    for (const text of ['first', 'second', 'third']) {
      await receive({ text });
      pass(1000);
    }
    await at.poller.once();
    expect((await at.store.list({ limit: 3 })).map(({ occurredAt }) => occurredAt - start)).toEqual([2000, 1000, 0]);
    expect(await deliver()).toEqual(['first', 'second', 'third']);
  });

  it('keeps the order of a page whose rows have no time that can be', async () => {
    const rows = ['third', 'second', 'first'].map((text, index) => ({
      id: `wamid.${index}`,
      type: 'text',
      from: '15551234567',
      text: { body: text },
    }));
    at.fetchPage = async () => ({ rows, after: null, serverTime: null });
    await at.poller.once();
    expect(await deliver()).toEqual(['first', 'second', 'third']);
  });

  it.each([
    ['the same', false, 10],
    ['different each time', true, 200],
  ])('ends a pass over a list whose rows have no id and repeat for ever, %s', async (_, different, most) => {
    let asked = 0;
    const row = { type: 'text', from: '15551234567', kapso: { direction: 'outbound' } };
    at.fetchPage = async () => {
      asked += 1;
      if (asked > most) throw new Error('asked for ever');
      return { rows: [row, different ? { ...row, asked } : row], after: `cursor ${asked}`, serverTime: null };
    };
    await at.poller.once();
    expect(asked).toBeLessThan(most);
  });

  it('delivers nothing twice, however often the list shows it', async () => {
    await receive({ text: 'once' });
    for (let round = 0; round < 5; round += 1) {
      await at.poller.once();
      pass(30_000);
    }
    expect(await deliver()).toEqual(['once']);
    await restart();
    await at.poller.once();
    expect(await deliver()).toEqual([]);
  });

  it('finds a row that the list shows late, within the overlap', async () => {
    await control('config', { visibleAfter: 4 * minute });
    await receive({ text: 'late' });
    for (let elapsed = 0; elapsed < 5 * minute; elapsed += 30_000) {
      pass(30_000);
      await at.poller.once();
    }
    expect(await deliver()).toEqual(['late']);
  });

  it('finds everything that came while it was away for a day', async () => {
    pass(60 * minute);
    await receive({ text: 'early' });
    pass(23 * 60 * minute);
    await receive({ text: 'late' });
    await restart();
    await at.poller.once();
    expect(await deliver()).toEqual(['early', 'late']);
  });

  it.each([
    ['11 minutes', 11 * minute],
    ['25 hours', 25 * 60 * minute],
    ['7 days', 7 * 24 * 60 * minute],
  ])('knows an id that is listed again after %s', async (_, distance) => {
    const row = { id: 'wamid.again', type: 'text', from: '15551234567', text: { body: 'hello' } };
    const timestamp = () => String(Math.floor(at.kapsoClock.now() / 1000));
    at.fetchPage = async () => ({
      rows: [{ ...row, timestamp: timestamp() }],
      after: null,
      serverTime: at.kapsoClock.now(),
    });
    await at.poller.once();
    expect(await deliver()).toEqual(['hello']);
    pass(distance);
    await restart();
    at.fetchPage = async () => ({
      rows: [{ ...row, timestamp: timestamp() }],
      after: null,
      serverTime: at.kapsoClock.now(),
    });
    await at.poller.once();
    expect(await deliver()).toEqual([]);
    expect((await at.store.counts()).byState.settled).toBe(1);
  });

  it.each([
    [
      'a Date header a year ahead',
      async () => {
        at.fetchPage = async () => ({
          rows: [],
          after: null,
          serverTime: at.kapsoClock.now() + 365 * 24 * 60 * minute,
        });
        await at.poller.once();
        await restart();
      },
    ],
    [
      'a Date header of 1970',
      async () => {
        at.fetchPage = async () => ({ rows: [], after: null, serverTime: 0 });
        await at.poller.once();
        await restart();
      },
    ],
    [
      'a position in the far future',
      async () => {
        await at.store.setCursor(at.sim.phoneNumberId, at.kapsoClock.now() + 365 * 24 * 60 * minute);
      },
    ],
  ])('neither loses what comes nor fetches the past again after %s', async (_, disturb) => {
    await receive({ text: 'before the first start', createdAt: new Date(start - 100 * minute).toISOString() });
    await disturb();
    pass(30_000);
    await receive({ text: 'after' });
    await at.poller.once();
    expect(await deliver()).toEqual(['after']);
  });

  it.each([
    ['for one pass, and 80 seconds of 503', 60 * minute, 2 * minute, false],
    ['for one pass, and a kill 20 minutes before the next', 180 * minute, 20 * minute, true],
    ['for one pass, and a kill four hours before the next', 180 * minute, 240 * minute, true],
  ])('loses nothing when the Date header is ahead %s', async (_, ahead, away, anew) => {
    const answer = at.fetchPage;
    pass(30_000);
    at.fetchPage = async query => ({ ...(await answer(query)), serverTime: at.kapsoClock.now() + ahead });
    await at.poller.once();
    expect(at.logged.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("Kapso's clock and this machine's differ"),
    );
    pass(30_000);
    await receive({ text: 'in between' });
    if (anew) await restart();
    at.fetchPage = async () => {
      throw new Error('503');
    };
    await expect(at.poller.once()).rejects.toThrow();
    pass(away);
    at.fetchPage = answer;
    await at.poller.once();
    expect(await deliver()).toEqual(['in between']);
    if (!anew) expect(at.logged.map(({ message }) => message)).toContainEqual(expect.stringContaining('agree again'));
  });

  it.each([
    ['an hour ahead', 60 * minute, 0],
    ['an hour ahead while the own one is in 1970', 50 * minute, -start],
    ['an hour ahead while the own one is years ahead', 60 * minute, 7300 * 24 * 60 * minute],
  ])("loses nothing when Kapso's own clock was %s, with all that it created", async (_, ahead, wrong) => {
    pass(30 * minute);
    await at.poller.once();
    at.clock.set(wrong);
    await control('config', { clockOffset: ahead });
    for (const text of ['first', 'second']) {
      pass(30 * minute);
      await receive({ text });
      await at.poller.once();
    }
    pass(10_000);
    await control('config', { clockOffset: 0 });
    await receive({ text: 'third' });
    pass(240 * minute);
    await at.poller.once();
    // WhatsApp's clock was wrong together with Kapso's here, so the order does not matter.
    expect((await deliver()).sort()).toEqual(['first', 'second', 'third']);
  });

  it('lists no more and more while the own clock stands in 1970', async () => {
    at.clock.set(-start);
    for (let day = 0; day < 3; day += 1) {
      await receive({ text: 'm{n}', count: 5 });
      pass(24 * 60 * minute);
      await at.poller.once();
    }
    expect(await deliver()).toHaveLength(15);
    let since = 0;
    const answer = at.fetchPage;
    at.fetchPage = async query => {
      since = query.since;
      return answer(query);
    };
    await at.poller.once();
    expect(since).toBeGreaterThan(at.kapsoClock.now() - 26 * 60 * minute);
  });

  it('shows how far it has come in last-poll, behind the present by the overlap', async () => {
    pass(60 * minute);
    await at.poller.once();
    const shown = readFileSync(join(at.dir, 'last-poll'), 'utf8');
    expect(shown).toBe(`${new Date(at.kapsoClock.now() - 5 * minute).toISOString().replace('.000Z', 'Z')}\n`);
    expect(existsSync(join(at.dir, `last-poll.${process.pid}.tmp`))).toBe(false);
  });

  it('does not hold up what it has found for the files that it writes', async () => {
    const lastPoll = () => readFileSync(join(at.dir, 'last-poll'), 'utf8');
    const before = lastPoll();
    let shown: string | null = null;
    at.onWake = async ([lane = '']) => {
      const head = await at.store.head(lane);
      await at.store.begin(head?.id ?? '', { runKey: 'key', runNumber: 1 });
      shown = lastPoll();
    };
    pass(60 * minute);
    await receive({ text: 'hello' });
    await at.poller.once();
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
    at.fetchPage = async () => ({ rows, after: null, serverTime: null });
    await at.poller.once();
    expect(await deliver()).toEqual(['fine']);
    const failed = await at.store.list({ states: ['failed'], limit: 10 });
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
    at.fetchPage = async () => {
      asked += 1;
      return { rows: [row], after: `cursor ${asked}`, serverTime: null };
    };
    await at.poller.once();
    expect(asked).toBeLessThan(10);
    expect(await deliver()).toEqual(['round']);
    expect(at.logged.map(({ message }) => message)).toContainEqual(expect.stringContaining('repeats its pages'));
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
    at.fetchPage = async () => {
      page += 1;
      return page <= 6
        ? { rows: imported(page), after: `p${page}`, serverTime: null }
        : { rows: last, after: null, serverTime: null };
    };
    await at.poller.once();
    expect(await deliver()).toEqual(['fresh']);
  });
});
