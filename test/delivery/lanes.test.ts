import { describe, expect, it } from 'vitest';
import { createLanes, type Turn } from '../../src/delivery/lanes.ts';
import { manualClock } from '../manual-clock.ts';

/** Lanes whose turns end when the test says so. */
function harness(parallel: number) {
  const clock = manualClock(0);
  const open: { lane: string; end: (turn: Turn) => void; fail: (error: Error) => void }[] = [];
  const started: string[] = [];
  const errors: string[] = [];
  const lanes = createLanes({
    settings: () => ({ parallel }),
    clock,
    onError: (lane, error) => errors.push(`${lane}: ${(error as Error).message}`),
    turn: lane => {
      started.push(lane);
      return new Promise((end, fail) => open.push({ lane, end, fail }));
    },
  });
  const settle = async (lane: string, turn: Turn | Error) => {
    const index = open.findIndex(at => at.lane === lane);
    const [at] = open.splice(index, 1);
    if (!at) throw new Error(`no turn of ${lane} is under way`);
    if (turn instanceof Error) at.fail(turn);
    else at.end(turn);
    await new Promise(resolve => setImmediate(resolve));
  };
  return { clock, lanes, started, errors, settle, open };
}

describe('lanes', () => {
  it('work side by side up to the limit, and the next one starts when a place is free', async () => {
    const { lanes, started, settle } = harness(2);
    lanes.wake(['a', 'b', 'c']);
    expect(started).toEqual(['a', 'b']);
    await settle('a', 'empty');
    expect(started).toEqual(['a', 'b', 'c']);
  });

  it('start those first that go before all others, once, and without the rest of their rest', async () => {
    const { lanes, started, settle } = harness(1);
    lanes.wake(['a', 'b', 'c', 'd']);
    await settle('a', { until: 60_000 });
    lanes.addFirst(['x', 'd', 'a', 'b']);
    for (const lane of ['b', 'x', 'd', 'a', 'c']) await settle(lane, 'empty');
    expect(started).toEqual(['a', 'b', 'x', 'd', 'a', 'c']);
    expect(lanes.size()).toBe(0);
  });

  it('never work on the same lane twice at a time, and go on with it when it was woken meanwhile', async () => {
    const { lanes, started, settle } = harness(4);
    lanes.wake(['a']);
    lanes.wake(['a']);
    expect(started).toEqual(['a']);
    await settle('a', 'empty');
    expect(started).toEqual(['a', 'a']);
    await settle('a', 'empty');
    expect(started).toEqual(['a', 'a']);
    expect(lanes.size()).toBe(0);
  });

  it('are quiet when none is worked on, whether or not some rest until later', async () => {
    const { lanes, settle } = harness(1);
    let quiet = false;
    lanes.wake(['a', 'b']);
    const waiting = lanes.quiet().then(() => {
      quiet = true;
    });
    await settle('a', { until: 5000 });
    expect(quiet).toBe(false);
    await settle('b', 'empty');
    await waiting;
    expect(lanes.size()).toBe(1);
    await lanes.quiet();
  });

  it('take turns fairly: a busy lane goes to the end of the queue', async () => {
    const { lanes, started, settle } = harness(1);
    lanes.wake(['busy', 'quiet']);
    await settle('busy', 'more');
    await settle('quiet', 'empty');
    expect(started).toEqual(['busy', 'quiet', 'busy']);
  });

  it('end a rest early for a new entry where the turn said so, also for one that came during the turn', async () => {
    const { lanes, started, settle } = harness(1);
    lanes.wake(['a']);
    await settle('a', { until: 1000, wakes: true });
    lanes.wake(['a']);
    expect(started).toEqual(['a', 'a']);
    lanes.wake(['a']);
    await settle('a', { until: 1000, wakes: true });
    expect(started).toEqual(['a', 'a', 'a']);
    await settle('a', { until: 1000, wakes: true });
    expect(started).toHaveLength(3);
  });

  it('let a lane rest until its time without taking up a place, and waking it does not cut the rest short', async () => {
    const { clock, lanes, started, settle } = harness(1);
    lanes.wake(['tired', 'other']);
    await settle('tired', { until: 1000 });
    await settle('other', 'empty');
    lanes.wake(['tired']);
    clock.advance(999);
    expect(started).toEqual(['tired', 'other']);
    clock.advance(1);
    expect(started).toEqual(['tired', 'other', 'tired']);
  });

  it('are not quiet while one of them waits for further messages only', async () => {
    const { clock, lanes, settle } = harness(2);
    lanes.wake(['a', 'b']);
    let quiet = false;
    const quieting = lanes.quiet().then(() => {
      quiet = true;
    });
    await settle('a', { until: 1_000_000 });
    await settle('b', { until: 2000, wakes: true, gathers: true });
    expect(quiet).toBe(false);
    clock.advance(2000);
    await settle('b', 'empty');
    await quieting;
  });

  it('end every rest when all are woken', async () => {
    const { lanes, started, settle } = harness(1);
    lanes.wake(['tired']);
    await settle('tired', { until: 1_000_000 });
    lanes.wakeAll();
    expect(started).toEqual(['tired', 'tired']);
  });

  it('report a turn that throws, and try the lane again after a rest', async () => {
    const { clock, lanes, started, errors, settle } = harness(1);
    lanes.wake(['a']);
    await settle('a', new Error('disk full'));
    expect(errors).toEqual(['a: disk full']);
    clock.advance(5000);
    expect(started).toEqual(['a', 'a']);
  });

  it('rest ever longer after turns that throw one after the other, and begin anew after one that does not', async () => {
    const { clock, lanes, settle } = harness(1);
    lanes.wake(['a']);
    const rests: number[] = [];
    const fail = async () => {
      await settle('a', new Error('a defect'));
      const rest = (clock.pending()[0] ?? 0) - clock.now();
      rests.push(rest);
      clock.advance(rest);
    };
    for (let times = 0; times < 6; times += 1) await fail();
    await settle('a', 'more');
    await fail();
    expect(rests).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000, 5000]);
  });

  it('start nothing more once stopped, and have stopped when the turns under way have ended', async () => {
    const { lanes, started, settle } = harness(1);
    lanes.wake(['a', 'b']);
    let stopped = false;
    const stopping = lanes.stop().then(() => {
      stopped = true;
    });
    await new Promise(resolve => setImmediate(resolve));
    expect(stopped).toBe(false);
    await settle('a', 'more');
    await stopping;
    expect(started).toEqual(['a']);
  });
});
