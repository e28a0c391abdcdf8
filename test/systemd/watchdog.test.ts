import { expect, it } from 'vitest';
import type { Log } from '../../src/observe/log.ts';
import { createWatchdog, takeWatchdogTimeout } from '../../src/systemd/watchdog.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';

const settle = () => new Promise(resolve => setImmediate(resolve));

function watched(healthCheck: () => Promise<string | null> = async () => null) {
  const clock = manualClock(0);
  const pings: number[] = [];
  const complaints: unknown[] = [];
  const log: Log = { ...silentLog, error: fields => complaints.push((fields as { reason: unknown }).reason) };
  const ping = async () => {
    pings.push(clock.now());
  };
  const watchdog = createWatchdog({ timeout: 60_000, clock, log, ping, healthCheck });
  watchdog.start();
  return { clock, pings, complaints, watchdog };
}

/** Advances in steps of a second, as a turning loop would. */
async function turn(clock: ManualClock, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    clock.advance(1000);
    await settle();
  }
}

it('gives a sign of life at half of the time, and wakes for nothing else', async () => {
  const { clock, pings } = watched();
  await turn(clock, 100);
  expect(pings).toEqual([30_000, 60_000, 90_000]);
  expect(clock.pending()).toEqual([120_000]);
});

it('gives none while something ails, says once what, and goes on when it is over', async () => {
  let ails: string | null = 'the disk is full';
  const { clock, pings, complaints } = watched(async () => ails);
  await turn(clock, 90);
  expect(pings).toEqual([]);
  expect(complaints).toEqual(['the disk is full']);
  ails = null;
  await turn(clock, 8);
  expect(pings).toHaveLength(1);
});

it('gives none when the check fails, or does not come back', async () => {
  const failing = watched(() => Promise.reject(new Error('no space left on device')));
  const hanging = watched(() => new Promise(() => undefined));
  await turn(failing.clock, 120);
  await turn(hanging.clock, 120);
  expect({ failing: failing.pings, hanging: hanging.pings }).toEqual({ failing: [], hanging: [] });
  expect(failing.complaints).toEqual(['no space left on device']);
  expect(hanging.complaints).toEqual(['the check of the inbox does not come back']);
});

it('gives none while the loop turns too late, and one again as soon as it turns on time', async () => {
  const { clock, pings, complaints } = watched();
  // A blocked loop: the timer's turn comes long after its time.
  const { monotonic } = clock;
  clock.monotonic = () => monotonic() + 16_000;
  clock.advance(30_000);
  clock.monotonic = monotonic;
  await settle();
  expect(pings).toEqual([]);
  expect(complaints).toEqual(['the event loop was held up for 16000 ms']);
  await turn(clock, 24);
  expect(pings).toHaveLength(1);
});

it('does not take a time of day that was set, in either direction, for a loop that is late', async () => {
  const { clock, pings, complaints } = watched();
  clock.set(3_600_000);
  await turn(clock, 30);
  clock.set(-7_200_000);
  await turn(clock, 30);
  expect(pings).toHaveLength(2);
  expect(complaints).toEqual([]);
});

it('ends with the service', async () => {
  const { clock, pings, watchdog } = watched();
  watchdog.stop();
  await turn(clock, 100);
  expect({ pings, pending: clock.pending() }).toEqual({ pings: [], pending: [] });
});

it('is asked for by WATCHDOG_USEC, where that is meant for this process', () => {
  const env: NodeJS.ProcessEnv = { WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7', PATH: '/bin' };
  expect(takeWatchdogTimeout(env, 7)).toBe(60_000);
  expect(env).toEqual({ PATH: '/bin' });
  expect(takeWatchdogTimeout({ WATCHDOG_USEC: '60000000' }, 7)).toBe(60_000);
  expect(takeWatchdogTimeout({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '8' }, 7)).toBeNull();
  expect(takeWatchdogTimeout({ WATCHDOG_USEC: 'soon' }, 7)).toBeNull();
  expect(takeWatchdogTimeout({}, 7)).toBeNull();
});
