import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Turn } from '../../src/delivery/lanes.ts';
import { createWorker, type Worker } from '../../src/delivery/worker.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';

let dir: string;
let clock: ManualClock;
let store: Store;
let interruption: AbortController;
/** Whether turns could end, as an agent that can be reached lets them. */
let canEnd: boolean;
/** The turns that were begun, in order, and those that the test has to end. */
let begun: string[];
let open: Map<string, (turn: Turn) => void>;
let worker: Worker;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-worker-'));
  clock = manualClock(Date.UTC(2026, 10, 28));
  store = await openStore({ dir, clock });
  interruption = new AbortController();
  canEnd = true;
  begun = [];
  open = new Map();
  worker = createWorker({
    queue: store,
    turn: lane => {
      begun.push(lane);
      if (interruption.signal.aborted) return Promise.resolve('empty');
      return new Promise(resolve => {
        open.set(lane, resolve);
        interruption.signal.addEventListener('abort', () => resolve('empty'));
      });
    },
    interruption,
    canEnd: () => canEnd,
    settings: () => ({ parallel: 4 }),
    onError: (_, error) => {
      throw error;
    },
    clock,
  });
});

afterEach(async () => {
  worker.interrupt(new Error('the test is over'));
  await worker.stop(0);
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const turnOfTheLoop = () => new Promise(resolve => setImmediate(resolve));

async function arrive(id: string, lane: string): Promise<void> {
  const { lanes } = await store.accept([{ id, account: '106540352242922', lane, occurredAt: clock.now(), body: '{}' }]);
  worker.wake(lanes);
}

async function end(lane: string, turn: Turn): Promise<void> {
  open.get(lane)?.(turn);
  open.delete(lane);
  await turnOfTheLoop();
}

describe('before it is started', () => {
  it('nothing is worked on, by whomever the lanes are woken', async () => {
    await arrive('1', 'a');
    worker.wake(['b']);
    worker.wakeAll();
    await worker.refresh();
    expect(begun).toEqual([]);
    expect(worker.busy()).toBe(true);
  });

  it('what came is not forgotten: the start takes it up', async () => {
    await arrive('1', 'a');
    await worker.start();
    expect(begun).toEqual(['a']);
  });
});

describe('once started', () => {
  it('it takes up what comes, and is busy as long as any of it is worked on or rests', async () => {
    await worker.start();
    expect(worker.busy()).toBe(false);
    await arrive('1', 'a');
    expect(begun).toEqual(['a']);
    await end('a', { until: clock.now() + 1000 });
    expect(worker.busy()).toBe(true);
    clock.advance(1000);
    await end('a', 'empty');
    expect(worker.busy()).toBe(false);
  });

  it('what is woken while the start reads the queue is taken up too', async () => {
    const started = worker.start();
    worker.wake(['b']);
    await started;
    expect(begun).toEqual(['b']);
  });

  it('starting it again begins nothing a second time', async () => {
    await arrive('1', 'a');
    await worker.start();
    await end('a', 'empty');
    await worker.start();
    expect(begun).toEqual(['a']);
  });

  it('it finds what came into the queue unsaid', async () => {
    await worker.start();
    await store.accept([{ id: '1', account: '106540352242922', lane: 'a', occurredAt: clock.now(), body: '{}' }]);
    expect(begun).toEqual([]);
    await worker.refresh();
    expect(begun).toEqual(['a']);
  });
});

describe('stopping', () => {
  it('waits for the turns under way, and begins no other', async () => {
    await worker.start();
    await arrive('1', 'a');
    let stopped = false;
    const stopping = Promise.resolve(worker.stop(5000)).then(() => {
      stopped = true;
    });
    await arrive('2', 'b');
    clock.advance(4999);
    await turnOfTheLoop();
    expect(stopped).toBe(false);
    await end('a', 'more');
    await stopping;
    expect(begun).toEqual(['a']);
    expect(interruption.signal.aborted).toBe(false);
    expect(clock.pending()).toEqual([]);
  });

  it('interrupts them when their time is over', async () => {
    await worker.start();
    await arrive('1', 'a');
    const stopping = worker.stop(5000);
    clock.advance(5000);
    await stopping;
    expect(interruption.signal.reason).toEqual(new Error('the poller is stopping'));
  });

  it('does not wait for turns that cannot end', async () => {
    canEnd = false;
    await worker.start();
    await arrive('1', 'a');
    await worker.stop(5000);
    expect(clock.pending()).toEqual([]);
  });

  it('is over at once where it was never started', async () => {
    await arrive('1', 'a');
    await worker.stop(5000);
    expect(begun).toEqual([]);
  });
});

it('an interruption ends the turns under way and all that would come', async () => {
  await worker.start();
  await arrive('1', 'a');
  worker.interrupt(new Error('the agent cannot be reached'));
  await arrive('2', 'b');
  await worker.quiet();
  expect(begun).toEqual(['a', 'b']);
  expect(worker.busy()).toBe(false);
});

describe('finishing', () => {
  it('works on what is ready or comes of it, and lets what rests wait for the next start', async () => {
    await worker.start();
    await arrive('1', 'a');
    await arrive('2', 'b');
    await end('b', { until: clock.now() + 1000 });
    const finished = worker.finish(5000);
    await end('a', 'more');
    expect(begun).toEqual(['a', 'b', 'a']);
    await end('a', 'empty');
    await finished;
    clock.advance(1000);
    expect(begun).toEqual(['a', 'b', 'a']);
  });

  it('ends when its time is over', async () => {
    await worker.start();
    await arrive('1', 'a');
    const finished = worker.finish(5000);
    clock.advance(5000);
    await turnOfTheLoop();
    clock.advance(1);
    await finished;
    expect(interruption.signal.aborted).toBe(true);
  });
});
