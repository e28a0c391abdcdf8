import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { ModelRun } from '../../src/simulator/transcript.ts';
import type { Program } from './program.ts';
import { bundles, createStage, type Inbound, type Kapso } from './programs.ts';
import { seededRandom } from './random.ts';

/** `CHAOS_MESSAGES=10000` makes a long run of it; the kills go on for as long as messages arrive. */
const total = Number(process.env.CHAOS_MESSAGES ?? 1000);
/** `CHAOS_SEED` repeats the choices of a run; the processes' own timing stays theirs. */
const seed = Number(process.env.CHAOS_SEED ?? randomInt(2 ** 31));
const conversations = 20;

const phoneOf = (conversation: number) => `+1555000${String(1000 + conversation)}`;
const textOf = (n: number) => `message ${n}`;
const idOf = (n: number) => `wamid.chaos${String(n).padStart(6, '0')}`;

/** Kills one of the programs every 0.2 to 2 s and starts it again at once or up to a second later. */
async function wreak(victims: readonly Program[], random: () => number, signal: AbortSignal): Promise<number> {
  const restarts = new Map<Program, Promise<void>>();
  let kills = 0;
  while (!signal.aborted) {
    await pause(200 + random() * 1800, undefined, { signal }).catch(() => undefined);
    const victim = victims[Math.floor(random() * victims.length)];
    const away = random() < 0.5 ? 0 : random() * 1000;
    if (victim === undefined) break;
    // It may still be down from the last time; otherwise it is killed wherever it is, in its start as well.
    if (restarts.has(victim)) continue;
    kills += 1;
    await victim.end('SIGKILL');
    const restart = pause(away).then(() => {
      restarts.delete(victim);
      return victim.start();
    });
    restart.catch(() => undefined);
    restarts.set(victim, restart);
  }
  await Promise.all(restarts.values());
  return kills;
}

/** Has Kapso take messages in, though it may be killed at any moment: what it did not confirm is given to it again, one by one. */
async function arrive(kapso: Kapso, messages: readonly Inbound[]): Promise<void> {
  try {
    await kapso.receive(messages);
  } catch {
    for (const message of messages) {
      for (;;) {
        const refusal = await kapso.receive([message]).then(
          () => null,
          (error: Error) => error.message,
        );
        if (refusal === null || refusal.includes('exists already')) break;
        await pause(50);
      }
    }
  }
}

/** So many messages in bursts, with up to 2 s between two; returns each one's sender. */
async function write(
  { kapso, poller, count }: { kapso: Kapso; poller: Program; count: number },
  random: () => number,
): Promise<string[]> {
  const senders: string[] = [];
  for (let n = 0; n < count; n = senders.length) {
    const burst = Math.min(count - n, 1 + Math.floor(random() * 60));
    const messages = Array.from({ length: burst }, (_, index) => {
      const from = phoneOf(Math.floor(random() * conversations));
      senders.push(from);
      return { id: idOf(n + index), from, text: textOf(n + index) };
    });
    await arrive(kapso, messages);
    if (poller.ready) poller.signal('SIGUSR2');
    await pause(random() * 2000);
  }
  return senders;
}

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
  await write({ kapso, poller, count: total }, random).finally(() => over.abort());
  const kills = await chaos;
  poller.signal('SIGUSR2');
  await stage.holds('settled', total, 60_000 + total * 50);

  expect(kills).toBeGreaterThan(total / 60);
  const programs = [poller, gateway, kapso];
  // Nobody ended but by our hand.
  for (const { endings } of programs) expect(endings.filter(({ signal }) => signal !== 'SIGKILL')).toEqual([]);
  expect(await stage.counts()).toEqual({ held: 0, pending: 0, sending: 0, settled: total, failed: 0, dropped: 0 });
  expect((await kapso.control<{ inbound: number }>('GET', 'state')).inbound).toBe(total);

  const all = Array.from({ length: total }, (_, n) => idOf(n));
  const inbox = await stage.inbox();
  expect(inbox.map(({ id }) => id).toSorted()).toEqual(all);
  expect(inbox.filter(({ outcome }) => outcome !== 'answered')).toEqual([]);

  // What the gateway resumes by itself after its own restart is the same run: it says so.
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
  // The sender that the agent is shown is the one whose session it is in.
  const wrong = runs.filter(run => !run.session.endsWith(/\((\+\d+)\)/.exec(run.text)?.[1] ?? 'nobody'));
  expect(wrong).toEqual([]);
});

it('200 messages whose answers the agent sends with the CLI survive SIGKILLs of poller and gateway: each is answered, to its sender', {
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
  const senders = await write({ kapso, poller, count }, seededRandom(seed)).finally(() => over.abort());
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
