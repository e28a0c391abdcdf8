import { expect, it } from 'vitest';
import { conversations, idOf, inputOf, onlySettled, seed, textOf, total, wreak, write } from './chaos.ts';
import { bundles, createStage } from './programs.ts';
import { seededRandom } from './random.ts';

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
