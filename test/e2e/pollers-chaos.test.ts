import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createSlots } from '../../src/slots.ts';
import { entryStates } from '../../src/store/new-entry.ts';
import { noPostgres, type Postgres, startPostgres } from '../postgres.ts';
import { idOf, phoneOf } from './chaos.ts';
import { converse, type Message, watchInbox } from './conversations.ts';
import { kapsoFaults, late } from './kapso-faults.ts';
import { createPollers, inputOf, type Pollers } from './pollers.ts';
import { type Faults, wreakOnPollers } from './pollers-faults.ts';
import { seededRandom } from './random.ts';
import { keepTakeOvers, takeOvers } from './take-overs.ts';

/** `POLLERS_MESSAGES=10000 POLLERS_CONTACTS=500` makes a long run of it, of six to ten minutes. */
const total = Number(process.env.POLLERS_MESSAGES ?? 300);
const conversations = Number(process.env.POLLERS_CONTACTS ?? 50);
/**
 * Milliseconds within which another poller goes on. The promise is `POLLERS_TAKE_OVER=15000`, on a quiet machine: beside other
 * tests the start of a poller alone may take as long.
 */
const takenOverWithin = Number(process.env.POLLERS_TAKE_OVER ?? 45_000);
/** `CHAOS_SEED` repeats the choices of a run; the processes' own timing stays theirs. */
const seed = Number(process.env.CHAOS_SEED ?? randomInt(2 ** 31));

/** Gives Kapso's next send, or its next list, a fault every 0.2 to 2 s. */
async function spoil({ kapso }: Pollers, random: () => number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const fault = kapsoFaults[Math.floor(random() * kapsoFaults.length)];
    await kapso.control('POST', 'faults', { kind: random() < 0.8 ? 'send' : 'list', ...fault });
    await pause(200 + random() * 1800, undefined, { signal }).catch(() => undefined);
  }
}

/** Every tenth answer needs three parts. All words differ, so that a part that is missing or out of place shows. */
function textOf(n: number): string {
  const words = n % 10 === 0 ? Array.from({ length: 1500 }, (_, word) => `${n}x${word}`) : [];
  return [`message ${n}`, ...words, 'end'].join(' ');
}

/** Keeps lines in a file of the directory POLLERS_LOGS, where that is set. */
function keep(name: string, lines: readonly unknown[]): void {
  const directory = process.env.POLLERS_LOGS;
  if (directory === undefined) return;
  const texts = lines.map(line => (typeof line === 'string' ? line : JSON.stringify(line)));
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), texts.join('\n'));
}

/** Keeps what all programs have said, asked and sent. */
async function keepLogs({ stage, kapso, members, gateway }: Pollers): Promise<void> {
  for (const { name, program, asked } of members) {
    keep(name, program.lines);
    keep(`${name}-asked`, asked());
  }
  keep('gateway', gateway.lines);
  keep('runs', await gateway.runs());
  keep('sent', await kapso.sent());
  keep('inbox', await stage.inbox());
}

/** So many messages, each from anybody. */
function createMessages(random: () => number): Message[] {
  return Array.from({ length: total }, (_, n) => ({
    id: idOf(n),
    from: phoneOf(Math.floor(random() * conversations)),
    text: textOf(n),
  }));
}

/** Writes all messages while faults happen. Resolves with those when all is settled and answered, and everything works again. */
async function writeAmongFaults(pollers: Pollers, postgres: Postgres, messages: readonly Message[]): Promise<Faults> {
  const { stage, kapso, members, query } = pollers;
  const [over, watched] = [new AbortController(), new AbortController()];
  const faults = wreakOnPollers({ pollers, postgres, random: seededRandom(seed + 1), signal: over.signal });
  const spoiling = spoil(pollers, seededRandom(seed + 2), over.signal);
  const inbox = watchInbox(pollers, watched.signal);
  const inSlot = createSlots(() => 32);
  const polling = setInterval(() => {
    for (const { program } of members) if (program.ready) program.signal('SIGUSR2');
  }, 1000);
  onTestFinished(() => clearInterval(polling));
  const conversing = [...Map.groupBy(messages, ({ from }) => from).values()].map((ofOne, index) =>
    converse(pollers, ofOne, { random: seededRandom(seed + 3 + index), has: inbox.has, inSlot }),
  );
  const written = Promise.all(conversing);
  // They end when all is written, or when something cannot be put right.
  await Promise.race([written, faults.then(() => written)]).finally(() => over.abort());
  const wreaked = await faults;
  await spoiling;
  await kapso.control('DELETE', 'faults');
  const limit = 120_000 + total * 100;
  await stage.holds('settled', total, limit);
  const waiting = () => query("SELECT 1 FROM kapso_whatsapp.outbox WHERE state IN ('pending', 'sending')");
  await stage.until('nothing waits in the outbox', async () => (await waiting()).length === 0, limit);
  watched.abort();
  await inbox.over;
  return wreaked;
}

