import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { conversations, idOf, inputOf, onlySettled, phoneOf, seed, textOf, total, wreak, write } from './chaos.ts';
import type { Program } from './program.ts';
import { createStage, type Kapso } from './programs.ts';
import { seededRandom } from './random.ts';
import { createSteppedClock, type SteppedClock } from './stepped-clock.ts';

const hour = 3_600_000;
const day = 24 * hour;

interface Clocks {
  kapso: SteppedClock;
  poller: SteppedClock;
}

/**
 * Every 0.2 to 1.2 s it does one of these: the list gives a wrong time, or asks for a wait of years; one side's clock
 * is set; or half an hour passes for both, as on a machine that sleeps, so that the overlap does not find lost messages
 * again. Kapso's own clock, by which it creates messages, goes forward and comes back; it goes backward no further than
 * the overlap allows. `over` resolves when everything is right again; `now` is the true time.
 */
function confuse(kapso: Kapso, clocks: Clocks, random: () => number, signal: AbortSignal) {
  const pick = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)] as T;
  const httpDate = (at: number) => new Date(at).toUTCString();
  let passed = hour / 2;
  let wrong = { kapso: 0, poller: 0 };
  const now = () => Date.now() + passed;
  const set = () => {
    clocks.kapso.set(passed + wrong.kapso);
    clocks.poller.set(passed + wrong.poller);
  };
  // Kapso may be dead in this moment.
  const fault = (body: object) =>
    kapso.control('POST', 'faults', { kind: 'list', ...body }).then(
      () => undefined,
      () => undefined,
    );
  const lie = () => pick([hour, 3 * hour, day, -hour, Date.UTC(2100, 0, 1) - now(), -now()]);
  const kinds: (() => Promise<void> | void)[] = [
    () => {
      passed += hour / 2;
    },
    () => {
      const ownErrors = [0, 0, 2 * hour, -2 * hour, -40 * day, 7300 * day, 2 * day - now()];
      wrong = { ...wrong, poller: pick(ownErrors) };
    },
    () => {
      wrong = { ...wrong, kapso: pick([0, 0, hour / 2, 0.8 * hour, -120_000]) };
    },
    () =>
      fault({
        status: pick([429, 503]),
        headers: { 'Retry-After': pick(['999999999', httpDate(Date.UTC(2100, 0, 1))]) },
      }),
    () => fault({ headers: { Date: httpDate(now() + lie()) }, count: 1 + Math.floor(random() * 3) }),
    // The same, then messages while the list cannot be had, and it is long before it can.
    async () => {
      await fault({ headers: { Date: httpDate(now() + lie()) } });
      await fault({ status: 503, count: 1000 });
      await pause(2500, undefined, { signal }).catch(() => undefined);
      passed += hour / 2;
      set();
      await kapso.control('DELETE', 'faults').catch(() => undefined);
    },
  ];
  const run = async () => {
    let count = 0;
    for (; !signal.aborted; count += 1) {
      await pause(200 + random() * 1000, undefined, { signal }).catch(() => undefined);
      await pick(kinds)();
      set();
    }
    wrong = { kapso: 0, poller: 0 };
    set();
    return count;
  };
  const pass = (ms: number) => {
    passed += ms;
    set();
  };
  return { now, pass, over: run() };
}

it(`${total} messages survive a lying list, waits of years, clocks set on both sides, and SIGKILLs: each runs once`, {
  timeout: 120_000 + total * 150,
}, async () => {
  console.log(`CHAOS_SEED=${seed}`);
  const stage = createStage();
  const clocks = {
    kapso: createSteppedClock(stage.dir, 'clock'),
    poller: createSteppedClock(stage.dir, 'poller-clock'),
  };
  Object.assign(stage.env, clocks.kapso.env);
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway(['--state', `${stage.dir}/gateway`, '--agent-delay', '30']);
  const poller = await stage.startPoller(clocks.poller.env);
  await poller.says('First start');
  // Long after the first start: what Kapso dates before it is of the past, also where its clock is set back meanwhile.
  await polls(kapso, poller);
  for (const clock of Object.values(clocks)) clock.set(hour / 2);
  await polls(kapso, poller);

  const ending = new AbortController();
  const chaos = wreak([poller, gateway, kapso], seededRandom(seed + 1), ending.signal);
  const confusion = confuse(kapso, clocks, seededRandom(seed + 2), ending.signal);
  const at = () => Math.floor(confusion.now() / 1000);
  await write({ kapso, poller, conversations, count: total, at }, seededRandom(seed)).finally(() => ending.abort());
  await chaos;
  expect(await confusion.over).toBeGreaterThan(total / 100);
  await kapso.control('DELETE', 'faults');

  // Once more without a kill, which would have the poller ask in between: the clock lies for one pass, and the next one comes late.
  const { counts } = await kapso.control<{ counts: { list?: number } }>('GET', 'requests?kind=list');
  const lie = new Date(confusion.now() + 3 * hour).toUTCString();
  await kapso.control('POST', 'faults', [
    { kind: 'list', headers: { Date: lie } },
    { kind: 'list', status: 503, count: 1000 },
  ]);
  poller.signal('SIGUSR2');
  await kapso.reaches('list', (counts.list ?? 0) + 1);
  const late = Array.from({ length: 20 }, (_, n) => ({
    id: idOf(total + n),
    from: phoneOf(n),
    text: textOf(total + n),
  }));
  await kapso.receive(late);
  confusion.pass(hour);
  await kapso.control('DELETE', 'faults');
  poller.signal('SIGUSR2');

  const expected = total + late.length;
  await stage.holds('settled', expected, 60_000 + total * 50);
  expect(await stage.counts()).toEqual(onlySettled(expected));
  const all = Array.from({ length: expected }, (_, n) => idOf(n));
  const runs = (await gateway.runs()).filter(({ recovery }) => !recovery);
  expect(runs.map(inputOf).toSorted()).toEqual(all);
});

/** Resolves when a pass that began from now on has ended. */
async function polls(kapso: Kapso, poller: Program): Promise<void> {
  const { counts } = await kapso.control<{ counts: { list?: number } }>('GET', 'requests?kind=list');
  for (const more of [1, 2]) {
    poller.signal('SIGUSR2');
    await kapso.reaches('list', (counts.list ?? 0) + more);
  }
}
