import { randomInt } from 'node:crypto';
import { Agent } from 'node:http';
import { expect, it } from 'vitest';
import type { Program } from '../e2e/program.ts';
import { createStage } from '../e2e/programs.ts';
import { seededRandom } from '../e2e/random.ts';
import { addressOf, domainMode, post, textDelivery } from './delivery.ts';

/** `KILLS_ROUNDS=200` makes a long run of it. */
const rounds = Number(process.env.KILLS_ROUNDS ?? 80);
const senders = 12;
/** `KILLS_SEED` repeats the choices of a run; the processes' own timing stays theirs. */
const seed = Number(process.env.KILLS_SEED ?? randomInt(2 ** 31));

interface Load {
  /** Ids that were answered 200. */
  acknowledged: Set<string>;
  /** Ids that were sent and not answered; Kapso would send them again, and so does the next round. */
  unanswered: string[];
  next: number;
}

/** All senders write at once until the poller is dead. It is killed at this many answers. */
async function round(poller: Program, load: Load, killAfter: number): Promise<void> {
  const from = poller.lines.length;
  await poller.start();
  const url = await addressOf(poller, from);
  const { pid } = poller;
  const agent = new Agent({ keepAlive: true, maxSockets: senders });
  let answers = 0;
  let alive = true;

  const write = async (sender: number) => {
    while (alive) {
      const id = load.unanswered.pop() ?? `wamid.KILL${String(load.next++).padStart(6, '0')}`;
      const number = Number(id.slice('wamid.KILL'.length));
      const delivery = textDelivery({ id, from: `1555000${1000 + (number % senders)}`, text: `message ${number}` });
      const onAnswer = (status: number) => {
        if (status !== 200) throw new Error(`sender ${sender}: ${id} was answered ${status}`);
        load.acknowledged.add(id);
        answers += 1;
        if (answers !== killAfter) return;
        alive = false;
        process.kill(pid, 'SIGKILL');
      };
      await post(url, delivery, { agent, onAnswer }).catch(() => void load.unanswered.push(id));
    }
  };
  await Promise.all(Array.from({ length: senders }, (_, sender) => write(sender)));
  agent.destroy();
  expect(await poller.ended()).toEqual({ code: null, signal: 'SIGKILL' });
}

it(`${rounds} times killed in the moment of an answer: every message that was answered 200 runs once`, {
  timeout: 600_000,
}, async () => {
  console.log(`KILLS_SEED=${seed}`);
  const random = seededRandom(seed);
  const stage = createStage();
  // This Kapso never lists these messages. So what the agent has in the end came by webhook and stayed on disk.
  await stage.startKapso();
  const gateway = await stage.startGateway();
  const poller = stage.poller({ ...domainMode, KAPSO_LOG_LEVEL: 'info' });
  const load: Load = { acknowledged: new Set(), unanswered: [], next: 0 };

  for (let n = 0; n < rounds; n += 1) await round(poller, load, 1 + Math.floor(random() * 25));
  await poller.start();
  await expect
    .poll(async () => (await stage.status()).queue?.byState, { timeout: 60_000 })
    .toMatchObject({
      pending: 0,
      sending: 0,
      failed: 0,
    });

  const times = new Map<string, number>();
  for (const { key } of await gateway.runs()) {
    const id = key.replace(/:\d+$/, '');
    times.set(id, (times.get(id) ?? 0) + 1);
  }
  expect([...load.acknowledged].filter(id => !times.has(id))).toEqual([]);
  expect([...times].filter(([, count]) => count > 1)).toEqual([]);
  expect(load.acknowledged.size).toBeGreaterThan(rounds);
  expect(poller.endings.slice(0, rounds).every(({ signal }) => signal === 'SIGKILL')).toBe(true);
});
