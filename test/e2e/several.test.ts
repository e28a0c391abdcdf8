/** Two pollers on one inbox: what they share, and what each does when the other one dies. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lease } from '../../src/instances/leases.ts';
import { noPostgres, type Postgres, startPostgres } from '../postgres.ts';
import { phoneOf } from './chaos.ts';
import { createPollers, inputOf, type Member, type Pollers, startStopwatch, takeOver } from './pollers.ts';
import type { Inbound } from './programs.ts';

const idOf = (conversation: number, n: number) => `wamid.c${conversation}n${n}`;

/** So many messages in each of so many conversations. */
function messagesOf(conversations: number, each: number, first = 0): (Inbound & { id: string })[] {
  return Array.from({ length: conversations * each }, (_, index) => {
    const [conversation, n] = [index % conversations, first + Math.floor(index / conversations)];
    const id = idOf(conversation, n);
    return { id, from: phoneOf(conversation), text: `text of ${id}` };
  });
}

const idsOf = (messages: readonly { id: string }[]) => messages.map(({ id }) => id);

/** Two pollers that have started, the first of them first, so that it has the roles. */
async function start(postgres: Postgres, options: Omit<Parameters<typeof createPollers>[1], 'count'> = {}) {
  const pollers = await createPollers(postgres, { ...options, count: 2 });
  const [one, other] = pollers.members as [Member, Member];
  await one.start();
  await pollers.kapso.reaches('list', 1);
  await other.start();
  return { ...pollers, one, other };
}

/** Each message has run once, has been answered once, to its sender, and in order. */
async function expectAllOnce({ stage, kapso, gateway }: Pollers, messages: readonly (Inbound & { id: string })[]) {
  await stage.holds('settled', messages.length);
  await stage.until('all answers are sent', async () => (await kapso.sent()).length >= messages.length);
  const runs = await gateway.runs();
  expect(runs.map(inputOf).toSorted()).toEqual(idsOf(messages).toSorted());
  const sent = Map.groupBy(await kapso.sent(), ({ to }) => to);
  const asked = Map.groupBy(messages, ({ from }) => from ?? '');
  expect(Object.fromEntries([...sent].map(([to, all]) => [to, all.map(({ text }) => text)]))).toEqual(
    Object.fromEntries([...asked].map(([from, all]) => [from, all.map(({ text }) => `You said: ${text}`)])),
  );
}

