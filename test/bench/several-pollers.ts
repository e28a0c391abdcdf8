import { setTimeout as pause } from 'node:timers/promises';
import { noPostgres, type Postgres, startPostgres } from '../postgres.ts';
import { webhookEnv, webhookListening } from './delivery.ts';
import { startGatewayProcess } from './gateway-process-client.ts';
import { startLoad } from './load.ts';
import { checked, judged, type Measurement, noted, type Reading } from './measurement.ts';
import { openStage, type Stage, workRoot } from './stage.ts';

const senders = 300;
const connections = 32;
/** They make nearly all senders known, to each poller. */
const warmUp = (pollers: number) => ({ senders, connections: 8, requests: 3 * senders * pollers });
const intake = { senders, connections, requests: 10_000 };
/** Requests that are measured: a pause of one poller is in the slowest hundredth of few, and hardly shows among these. */
const measured = 30_000;
/**
 * Rounds for each poller before the one that is measured. Until a poller has taken some 30,000 messages, V8 compiles what takes
 * them, in processor time that all programs here share. A poller that runs for days is past that.
 */
const roundsBefore = 3;
const whole = { senders, connections, requests: 2_000 };
/** Milliseconds between two looks whether all messages are settled. */
const lookEvery = 250;

/** One, two and three pollers on one PostgreSQL that waits for its disk. */
export const severalPollers: Measurement = {
  name: 'several-pollers',
  about: `webhook intake at ${connections} connections, and whole messages, by 1, 2 and 3 pollers on one PostgreSQL`,
  async run() {
    if (noPostgres !== null) return [noted('Several pollers', `not measured: ${noPostgres}`)];
    await using postgres = await startPostgres({ durable: true, under: workRoot });
    const readings: Reading[] = [];
    for (const pollers of [1, 2, 3]) {
      readings.push(...(await intakeBy(pollers, postgres)), ...(await wholeMessagesBy(pollers, postgres)));
    }
    return readings;
  },
};

/** Starts pollers on a database. Returns the ports of their webhooks. */
async function startPollers(stage: Stage, count: number, url: string): Promise<number[]> {
  const ports: number[] = [];
  for (let number = 1; number <= count; number += 1) {
    const { logged } = stage.startPoller({
      ...webhookEnv,
      KAPSO_STATE_DIR: `${stage.dir}/state-${number}`,
      KAPSO_STATE_DATABASE: url,
      // At hundreds of runs a second, a Kapso on the same processors would be what is measured.
      KAPSO_RECEIPTS_READ: 'false',
    });
    ports.push(Number((await logged(webhookListening))[1]));
  }
  return ports;
}

/** The agent's gateway is away: messages are taken and wait. */
async function intakeBy(pollers: number, postgres: Postgres): Promise<Reading[]> {
  await using stage = openStage();
  const database = await postgres.createDatabase();
  const ports = await startPollers(stage, pollers, postgres.url(database));
  const load = startLoad(stage);
  await load.send({ ports, prefix: 'warm-up-', ...warmUp(pollers) });
  const rounds = roundsBefore * pollers;
  for (let round = 1; round <= rounds; round += 1) await load.send({ ports, ...intake, prefix: `before-${round}-` });
  const many = { ...intake, requests: measured, prefix: 'many-' };
  const { perSecond, latency, answers } = await load.send({ ports, ...many });
  const kept = Number((await postgres.query(database, `SELECT count(*) AS kept FROM ${entries}`))[0]?.kept);
  await postgres.dropDatabase(database);

  const what = `PostgreSQL, ${count(pollers)}: webhook intake, ${connections} connections`;
  const sent = warmUp(pollers).requests + rounds * intake.requests + measured;
  return [
    judged(what, perSecond, { unit: '/s' }),
    judged(`${what}, p50`, latency.p50, { unit: 'ms' }),
    judged(`${what}, p99`, latency.p99, { atMost: 20, unit: 'ms' }),
    checked(
      `${what}: answered 200, all in the inbox`,
      `${answers[200] ?? 0}, ${kept}`,
      `${measured}, ${sent}`,
      answers[200] === measured && kept === sent,
    ),
  ];
}

const entries = 'kapso_whatsapp.entries';

/** From the first webhook until the last run is settled, while the agent ends each run at once and says nothing. */
async function wholeMessagesBy(pollers: number, postgres: Postgres): Promise<Reading[]> {
  await using stage = openStage();
  const database = await postgres.createDatabase();
  const gateway = await startGatewayProcess(stage);
  const ports = await startPollers(stage, pollers, postgres.url(database));
  const load = startLoad(stage);
  await load.send({ ports, prefix: 'warm-up-', ...warmUp(pollers) });
  await allSettled(postgres, database, warmUp(pollers).requests);
  await load.send({ ports, prefix: 'whole-', ...whole });
  const sent = warmUp(pollers).requests + whole.requests;
  await allSettled(postgres, database, sent);
  const { different, handed } = await gateway.reached(sent);
  const [took] = await postgres.query(
    database,
    `SELECT max(settled_at) - min(received_at) AS ms FROM ${entries} WHERE id LIKE 'whole-%'`,
  );
  await postgres.dropDatabase(database);

  const what = `PostgreSQL, ${count(pollers)}: whole messages, from the webhook to the settled run`;
  return [
    judged(what, whole.requests / (Number(took?.ms) / 1000), { unit: '/s' }),
    checked(
      `${what}: lost, twice`,
      `${sent - different}, ${handed - different}`,
      '0, 0',
      different === sent && handed === sent,
    ),
  ];
}

async function allSettled(postgres: Postgres, database: string, messages: number): Promise<void> {
  for (;;) {
    const [found] = await postgres.query(
      database,
      "SELECT entries FROM kapso_whatsapp.tallies WHERE state = 'settled'",
    );
    if (Number(found?.entries ?? 0) === messages) return;
    await pause(lookEvery);
  }
}

function count(pollers: number): string {
  return pollers === 1 ? '1 poller' : `${pollers} pollers`;
}