/** Nothing is lost or given up; each message has one run, in order, in the session of its sender. */
async function expectRunOnce({ stage, gateway }: Pollers, messages: readonly Message[]): Promise<void> {
  const onlySettled = Object.fromEntries(entryStates.map(state => [state, state === 'settled' ? total : 0]));
  expect(await stage.counts()).toEqual(onlySettled);
  const all = messages.map(({ id }) => id);
  const entries = await stage.inbox();
  expect(entries.map(({ id }) => id).toSorted()).toEqual(all);
  expect(entries.filter(({ outcome }) => outcome !== 'answered').map(({ id }) => id)).toEqual([]);

  const runs = await gateway.runs();
  // When the gateway resumes a run after its own restart, it is the same run, and the gateway says so.
  const begun = runs.filter(({ recovery }) => !recovery);
  expect(begun.map(inputOf).toSorted()).toEqual(all);
  for (const [session, inSession] of Map.groupBy(begun, one => one.session)) {
    const order = inSession.map(inputOf);
    expect(order, session).toEqual(order.toSorted());
  }
  // The sender that the agent sees is the one of its session.
  const wrong = runs.filter(run => !run.session.endsWith(/\((\+\d+)\)/.exec(run.text)?.[1] ?? 'nobody'));
  expect(wrong).toEqual([]);
}

/** Each sender has got the answers to all of its messages, each once, whole, in order, and nothing else. */
async function expectAnsweredOnce({ kapso }: Pollers, messages: readonly Message[]): Promise<void> {
  const asked = Map.groupBy(messages, ({ from }) => from);
  const got = Map.groupBy(await kapso.sent(), ({ to }) => to);
  expect([...got.keys()].toSorted()).toEqual([...asked.keys()].toSorted());
  for (const [contact, ofOne] of asked) {
    // A part ends between two words, so the joined parts are the texts.
    const parts = got.get(contact)?.map(({ text }) => text) ?? [];
    expect(parts.join(' '), contact).toBe(ofOne.map(({ text }) => `You said: ${text}`).join(' '));
  }
}

const promise = `${total} messages survive kills, standstills, partitions and restarts: each runs and is answered once, in order`;

describe.skipIf(noPostgres !== null)(noPostgres ?? 'several pollers on one inbox', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres({ durable: true });
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  it.each([2, 3])(`of %i: ${promise}`, { timeout: 240_000 + total * 300 }, async count => {
    console.log(`CHAOS_SEED=${seed}`);
    const began = Date.now();
    const pollers = await createPollers(postgres, {
      count,
      gateway: ['--agent-delay', '30', '--start-delay', '5'],
      env: {
        KAPSO_REPLY_LOOK_UP_FOR: late.lookUpFor,
        KAPSO_TIMEOUT: late.timeout,
        // A pass is short, so that it often comes to its end.
        KAPSO_POLL_OVERLAP: '60',
        KAPSO_DELIVERY_PARALLEL: '32',
      },
    });
    onTestFinished(() => keepLogs(pollers));
    for (const member of pollers.members) await member.start();
    await pollers.kapso.reaches('list', 1);
    await keepTakeOvers(pollers);

    const messages = createMessages(seededRandom(seed));
    const faults = await writeAmongFaults(pollers, postgres, messages);
    const seconds = Math.round((Date.now() - began) / 1000);
    const times = await takeOvers(pollers, faults);
    keep('take-overs', times);
    keep('faults', faults.happened);
    const [longest] = times;
    const tooLate = times.filter(({ took }) => took > takenOverWithin);
    console.log(
      JSON.stringify({ seconds, ...faults.counts, 'taken over': times.length, late: tooLate.length, longest }),
    );
    expect(faults.losses.length).toBeGreaterThan(0);
    await expectRunOnce(pollers, messages);
    await expectAnsweredOnce(pollers, messages);
    // Only the test ended processes.
    for (const { endings } of [pollers.gateway, ...pollers.members.map(({ program }) => program)])
      expect(endings.filter(({ signal }) => signal !== 'SIGKILL')).toEqual([]);
    // Last, since it alone depends on how fast the machine is.
    expect(tooLate).toEqual([]);
  });
});
