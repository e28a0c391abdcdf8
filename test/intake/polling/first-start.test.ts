import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { minute, pollStage, start } from './poll-stage.ts';

const at = pollStage();
const { control, deliver, pass, receive, restart, startAnew, status } = at;

describe('the first start', () => {
  it('receives what comes from now on, and nothing from the past', async () => {
    await receive({ text: 'old' });
    pass(1000);
    await startAnew();
    await at.poller.once();
    pass(1000);
    await receive({ text: 'new' });
    await at.poller.once();
    expect(await deliver()).toEqual(['new']);
    expect(at.logged.filter(({ message }) => message.startsWith('First start'))).toHaveLength(1);
  });

  it('loses nothing when Kapso is away at that moment', async () => {
    await control('faults', { kind: 'list', status: 503, count: 1 });
    await expect(at.poller.once()).rejects.toThrow();
    pass(90 * minute);
    await receive({ text: 'while polling failed' });
    await restart();
    await at.poller.once();
    expect(await deliver()).toEqual(['while polling failed']);
  });

  it.each([
    ['fast', 10 * minute],
    ['slow', -10 * minute],
  ])("goes by Kapso's clock when this machine's is %s", async (_, skew) => {
    await receive({ text: 'old' });
    pass(2000);
    at.clock.advance(Math.max(0, skew));
    at.kapsoClock.advance(Math.max(0, -skew));
    await startAnew();
    await at.poller.once();
    pass(2000);
    await receive({ text: 'new' });
    pass(31_000);
    await at.poller.once();
    expect(await deliver()).toEqual(['new']);
  });

  it.each([
    ['behind, and is set right in the next life', -90 * 24 * 60 * minute, true],
    ['behind, and is set right meanwhile', -90 * 24 * 60 * minute, false],
    ['ahead, and is set right in the next life', 90 * 24 * 60 * minute, true],
    ['ahead, and is set right meanwhile', 90 * 24 * 60 * minute, false],
  ])('fetches no history, and loses nothing, when Kapso is away and the clock is months %s', async (_, wrong, anew) => {
    await receive({ text: 'a month old', createdAt: new Date(start - 30 * 24 * 60 * minute).toISOString() });
    at.clock.set(wrong);
    pass(2000);
    const answer = at.fetchPage;
    let away = true;
    at.fetchPage = async query => {
      if (away) throw new Error('Kapso is away');
      return answer(query);
    };
    const running = at.poller.run();
    await status(({ lastError }) => lastError !== null);
    pass(10 * minute);
    await receive({ text: 'in the outage' });
    pass(minute);
    at.clock.set(-wrong);
    away = false;
    if (anew) {
      await restart();
      at.fetchPage = answer;
      await at.poller.once();
    } else {
      at.statuses = [];
      at.poller.pollNow();
      await status(({ lastSuccess }) => lastSuccess !== null);
      at.poller.stop();
    }
    await running;
    expect(await deliver()).toEqual(['in the outage']);
  });

  it('counts the time until Kapso answers by no clock that can be set', async () => {
    await receive({ text: 'old' });
    pass(2000);
    await startAnew();
    const answer = at.fetchPage;
    at.fetchPage = async query => {
      pass(3 * minute);
      at.clock.set(-48 * 60 * minute);
      at.fetchPage = answer;
      return answer(query);
    };
    await receive({ text: 'while Kapso thought' });
    await at.poller.once();
    expect(await deliver()).toEqual(['while Kapso thought']);
  });

  it('is not put off by a kill before it was noted in the inbox', async () => {
    pass(10 * minute);
    await receive({ text: 'after the first start' });
    pass(10 * minute);
    await restart();
    await at.poller.once();
    expect(await deliver()).toEqual(['after the first start']);
  });

  it.each([
    ['in the same life', false],
    ['after a kill', true],
  ])("goes back to its true time when Kapso's clock was ahead in the first pass, %s", async (_, anew) => {
    await receive({ text: 'old' });
    pass(2000);
    await startAnew();
    const answer = at.fetchPage;
    at.fetchPage = async query => ({ ...(await answer(query)), serverTime: at.kapsoClock.now() + 180 * minute });
    await at.poller.once();
    pass(minute);
    await receive({ text: 'new' });
    pass(19 * minute);
    if (anew) await restart();
    at.fetchPage = answer;
    await at.poller.once();
    expect(await deliver()).toEqual(['new']);
    expect(at.logged.map(({ message }) => message)).toContainEqual(expect.stringContaining('did not fit'));
  });

  it("goes on where the earlier program's last-poll file left off", async () => {
    await receive({ text: 'handled by the earlier program' });
    pass(minute);
    writeFileSync(join(at.dir, 'last-poll'), `${new Date(at.kapsoClock.now()).toISOString().replace(/\.\d+Z/, 'Z')}\n`);
    pass(minute);
    await receive({ text: 'came in between' });
    pass(60 * minute);
    await at.poller.once();
    expect(await deliver()).toEqual(['came in between']);
    expect(at.logged.map(({ message }) => message)).toContainEqual(expect.stringContaining('last-poll file left off'));
  });

  it.each(['in one life', 'over a crash in the first pass'])(
    "runs nothing again that the earlier program had, though Kapso lists it behind that program's position, %s",
    async how => {
      // Kapso takes a message in after WhatsApp has: the earlier program's position is WhatsApp's time and a second.
      await control('config', { timestampLag: 3000 });
      await receive({ text: 'handled by the earlier program' });
      const position = Math.floor((at.kapsoClock.now() - 3000) / 1000) * 1000 + 1000;
      writeFileSync(join(at.dir, 'last-poll'), `${new Date(position).toISOString().replace(/\.\d+Z/, 'Z')}\n`);
      pass(4000);
      await receive({ text: 'came in between' });
      pass(minute);
      if (how !== 'in one life') {
        const answer = at.fetchPage;
        at.fetchPage = async query => Promise.reject(await answer(query).then(() => new Error('ended')));
        await expect(at.poller.once()).rejects.toThrow('ended');
        await restart();
      }
      await at.poller.once();
      pass(minute);
      await at.poller.once();
      expect(await deliver()).toEqual(['came in between']);
      const [kept] = await at.store.list({ limit: 1, states: ['dropped'] });
      expect(kept).toMatchObject({ reason: expect.stringContaining('The earlier program had it') });
      await control('config', { timestampLag: 0 });
      // A late row is nobody's.
      await receive({ text: 'late', timestamp: Math.floor(position / 1000) - 1 });
      await at.poller.once();
      expect(await deliver()).toEqual(['late']);
      await at.store.retry([kept?.id ?? '']);
      expect(await deliver()).toEqual(['handled by the earlier program']);
    },
  );

  it('does not take a last-poll file for a time that is none', async () => {
    writeFileSync(join(at.dir, 'last-poll'), 'yesterday\n');
    await at.poller.once();
    await receive({ text: 'new' });
    await at.poller.once();
    expect(await deliver()).toEqual(['new']);
  });
});
