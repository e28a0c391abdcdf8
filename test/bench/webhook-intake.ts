import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { webhookEnv, webhookListening } from './delivery.ts';
import { startGatewayProcess } from './gateway-process-client.ts';
import { startLoad, watchMemory } from './load.ts';
import type { LoadResult } from './load-process.ts';
import { checked, judged, type Measurement, noted, type Reading } from './measurement.ts';
import { memoryOf } from './process-sample.ts';
import { openStage } from './stage.ts';

const warmUp = { connections: 8, requests: 2_000 };
const one = { connections: 1, requests: 3_000 };
const many = { connections: 32, requests: 50_000 };
const senders = 1_000;
/** Milliseconds from the load until memory is sampled again. */
const rest = 10_000;

/** Signed deliveries with ids of their own, each answered after its fsync. */
export const webhookIntake: Measurement = {
  name: 'webhook-intake',
  about: 'durable webhook intake at 1 and 32 connections, with the gateway away and at work; memory under load',
  run: async () => [...(await intake('gateway away')), ...(await intake('gateway at work, read marks off'))],
};

async function intake(situation: 'gateway away' | 'gateway at work, read marks off'): Promise<Reading[]> {
  await using stage = openStage();
  const gateway = situation === 'gateway at work, read marks off' ? await startGatewayProcess(stage) : null;
  // Read marks are off: at thousands of runs a second, a Kapso on the same processors would be what is measured.
  const poller = stage.startPoller({ ...webhookEnv, KAPSO_RECEIPTS_READ: 'false' });
  const port = Number((await poller.logged(webhookListening))[1]);
  if (gateway) await poller.logged(/Connected to the gateway/);
  const load = startLoad(stage);
  const round = (prefix: string, size: typeof one) => load.send({ ports: [port], senders, prefix, ...size });

  const first = await round('warm-up-', warmUp);
  const alone = await round('one-', one);
  const memory = watchMemory(poller.pid);
  const crowd = await round('many-', many);
  const during = memory.stop();
  const sent = warmUp.requests + one.requests + many.requests;
  const kept = storedIn(poller.stateDir);
  const handed = gateway ? await gateway.reached(sent) : null;
  await pause(rest);
  const after = memoryOf(poller.pid);
  const answered = accepted(first) + accepted(alone) + accepted(crowd);
  const middle = during[Math.floor(during.length / 2)] ?? 0;

  const readings = [
    judged(what('32 connections', situation), crowd.perSecond, { atLeast: 8_000, unit: '/s' }),
    judged(what('32 connections, p50', situation), crowd.latency.p50, { unit: 'ms' }),
    judged(what('32 connections, p99', situation), crowd.latency.p99, { atMost: 50, unit: 'ms' }),
    judged(what('1 connection', situation), alone.perSecond, { unit: '/s' }),
    judged(what('1 connection, p50', situation), alone.latency.p50, { unit: 'ms' }),
    judged(what('1 connection, p99', situation), alone.latency.p99, { atMost: 5, unit: 'ms' }),
    checked(
      what('answered 200, and in the inbox', situation),
      `${answered}, ${kept}`,
      `${sent}, ${sent}`,
      answered === sent && kept === sent,
    ),
    judged(what('most resident memory', situation), after.peak / 1e6, { atMost: 150, unit: 'MB' }),
    noted(
      what('resident at the start, half-way, the end of the load, 10 s later', situation),
      `${[during[0] ?? 0, middle, during.at(-1) ?? 0, after.rss].map(bytes => (bytes / 1e6).toFixed(0)).join(', ')} MB`,
    ),
  ];
  if (handed) {
    readings.push(
      checked(
        what('handed to the agent: lost, twice', situation),
        `${sent - handed.different}, ${handed.handed - handed.different}`,
        '0, 0',
        handed.different === sent && handed.handed === sent,
      ),
    );
  }
  return readings;
}

function what(detail: string, situation: string): string {
  return `Durable webhook intake, ${situation}: ${detail}`;
}

function accepted({ answers }: LoadResult): number {
  return answers[200] ?? 0;
}

function storedIn(stateDir: string): number {
  const inbox = new DatabaseSync(join(stateDir, 'inbox.sqlite'), { readOnly: true });
  try {
    return Number(inbox.prepare('SELECT count(*) AS entries FROM entries').get()?.entries);
  } finally {
    inbox.close();
  }
}
