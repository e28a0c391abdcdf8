import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReceipts } from '../../src/delivery/receipts.ts';
import { ownHold } from '../../src/instances/hold.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';
import { message, type ReceiptsStage, receiptsStage, runTimeout, soon } from './receipts-stage.ts';

const over = { over: true, sent: false };
const goesOn = { over: false, sent: false };

let clock: ManualClock;
beforeEach(() => {
  clock = manualClock(Date.parse('2026-11-22T12:00:00.000Z'));
});

describe('at Kapso', () => {
  let stage: ReceiptsStage;
  beforeEach(async () => {
    stage = await receiptsStage(clock);
  });
  afterEach(() => stage.close());

  it('the typing sign never fades while the run works, and no timer is left when it has ended', async () => {
    const { receipts, marks, pass } = stage;
    receipts.begun(stage.message);
    expect(await marks()).toEqual([true]);
    for (let period = 0; period < 10; period += 1) {
      await pass(24);
      expect((await marks()).length).toBeGreaterThan(0);
    }
    receipts.ended(stage.message, over);
    expect(clock.pending()).toEqual([]);
    await pass(120);
    expect(await marks()).toEqual([]);
  });

  it('the sign ends with the time of a run, if nobody says that the run has', async () => {
    const { receipts, marks, pass } = stage;
    receipts.begun(stage.message);
    expect(await marks()).toEqual([true]);
    for (let passed = 0; passed < runTimeout / 1000; passed += 20) await pass(20);
    expect(await marks()).toHaveLength(runTimeout / 20_000 - 1);
    expect(clock.pending()).toEqual([]);
  });

  it('a run that goes on between two turns keeps its sign as long as it is looked for', async () => {
    const { receipts, marks, pass } = stage;
    receipts.begun(stage.message);
    receipts.ended(stage.message, goesOn);
    for (let look = 0; look < 6; look += 1) {
      await pass(10);
      receipts.begun(stage.message);
      receipts.ended(stage.message, goesOn);
    }
    expect(await marks()).toHaveLength(4);
    await pass(60);
    expect(await marks()).toEqual([]);
    expect(clock.pending()).toEqual([]);
  });

  it('nothing is shown any more when the lane is lost, also when that shows only right before it leaves', async () => {
    const { receipts, marks, pass, reactions, settings } = stage;
    settings.reaction = '👀';
    const loss = new AbortController();
    const hold = { ...ownHold(loss.signal), assertHeld: () => loss.signal.throwIfAborted() };
    receipts.begun(stage.message, hold);
    expect(await marks()).toEqual([true]);
    expect(await reactions()).toEqual(['👀']);
    loss.abort(new Error('another process has it'));
    await pass(21);
    receipts.begun(stage.message, hold);
    expect(await marks()).toEqual([]);
    expect(await reactions()).toEqual(['👀']);
    receipts.ended(stage.message, { over: false, sent: false });
    await pass(60);
    expect(await marks()).toEqual([]);
    expect(clock.pending()).toEqual([]);
  });

  it('a stop leaves no timer', async () => {
    const { receipts, marks } = stage;
    receipts.begun(stage.message);
    await marks();
    await receipts.stop(0);
    expect(clock.pending()).toEqual([]);
  });

  it('a sign that is switched off is refreshed no more, and one that is switched on again is', async () => {
    const { receipts, marks, pass, settings } = stage;
    receipts.begun(stage.message);
    expect(await marks()).toEqual([true]);
    settings.typing = false;
    await pass(60);
    expect(await marks()).toEqual([]);
    settings.typing = true;
    await pass(20);
    expect(await marks()).toEqual([true]);
    await receipts.stop(0);
  });

  it('marks once, without the sign, where typing is off, and nothing where read receipts are off', async () => {
    const { receipts, marks, pass, settings } = stage;
    settings.typing = false;
    receipts.begun(stage.message);
    await pass(60);
    expect(await marks()).toEqual([false]);
    await receipts.stop(0);
    Object.assign(settings, { read: false, typing: true });
    receipts.begun(stage.message);
    await pass(60);
    expect(await marks()).toEqual([]);
    await receipts.stop(0);
  });

  it('near the limit nothing is shown until the window is over, and messages still go out', async () => {
    const { receipts, marks, pass, client, control, kapso } = stage;
    await control.sim('POST', 'config', { rateLimit: 100 });
    receipts.begun(stage.message);
    expect(await marks()).toEqual([true]);
    // The command line and others use the same key.
    for (let other = 0; other < 80; other += 1) await control.list();
    await client.listMessages({ since: clock.now(), direction: 'inbound' });
    await pass(40);
    expect(await marks()).toEqual([]);
    await client.send({ to: '+15551234567', content: { kind: 'text', text: 'hi' } });
    expect(kapso.sent()).toHaveLength(1);
    await pass(20);
    await client.listMessages({ since: clock.now(), direction: 'inbound' });
    await pass(20);
    expect(await marks()).toEqual([true]);
    await receipts.stop(0);
  });

  it('a refusal that lasts is not asked for again, and any other is', async () => {
    const { control, marks, pass } = stage;
    for (const [status, again] of [
      [403, false],
      [500, true],
    ] as const) {
      await control.sim('POST', 'faults', { kind: 'read', status });
      const receipts = stage.start();
      receipts.begun(stage.message);
      await marks();
      await pass(60);
      expect((await marks()).length > 0).toBe(again);
      await receipts.stop(0);
    }
  });
});

describe('with requests that stay under way', () => {
  function harness() {
    const marked: { id: string; signal: AbortSignal; resolve: () => void; reject: (error: Error) => void }[] = [];
    const receipts = createReceipts({
      markRead: (id, { signal }) =>
        new Promise((resolve, reject) => {
          marked.push({ id, signal, resolve, reject });
        }),
      reactions: { set: () => undefined, takeOff: () => undefined, stop: async () => undefined },
      limitNear: () => false,
      settings: () => ({ read: true, typing: true }),
      log: silentLog,
      runTimeout,
      clock,
    });
    return { marked, receipts };
  }

  it('marks are left out while too many are, and go on when they have ended, well or not', async () => {
    const { marked, receipts } = harness();
    for (let n = 0; n < 100; n += 1) receipts.begun(message(String(n)));
    expect(marked).toHaveLength(16);
    marked[0]?.resolve();
    marked[1]?.reject(new Error('Kapso is away'));
    await soon();
    for (let n = 0; n < 100; n += 1) receipts.begun(message(`later ${n}`));
    expect(marked).toHaveLength(18);
    await receipts.stop(0);
  });

  it('a refresh is cut off by the end of the run, so that no sign comes after the answer; the read mark is not', async () => {
    const { marked, receipts } = harness();
    receipts.begun(message('a'));
    receipts.ended(message('a'), over);
    expect(marked[0]?.signal.aborted).toBe(false);
    receipts.begun(message('b'));
    marked[1]?.resolve();
    await soon();
    clock.advance(20_000);
    receipts.ended(message('b'), over);
    expect(marked[2]?.signal.aborted).toBe(true);
  });
});
