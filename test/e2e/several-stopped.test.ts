/** Two pollers on one inbox, of which one stands still, or does not reach the database, for longer than its claims last. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noPostgres, type Postgres, startPostgres } from '../postgres.ts';
import { phoneOf } from './chaos.ts';
import { createPollers, inputOf, type Member, type Pollers, startStopwatch, takeOver } from './pollers.ts';
import { createStopPoints, type StopPoint, type StopPoints } from './stop-points.ts';

const message = (conversation: number, text: string) => ({
  id: `wamid.${text.replace(' ', '')}c${conversation}`,
  from: phoneOf(conversation),
  text: `${text} of ${conversation}`,
});
const answerOf = ({ from, text }: { from: string; text: string }) => `${from} You said: ${text}`;
type Message = ReturnType<typeof message>;

/** Two pollers that have started. The first of them can be stopped at a point of its work. */
async function start(postgres: Postgres, options: { env?: Record<string, string>; gateway?: string[] } = {}) {
  let points: StopPoints | null = null;
  const pollers = await createPollers(postgres, {
    ...options,
    count: 2,
    envOf: (name, stage) => {
      if (name !== 'poller-1') return {};
      points = createStopPoints(stage.stateDir, 'stop-point');
      return points.env;
    },
  });
  const [one, other] = pollers.members as [Member, Member];
  for (const member of [one, other]) await member.start();
  /** A message that comes by webhook to one of them. */
  const arrives = async (member: Member, ...messages: Message[]) => {
    await pollers.receive(messages);
    expect(
      await pollers.deliver(
        member,
        messages.map(({ id }) => id),
      ),
    ).toBe(200);
  };
  return { ...pollers, one, other, points: points as unknown as StopPoints, arrives };
}

/** All of them are settled and answered: each has run once, and its sender got the answer once. */
async function expectAllOnce({ stage, kapso, gateway }: Pollers, messages: readonly Message[]): Promise<void> {
  await stage.holds('settled', messages.length);
  await stage.until('all answers are sent', async () => (await kapso.sent()).length >= messages.length);
  expect((await gateway.runs()).map(inputOf).toSorted()).toEqual(messages.map(({ id }) => id).toSorted());
  expect((await kapso.sent()).map(({ to, text }) => `${to} ${text}`).toSorted()).toEqual(
    messages.map(answerOf).toSorted(),
  );
}

