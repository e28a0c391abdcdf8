import { describe, expect, it } from 'vitest';
import { minute, pollStage, start } from './poll-stage.ts';

const at = pollStage();
const { control, deliver, pass, receive, status } = at;

describe('the schedule', () => {
  it('polls at the interval, and at once when asked to', async () => {
    const running = at.poller.run();
    const first = await status(({ nextAt }) => nextAt !== null);
    expect(first.nextAt).toBe(start + 30_000);
    await receive({ text: 'hurry' });
    at.statuses = [];
    at.poller.pollNow();
    await status(({ nextAt }) => nextAt !== null);
    expect(await deliver()).toEqual(['hurry']);
    at.poller.stop();
    await running;
  });

  it('polls once more at once when it was asked to while it polled', async () => {
    let passes = 0;
    const listed = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const page = at.fetchPage;
    at.fetchPage = async query => {
      const answer = await page(query);
      passes += 1;
      listed.resolve();
      await asked.promise;
      return answer;
    };
    const running = at.poller.run();
    await listed.promise;
    await receive({ text: 'too late for that page' });
    at.poller.pollNow();
    asked.resolve();
    await status(({ nextAt }) => nextAt === start + 30_000);
    expect(await deliver()).toEqual(['too late for that page']);
    expect(passes).toBe(2);
    at.poller.stop();
    await running;
  });

  it('waits as long as a rate limit says, and then goes on with the page where it was', async () => {
    await at.poller.once();
    await receive({ text: 'm{n}', count: 300 });
    await control('faults', [
      { kind: 'list', do: 'pass', delay: 0, count: 2 },
      { kind: 'list', status: 429, headers: { 'Retry-After': '60' }, body: { error: 'Rate limit exceeded' }, count: 1 },
    ]);
    const before = ((await control('requests?kind=list')).requests as unknown[]).length;
    const running = at.poller.run();
    const limited = await status(({ nextAt, lastError }) => nextAt !== null && lastError !== null);
    expect(limited.nextAt).toBe(start + 60_000);
    at.statuses = [];
    pass(60_000);
    await status(({ lastSuccess }) => lastSuccess === start + 60_000);
    expect(await deliver()).toHaveLength(300);
    const after = ((await control('requests?kind=list')).requests as unknown[]).length;
    expect(after - before).toBe(4);
    at.poller.stop();
    await running;
  });

  it.each([
    ['429 that asks for 31 years', 429, '999999999'],
    ['503 that asks to come back in 2100', 503, 'Fri, 01 Jan 2100 00:00:00 GMT'],
  ])('tries again within minutes after a %s, and says what it does not keep to', async (_, code, retryAfter) => {
    await at.poller.once();
    await receive({ text: 'meanwhile' });
    await control('faults', { kind: 'list', status: code, headers: { 'Retry-After': retryAfter }, count: 1 });
    const running = at.poller.run();
    const limited = await status(({ nextAt, lastError }) => nextAt !== null && lastError !== null);
    expect(limited.nextAt).toBe(start + 5 * minute);
    expect(at.logged.filter(({ message }) => message === 'Polling Kapso failed')).toMatchObject([
      { fields: { asked: expect.stringContaining('of which 300 s are kept to'), again: '300 s' } },
    ]);
    at.statuses = [];
    pass(5 * minute);
    await status(({ lastSuccess }) => lastSuccess === start + 5 * minute);
    expect(await deliver()).toEqual(['meanwhile']);
    at.poller.stop();
    await running;
  });

  it('is not led into a storm by a server that says to try again at once', async () => {
    await at.poller.once();
    await control('faults', {
      kind: 'list',
      status: 429,
      headers: { 'Retry-After': '0' },
      body: { error: 'x' },
      count: 1,
    });
    const running = at.poller.run();
    const limited = await status(({ nextAt, lastError }) => nextAt !== null && lastError !== null);
    expect(Number(limited.nextAt) - at.clock.now()).toBeGreaterThanOrEqual(10_000);
    at.poller.stop();
    await running;
  });

  it('backs off from a Kapso that fails, up to five minutes, and says why in the status', async () => {
    await control('faults', { kind: 'list', status: 500, count: 20 });
    const running = at.poller.run();
    const waits: number[] = [];
    for (let failure = 0; failure < 7; failure += 1) {
      const { nextAt, lastError } = await status(({ nextAt }) => nextAt !== null);
      expect(lastError).toContain('500');
      waits.push((nextAt ?? 0) - at.clock.now());
      at.statuses = [];
      pass((nextAt ?? 0) - at.clock.now());
    }
    expect(waits.slice(0, 4)).toEqual([30_000, 60_000, 120_000, 240_000]);
    expect(Math.max(...waits)).toBe(300_000);
    at.poller.stop();
    await running;
  });

  it('asks rarely with a key that was refused, and recovers without a restart', async () => {
    await at.poller.once();
    await receive({ text: 'waiting' });
    await control('faults', { kind: 'list', status: 401, body: { error: 'Invalid or missing API key' }, count: 1 });
    const running = at.poller.run();
    const refused = await status(({ nextAt }) => nextAt !== null);
    expect(refused.nextAt).toBe(start + 300_000);
    // The status says what to do, as the command line does.
    expect(refused.lastError).toMatch(/401.*; .*KAPSO_API_KEY/);
    at.statuses = [];
    pass(300_000);
    await status(({ lastSuccess }) => lastSuccess === start + 300_000);
    expect(await deliver()).toEqual(['waiting']);
    at.poller.stop();
    await running;
  });
});
