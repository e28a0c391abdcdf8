import { describe, expect, it } from 'vitest';
import { companionsStage, lane } from './companions-stage.ts';
import { entriesFor, start, text } from './wire-messages.ts';

const stage = companionsStage();
const { clock, forwarder, workOff } = stage;

describe('the age of a message', () => {
  const hour = 3_600_000;
  const setTo = (at: number) => clock.set(at - clock.now());
  const header = (at = 0) => stage.gateway.runs.at(at)?.message.split('\n')[0];

  it("is by Kapso's clock, whatever this machine's says", async () => {
    stage.kapsoNow = (start + 60) * 1000 + 6 * 24 * hour;
    await stage.store.accept(entriesFor(text('wamid.A', 0, 'hello')));
    setTo(0);
    await workOff();
    expect(header()).toMatch(/at 2026-11-18T11:06:40Z, 6 days ago, id wamid\.A$/);
    setTo(start * 1000);
  });

  it('grows from one attempt to the next, under keys of their own', async () => {
    stage.kapsoNow = start * 1000 + hour / 2;
    await stage.store.accept(entriesFor(text('wamid.A', 0, 'hello')));
    stage.gateway.script.wait.push({ kind: 'error', reason: 'model away', toolsRan: false });
    const turn = forwarder();
    await turn(lane);
    stage.kapsoNow += 3 * hour;
    await workOff(turn);
    expect([header(0), header(1)]).toEqual([
      expect.stringMatching(/11:06:40Z, id wamid\.A$/),
      expect.stringMatching(/11:06:40Z, 3 hours ago, id wamid\.A$/),
    ]);
  });

  it.each([
    ['waited here', start * 1000, 5 * hour, ', 5 hours ago'],
    ['came while the clock stood in 1970', 0, start * 1000 + 2 * hour, ', 2 hours ago'],
    ['came by a clock that is a year ahead', start * 1000 + 365 * 24 * hour, 0, ''],
  ])('is told without that clock too: a message that %s', async (_, receivedAt, later, words) => {
    const entries = entriesFor(text('wamid.A', 0, 'hello'));
    setTo(receivedAt);
    await stage.store.accept(entries);
    setTo(receivedAt + later);
    await workOff();
    expect(header()).toBe(`From: Ann (+15550107001) on WhatsApp at 2026-11-18T11:06:40Z${words}, id wamid.A`);
    setTo(start * 1000);
  });
});