describe.skipIf(noPostgres !== null)(noPostgres ?? 'two pollers on one inbox', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres({ durable: true });
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  it('share the work of many conversations', async () => {
    const pollers = await start(postgres, {
      gateway: ['--agent-delay', '300'],
      env: { KAPSO_DELIVERY_PARALLEL: '2' },
    });
    const messages = messagesOf(30, 2);
    await pollers.receive(messages);
    expect(await pollers.deliver(pollers.one, idsOf(messages))).toBe(200);
    await expectAllOnce(pollers, messages);
    for (const { asked } of pollers.members) expect(asked('run').length).toBeGreaterThan(messages.length / 4);
  });

  it('take webhooks into one inbox: each message runs once, however many of them got it', async () => {
    const pollers = await start(postgres);
    const messages = messagesOf(8, 5);
    await pollers.receive(messages);
    const conversations = Map.groupBy(messages, ({ from }) => from);
    // In a conversation one comes after the other.
    await Promise.all(
      [...conversations.values()].map(async ofOne => {
        for (const { id } of ofOne) {
          const both = [pollers.one, pollers.other, pollers.one, pollers.other];
          expect(await Promise.all(both.map(member => pollers.deliver(member, [id])))).toEqual([200, 200, 200, 200]);
        }
      }),
    );
    await expectAllOnce(pollers, messages);
  });

  it('poll by one of them; when it is killed the other one polls, and goes on with its conversations', async () => {
    const pollers = await start(postgres, { gateway: ['--agent-delay', '1000'] });
    const { one, other } = pollers;
    const polls = (member: Member, count: number) =>
      pollers.stage.until(`${member.name} has polled`, () => {
        member.program.signal('SIGUSR2');
        return member.asked('poll').length >= count;
      });
    await polls(one, 3);
    other.program.signal('SIGUSR2');
    const messages = messagesOf(4, 3);
    await pollers.receive(messages);
    expect(await pollers.deliver(one, idsOf(messages))).toBe(200);
    await pollers.gateway.reaches('accepted', 4);
    expect(other.asked('poll')).toEqual([]);
    const ofOne = await one.worksOn();
    expect(ofOne.length).toBeGreaterThan(0);

    const stopwatch = startStopwatch();
    await one.program.end('SIGKILL');
    const late = messagesOf(4, 1, 3);
    await pollers.receive(late);
    await polls(other, 1);
    await pollers.stage.until('the other one goes on', () =>
      other.asked('run').some(run => ofOne.includes(inputOf(run))),
    );
    const took = stopwatch.stop();
    console.log(`taken over ${Math.round(took)} ms after SIGKILL`);
    expect(took).toBeLessThan(takeOver);
    await expectAllOnce(pollers, [...messages, ...late]);
  });

  it('go on at once with what one of them had that was killed and starts again', async () => {
    const pollers = await createPollers(postgres, { count: 1, gateway: ['--agent-delay', '1000'] });
    const [only] = pollers.members as [Member];
    await only.start();
    const messages = messagesOf(4, 2);
    await pollers.receive(messages);
    expect(await pollers.deliver(only, idsOf(messages))).toBe(200);
    await pollers.gateway.reaches('accepted', 4);
    expect(await only.worksOn()).toHaveLength(messages.length);
    const polled = only.asked('poll').length;

    const stopwatch = startStopwatch();
    await only.program.end('SIGKILL');
    await only.start();
    await only.program.says('The poller that worked here before has ended');
    await expectAllOnce(pollers, messages);
    await pollers.stage.until('it has polled again', () => only.asked('poll').length > polled);
    const took = stopwatch.stop();
    console.log(`all of it done ${Math.round(took)} ms after SIGKILL`);
    // Who waits for the claims to end has nothing before that.
    expect(took).toBeLessThan(lease);
  });

  it('hand over at once when one of them is told to end', async () => {
    const pollers = await start(postgres, { gateway: ['--agent-delay', '500'] });
    const { one, other } = pollers;
    const messages = messagesOf(6, 6);
    await pollers.receive(messages);
    expect(await pollers.deliver(one, idsOf(messages))).toBe(200);
    await pollers.gateway.reaches('runs', 2);
    const ofOne = await one.worksOn();
    expect(ofOne.length).toBeGreaterThan(0);

    const stopwatch = startStopwatch();
    expect(await one.program.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await pollers.stage.until('the other one has the roles and goes on', async () => {
      const holds = await other.holds();
      const goesOn = other.asked('run').some(run => ofOne.includes(inputOf(run)));
      return goesOn && holds.some(lane => lane.startsWith('role:polling'));
    });
    const took = stopwatch.stop();
    console.log(`handed over ${Math.round(took)} ms after SIGTERM`);
    expect(took).toBeLessThan(takeOver / 3);
    await expectAllOnce(pollers, messages);
  });

  it('go on when their connections to the database are reset, again and again', async () => {
    const pollers = await start(postgres, { gateway: ['--agent-delay', '50'] });
    const messages = messagesOf(10, 8);
    await pollers.receive(messages);
    await deliverAll(pollers, messages, 4, async n => {
      const { database } = pollers.members[n % 2] as Member;
      database.reset();
      await pollers.gateway.reaches('runs', Math.min(n, 10));
      database.reset();
    });
    await expectAllOnce(pollers, messages);
  });

  it.each(['fast', 'immediate'] as const)('go on when the database is restarted (%s)', async how => {
    const pollers = await start(postgres, { gateway: ['--agent-delay', '50'] });
    const messages = messagesOf(10, 6);
    await pollers.receive(messages);
    await deliverAll(pollers, messages, 20, async n => {
      if (n !== 1) return;
      await pollers.gateway.reaches('started', 5);
      await postgres.stop(how);
      await Promise.all(pollers.members.map(({ program }) => program.says('The database of the inbox cannot be used')));
      expect(await pollers.deliver(pollers.one, ['wamid.c0n0'])).toBe(503);
      await postgres.start();
    });
    await expectAllOnce(pollers, messages);
  });
});

/** Delivers to both in turn, some at a time and in order, again until it is answered 200. Between two, something happens. */
async function deliverAll(
  pollers: Pollers,
  messages: readonly { id: string }[],
  size: number,
  between: (n: number) => Promise<void>,
): Promise<void> {
  for (let n = 0; n * size < messages.length; n += 1) {
    const ids = idsOf(messages.slice(n * size, (n + 1) * size));
    const member = pollers.members[n % pollers.members.length] as Member;
    await pollers.stage.until(`${member.name} takes them`, async () => (await pollers.deliver(member, ids)) === 200);
    await between(n);
  }
}