describe.skipIf(noPostgres !== null)(noPostgres ?? 'a poller that others take for dead', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres({ durable: true });
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  it('while it is stopped, begins and sends nothing more of what it had when it goes on, and works along', async () => {
    const pollers = await start(postgres, { gateway: ['--agent-delay', '1000'] });
    const { one, other, arrives } = pollers;
    const conversations = [0, 1, 2, 3];
    const [first, second] = ['first', 'second'].map(text => conversations.map(of => message(of, text))) as Message[][];
    const messages = [...(first as Message[]), ...(second as Message[])];
    await arrives(one, ...messages);
    await pollers.gateway.reaches('accepted', 4);
    const ofOne = await one.worksOn();
    expect(ofOne.length).toBeGreaterThan(0);

    one.program.signal('SIGSTOP');
    const stopwatch = startStopwatch();
    await pollers.stage.until('the other one goes on', () =>
      other.asked('run').some(run => ofOne.includes(inputOf(run))),
    );
    const took = stopwatch.stop();
    console.log(`taken over ${Math.round(took)} ms after SIGSTOP`);
    expect(took).toBeLessThan(takeOver);
    await expectAllOnce(pollers, messages);

    const before = one.asked().length;
    const from = one.program.lines.length;
    one.program.signal('SIGCONT');
    await one.program.says('A claim was lost', from);
    const late = message(9, 'late');
    await arrives(one, late);
    await expectAllOnce(pollers, [...messages, late]);
    const since = one.asked().slice(before);
    expect(since.filter(({ kind, key }) => kind === 'run' && inputOf({ key }) !== late.id)).toEqual([]);
    expect(since.filter(({ kind }) => kind === 'message').length).toBeLessThanOrEqual(1);
  });

  /** Has the first one take a message and stop at a point; resolves when it stands still. */
  async function stopAt(point: StopPoint, pollers: Awaited<ReturnType<typeof start>>): Promise<Message> {
    const only = message(0, 'only');
    pollers.points.arm(point);
    await pollers.arrives(pollers.one, only);
    await pollers.stage.until('it is stopped', pollers.points.isStopped);
    return only;
  }

  /** Lets it go on. Resolves when it has found that it lost its claims, and has taken another message; to what it asked for. */
  async function goOn({ one, stage, arrives, kapso }: Awaited<ReturnType<typeof start>>, late: Message) {
    const before = one.asked().length;
    const from = one.program.lines.length;
    one.program.signal('SIGCONT');
    await one.program.says('A claim was lost', from);
    await arrives(one, late);
    await stage.until('that is answered', async () => (await kapso.sent()).some(({ to }) => to === late.from));
    return () => one.asked().slice(before);
  }

  const lookUp = { KAPSO_REPLY_LOOK_UP_FOR: '1', KAPSO_TIMEOUT: '1' };

  it.each(['run known', 'reply known'] as const)(
    'while it is stopped before its look at the lease (%s), lets nothing leave when it goes on',
    async point => {
      const pollers = await start(postgres, { env: lookUp });
      const only = await stopAt(point, pollers);
      await expectAllOnce(pollers, [only]);
      const late = message(1, 'late');
      const since = await goOn(pollers, late);
      await expectAllOnce(pollers, [only, late]);
      expect(since().filter(({ kind, key }) => kind === 'run' && inputOf({ key }) === only.id)).toEqual([]);
      expect(pollers.members.flatMap(({ asked }) => asked('message')).length).toBe(2);
    },
  );

  it('while it is stopped between its look at the lease and the run, has begun a run that the gateway knows', async () => {
    const pollers = await start(postgres);
    const only = await stopAt('run leaving', pollers);
    await expectAllOnce(pollers, [only]);
    const late = message(1, 'late');
    const since = await goOn(pollers, late);
    await expectAllOnce(pollers, [only, late]);
    expect(since().filter(({ kind, key }) => kind === 'run' && inputOf({ key }) === only.id)).toHaveLength(1);
  });

  it('while it is stopped between its look at the lease and a reply, has sent one that is looked for long enough', async () => {
    const pollers = await start(postgres, { env: { KAPSO_REPLY_LOOK_UP_FOR: '10', KAPSO_TIMEOUT: '5' } });
    const only = await stopAt('reply leaving', pollers);
    await pollers.stage.until('the other one looks for it', async () =>
      (await pollers.other.holds()).some(lane => lane.startsWith('outbox:')),
    );
    const late = message(1, 'late');
    await goOn(pollers, late);
    await expectAllOnce(pollers, [only, late]);
    expect(pollers.one.asked('message').length).toBeGreaterThan(0);
  });

  it('while it does not reach the database, begins and sends nothing more, and works along when it does', async () => {
    const pollers = await start(postgres, { gateway: ['--agent-delay', '1000'] });
    const { one, other, arrives } = pollers;
    const conversations = [0, 1, 2, 3];
    const messages = ['first', 'second'].flatMap(text => conversations.map(of => message(of, text)));
    await arrives(one, ...messages);
    await pollers.gateway.reaches('accepted', 4);
    const ofOne = await one.worksOn();
    expect(ofOne.length).toBeGreaterThan(0);

    const stopwatch = startStopwatch();
    one.database.partition();
    await pollers.stage.until('the other one goes on', () =>
      other.asked('run').some(run => ofOne.includes(inputOf(run))),
    );
    const took = stopwatch.stop();
    console.log(`taken over ${Math.round(took)} ms after the partition`);
    expect(took).toBeLessThan(takeOver);
    const before = one.asked().length;
    const inVain = message(8, 'vain');
    await pollers.receive([inVain]);
    expect(await pollers.deliver(one, [inVain.id])).toBe(503);
    expect(await pollers.deliver(other, [inVain.id])).toBe(200);
    await expectAllOnce(pollers, [...messages, inVain]);
    expect(one.asked().slice(before)).toEqual([]);

    const from = one.program.lines.length;
    one.database.heal();
    await one.program.says('The database of the inbox is connected', from);
    const late = message(9, 'late');
    await pollers.receive([late]);
    await pollers.stage.until('it takes webhooks again', async () => (await pollers.deliver(one, [late.id])) === 200);
    await expectAllOnce(pollers, [...messages, inVain, late]);
    // No run was asked for twice, by whomever.
    const keys = pollers.members.flatMap(({ asked }) => asked('run').map(({ key }) => key));
    expect(keys.toSorted()).toEqual([...messages, inVain, late].map(({ id }) => id).toSorted());
  });
});
