import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReceipts } from '../../src/delivery/receipts.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { createKapsoClient } from '../../src/kapso/client.ts';
import { createNodeTransport } from '../../src/kapso/http/transport-node.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';
import { kapsoClient } from '../simulator/kapso-client.ts';

const runTimeout = 600_000;
const message = (id: string) => ({ id }) as InboundMessage;
const soon = () => new Promise(resolve => setImmediate(resolve));

let clock: ManualClock;
beforeEach(() => {
  clock = manualClock(Date.parse('2026-11-22T12:00:00.000Z'));
});

describe('at Kapso', () => {
  let kapso: KapsoSimulator;
  let control: ReturnType<typeof kapsoClient>;
  let transport: ReturnType<typeof createNodeTransport>;
  let settings: { read: boolean; typing: boolean };
  let asked: Promise<void>[];
  let id: string;
  let seen: number;

  beforeEach(async () => {
    kapso = await startKapsoSimulator({ clock });
    control = kapsoClient(kapso);
    transport = createNodeTransport({ keepAlive: true });
    settings = { read: true, typing: true };
    asked = [];
    seen = 0;
    [id = ''] = await control.inbound({ text: 'hello' });
  });
  afterEach(async () => {
    transport.close();
    await kapso.close();
  });

  function createAll() {
    const { apiKey, phoneNumberId, url: baseUrl } = kapso;
    const client = createKapsoClient({ apiKey, phoneNumberId, baseUrl, apiVersion: 'v24.0', transport, clock });
    const receipts = createReceipts({
      limitNear: client.limitNear,
      markRead: (...mark) => {
        const answer = client.markRead(...mark);
        asked.push(answer);
        return answer;
      },
      settings: () => settings,
      log: silentLog,
      runTimeout,
      clock,
    });
    return { client, receipts };
  }

  /** Advances the clock by seconds, and waits for the answers. */
  async function pass(seconds: number): Promise<void> {
    clock.advance(seconds * 1000);
    await Promise.allSettled(asked);
    await soon();
  }
  /** The marks since the last call: whether each showed the typing sign. */
  async function marks(): Promise<boolean[]> {
    await Promise.allSettled(asked);
    await soon();
    const all = (await control.sim('GET', 'read')).body.read;
    const fresh = all.slice(seen).map((mark: { typing: boolean }) => mark.typing);
    seen = all.length;
    return fresh;
  }

  it('the typing sign never fades while the run works, and no timer is left when it has ended', async () => {
    const { receipts } = createAll();
    receipts.begun(message(id));
    expect(await marks()).toEqual([true]);
    for (let period = 0; period < 10; period += 1) {
      await pass(24);
      expect((await marks()).length).toBeGreaterThan(0);
    }
    receipts.ended(message(id), true);
    expect(clock.pending()).toEqual([]);
    await pass(120);
    expect(await marks()).toEqual([]);
  });

  it('the sign ends with the time of a run, if nobody says that the run has', async () => {
    const { receipts } = createAll();
    receipts.begun(message(id));
    expect(await marks()).toEqual([true]);
    for (let passed = 0; passed < runTimeout / 1000; passed += 20) await pass(20);
    expect(await marks()).toHaveLength(runTimeout / 20_000 - 1);
    expect(clock.pending()).toEqual([]);
  });

  it('a run that goes on between two turns keeps its sign as long as it is looked for', async () => {
    const { receipts } = createAll();
    receipts.begun(message(id));
    receipts.ended(message(id), false);
    for (let look = 0; look < 6; look += 1) {
      await pass(10);
      receipts.begun(message(id));
      receipts.ended(message(id), false);
    }
    expect(await marks()).toHaveLength(4);
    await pass(60);
    expect(await marks()).toEqual([]);
    expect(clock.pending()).toEqual([]);
  });

  it('a stop leaves no timer', async () => {
    const { receipts } = createAll();
    receipts.begun(message(id));
    await marks();
    receipts.stop();
    expect(clock.pending()).toEqual([]);
  });

  it('a sign that is switched off is refreshed no more, and one that is switched on again is', async () => {
    const { receipts } = createAll();
    receipts.begun(message(id));
    expect(await marks()).toEqual([true]);
    settings.typing = false;
    await pass(60);
    expect(await marks()).toEqual([]);
    settings.typing = true;
    await pass(20);
    expect(await marks()).toEqual([true]);
    receipts.stop();
  });

  it('marks once, without the sign, where typing is off, and nothing where read receipts are off', async () => {
    const { receipts } = createAll();
    settings.typing = false;
    receipts.begun(message(id));
    await pass(60);
    expect(await marks()).toEqual([false]);
    receipts.stop();
    settings = { read: false, typing: true };
    receipts.begun(message(id));
    await pass(60);
    expect(await marks()).toEqual([]);
    receipts.stop();
  });

  it('near the limit nothing is shown until the window is over, and messages still go out', async () => {
    await control.sim('POST', 'config', { rateLimit: 100 });
    const { receipts, client } = createAll();
    receipts.begun(message(id));
    expect(await marks()).toEqual([true]);
    // The command line and others use the same key.
    for (let other = 0; other < 80; other += 1) await control.list();
    await client.listMessages({ since: clock.now(), direction: 'inbound' });
    await pass(40);
    expect(await marks()).toEqual([]);
    await client.sendText({ to: '+15551234567', text: 'hi' });
    expect(kapso.sent()).toHaveLength(1);
    await pass(20);
    await client.listMessages({ since: clock.now(), direction: 'inbound' });
    await pass(20);
    expect(await marks()).toEqual([true]);
    receipts.stop();
  });

  it('a refusal that lasts is not asked for again, and any other is', async () => {
    for (const [status, again] of [
      [403, false],
      [500, true],
    ] as const) {
      await control.sim('POST', 'faults', { kind: 'read', status });
      const { receipts } = createAll();
      receipts.begun(message(id));
      await marks();
      await pass(60);
      expect((await marks()).length > 0).toBe(again);
      receipts.stop();
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
    receipts.stop();
  });

  it('a refresh is cut off by the end of the run, so that no sign comes after the answer; the read mark is not', async () => {
    const { marked, receipts } = harness();
    receipts.begun(message('a'));
    receipts.ended(message('a'), true);
    expect(marked[0]?.signal.aborted).toBe(false);
    receipts.begun(message('b'));
    marked[1]?.resolve();
    await soon();
    clock.advance(20_000);
    receipts.ended(message('b'), true);
    expect(marked[2]?.signal.aborted).toBe(true);
  });
});
