/** Polling where several processes share the store: one of them has the role. */
import { describe, expect, it } from 'vitest';
import { type Hold, ownHold } from '../../../src/instances/hold.ts';
import { minute, pollStage } from './poll-stage.ts';

const at = pollStage();
const { control, deliver, pass, receive, restart, status } = at;

describe('the role of polling, where several processes share the store', () => {
  /** What the poller is told, and how often it has given the role up. */
  function createRole() {
    const listeners: (() => void)[] = [];
    const given: string[] = [];
    const change = (hold: Hold | null) => {
      role.hold = hold;
      for (const listener of listeners) listener();
    };
    const role = {
      hold: ownHold(new AbortController().signal) as Hold | null,
      onChange: (listener: () => void) => void listeners.push(listener),
      giveUp: (reason: string) => {
        given.push(reason);
        change(null);
      },
    };
    return { role, given, take: () => change(ownHold(new AbortController().signal)) };
  }

  it('is given up after three requests in a row that failed, and polling begins anew when it is had again', async () => {
    const { role, given, take } = createRole();
    await restart({ role });
    await control('faults', { kind: 'list', status: 500, count: 3 });
    const running = at.poller.run();
    for (let failure = 0; failure < 2; failure += 1) {
      const { nextAt } = await status(({ nextAt }) => nextAt !== null);
      expect(given).toEqual([]);
      at.statuses = [];
      pass((nextAt ?? 0) - at.clock.now());
    }
    await status(({ lastError }) => lastError?.includes('500') === true);
    await expect.poll(() => given).toEqual([expect.stringMatching(/^polling failed: .*500/)]);
    await receive({ text: 'meanwhile' });
    // Nothing is asked for until then.
    pass(10 * minute);
    at.statuses = [];
    take();
    await status(({ lastSuccess }) => lastSuccess === at.clock.now());
    expect(await deliver()).toEqual(['meanwhile']);
    at.poller.stop();
    await running;
  });

  it('is given up at once when the key is refused, and never for a limit of requests that all have', async () => {
    const { role, given } = createRole();
    await restart({ role });
    await control('faults', [
      ...Array.from({ length: 4 }, () => ({ kind: 'list', status: 429, headers: { 'Retry-After': '7' }, count: 1 })),
      { kind: 'list', status: 401, body: { error: 'Invalid or missing API key' }, count: 1 },
    ]);
    const running = at.poller.run();
    for (let failure = 0; failure < 4; failure += 1) {
      await status(({ nextAt }) => nextAt !== null);
      expect(given).toEqual([]);
      at.statuses = [];
      pass(7000);
    }
    await expect.poll(() => given).toEqual([expect.stringMatching(/^polling failed: .*401/)]);
    at.poller.stop();
    await running;
  });
});
