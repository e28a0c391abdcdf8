import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { ModelRun } from '../../src/simulator/transcript.ts';
import { entryStates } from '../../src/store/new-entry.ts';
import { idOf, phoneOf, textOf, wreak, write } from './chaos.ts';
import { bundles, createStage, type Kapso } from './programs.ts';
import { seededRandom } from './random.ts';
import { createSteppedClock, type SteppedClock } from './stepped-clock.ts';

/** `CHAOS_MESSAGES=10000` makes a long run of it; the kills go on for as long as messages arrive. */
const total = Number(process.env.CHAOS_MESSAGES ?? 1000);
/** `CHAOS_SEED` repeats the choices of a run; the processes' own timing stays theirs. */
const seed = Number(process.env.CHAOS_SEED ?? randomInt(2 ** 31));
const conversations = 20;

/** What the inbox counts when everything is settled. */
const onlySettled = (settled: number) =>
  Object.fromEntries(entryStates.map(state => [state, state === 'settled' ? settled : 0]));

const inputOf = ({ key }: ModelRun) => key.replace(/:\d+$/, '');

it(`${total} messages survive SIGKILLs of poller, gateway and Kapso: each runs once, in order`, {
  timeout: 120_000 + total * 150,
}, async () => {
  console.log(`CHAOS_SEED=${seed}`);
  const random = seededRandom(seed);
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway([
    '--state',
    `${stage.dir}/gateway`,
    '--agent-delay',
    '30',
    '--start-delay',
    '5',
  ]);
  const poller = await stage.startPoller();
  await kapso.reaches('list', 1);

  const over = new AbortController();
  const chaos = wreak([poller, gateway, kapso], seededRandom(seed + 1), over.signal);
  await write({ kapso, poller, conversations, count: total }, random).finally(() => over.abort());
  const kills = await chaos;
  poller.signal('SIGUSR2');
  await stage.holds('settled', total, 60_000 + total * 50);

  expect(kills).toBeGreaterThan(total / 60);
  const programs = [poller, gateway, kapso];
  // Only the test ended processes.
  for (const { endings } of programs) expect(endings.filter(({ signal }) => signal !== 'SIGKILL')).toEqual([]);
  expect(await stage.counts()).toEqual(onlySettled(total));
  expect((await kapso.control<{ inbound: number }>('GET', 'state')).inbound).toBe(total);

  const all = Array.from({ length: total }, (_, n) => idOf(n));
  const inbox = await stage.inbox();
  expect(inbox.map(({ id }) => id).toSorted()).toEqual(all);
  // Its replies may be on their way yet: what becomes of them is another test.
  expect(inbox.filter(({ outcome }) => outcome !== 'answered' && outcome !== 'answering')).toEqual([]);

  // When the gateway resumes a run after its own restart, it is the same run, and the gateway says so.
  const runs = await gateway.runs();
  const begun = runs.filter(({ recovery }) => !recovery);
  expect(begun.map(inputOf).toSorted()).toEqual(all);
  expect(
    runs
      .filter(({ status }) => status === 'ok')
      .map(inputOf)
      .toSorted(),
  ).toEqual(all);

  const bySession = Map.groupBy(begun, ({ session }) => session);
  expect(bySession.size).toBe(conversations);
  for (const [session, inSession] of bySession) {
    const order = inSession.map(inputOf);
    expect(order, session).toEqual(order.toSorted());
  }
  // The sender that the agent sees is the one of its session.
  const wrong = runs.filter(run => !run.session.endsWith(/\((\+\d+)\)/.exec(run.text)?.[1] ?? 'nobody'));
  expect(wrong).toEqual([]);
});

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
  let passed = 0;
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
  await kapso.reaches('list', 1);

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

it('200 messages, answered with the CLI, survive SIGKILLs of poller and gateway: each is answered, to its sender', {
  timeout: 180_000,
}, async () => {
  const count = 200;
  console.log(`CHAOS_SEED=${seed}`);
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway(['--state', `${stage.dir}/gateway`, '--reply', 'cli', '--cli', bundles.cli]);
  const poller = await stage.startPoller();

  const over = new AbortController();
  const chaos = wreak([poller, gateway], seededRandom(seed + 1), over.signal);
  const senders = await write({ kapso, poller, conversations, count }, seededRandom(seed)).finally(() => over.abort());
  await chaos;
  poller.signal('SIGUSR2');
  await stage.holds('settled', count, 120_000);

  const times = Map.groupBy(await gateway.runs(), inputOf);
  const answers = Map.groupBy(await kapso.sent(), ({ text }) => text);
  expect(answers.size).toBe(count);
  for (const [n, sender] of senders.entries()) {
    const sent = answers.get(`You said: ${textOf(n)}`) ?? [];
    expect(new Set(sent.map(({ to }) => to)), textOf(n)).toEqual(new Set([sender]));
    // An agent that was cut off after it had answered, and before that was in its record, answers again.
    expect(sent.length, textOf(n)).toBeLessThanOrEqual(times.get(idOf(n))?.length ?? 0);
  }
});
