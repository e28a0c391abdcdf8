import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { deliveryRequest, webhookEnv, webhookListening } from './delivery.ts';
import { startLoad, watchMemory } from './load.ts';
import { checked, judged, type Measurement, monotonic, noted, type Reading, spread } from './measurement.ts';
import { startMinimalGateway } from './minimal-gateway.ts';
import { openConnection } from './raw-connection.ts';
import { openStage, type Poller } from './stage.ts';

const flood = { connections: 32, requests: 100_000, senders: 1 };
const others = 10;
/** Milliseconds between two messages of one of the others. */
const every = 250;
/** How long they write while all is quiet, in milliseconds. */
const quietFor = 15_000;
const warmUp = 200;

/** One sender floods the webhook while ten others write, and the gateway answers all at once. */
export const floodBesideOthers: Measurement = {
  name: 'flood',
  about: `${flood.requests} messages of one sender as fast as the webhook takes them, while ${others} others write`,
  async run() {
    await using stage = openStage();
    const arrivals = new Map<string, (at: number) => void>();
    const gateway = await startMinimalGateway((key, at) => arrivals.get(key)?.(at));
    stage.env.OPENCLAW_GATEWAY_URL = gateway.url;
    // Read marks are off: at thousands of runs a second, a Kapso on the same processors would be what is measured.
    const poller = stage.startPoller({ ...webhookEnv, KAPSO_RECEIPTS_READ: 'false' });
    const port = Number((await poller.logged(webhookListening))[1]);
    await poller.logged(/Connected to the gateway/);
    const load = startLoad(stage);
    await load.send({ ports: [port], connections: 8, requests: warmUp, senders: 50, prefix: 'warm-up-' });

    const write = (prefix: string, until: Promise<unknown>) => writeBeside({ port, prefix, until, arrivals });
    const quiet = await write('quiet-', pause(quietFor));
    const memory = watchMemory(poller.pid);
    const flooding = load.send({ ports: [port], prefix: 'flood-', ...flood });
    const beside = await write('beside-', flooding);
    const { answers, perSecond } = await flooding;
    const resident = memory.stop();
    const kept = storedIn(poller);
    const doubled = [...gateway.runs.values()].filter(count => count > 1).length;
    await poller.stop();
    await gateway.close();

    const sent = warmUp + flood.requests + quiet.sent + beside.sent;
    return [
      ...compared(quiet, beside),
      judged('Flood: taken', perSecond, { unit: '/s' }),
      checked(
        'Flood: its messages answered 200, all messages in the inbox, runs begun twice',
        `${answers[200] ?? 0}, ${kept}, ${doubled}`,
        `${flood.requests}, ${sent}, 0`,
        answers[200] === flood.requests && kept === sent && doubled === 0,
      ),
      noted(
        'Flood: resident at its start, half-way, at its end',
        `${[resident[0], resident[Math.floor(resident.length / 2)], resident.at(-1)].map(inMegabytes).join(', ')} MB`,
      ),
    ];
  },
};

interface Beside {
  sent: number;
  /** Milliseconds from the POST to the frame at the gateway, and to the answer of the webhook. */
  frames: number[];
  answers: number[];
}

/** Ten senders write in turns, each on a connection of its own, until the promise resolves. */
async function writeBeside({
  port,
  prefix,
  until,
  arrivals,
}: {
  port: number;
  prefix: string;
  until: Promise<unknown>;
  arrivals: Map<string, (at: number) => void>;
}): Promise<Beside> {
  const seen: Beside = { sent: 0, frames: [], answers: [] };
  let over = false;
  const end = () => {
    over = true;
  };
  until.then(end, end);
  const sender = async (index: number) => {
    const connection = await openConnection(port);
    await pause((index * every) / others);
    for (let message = 0; !over; message += 1) {
      const id = `${prefix}${index}-${message}`;
      const request = deliveryRequest({ id, from: String(15_550_200_000 + index) });
      const frame = new Promise<number>(resolve => arrivals.set(id, resolve));
      const begun = monotonic();
      const status = await connection.request(request);
      if (status !== 200) throw new Error(`the message ${id} was answered ${status}`);
      seen.answers.push(monotonic() - begun);
      seen.frames.push((await frame) - begun);
      arrivals.delete(id);
      seen.sent += 1;
      await pause(Math.max(0, every - (monotonic() - begun)));
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: others }, (_, index) => sender(index)));
  return seen;
}

function compared(quiet: Beside, beside: Beside): Reading[] {
  const before = spread(quiet.frames);
  const during = spread(beside.frames);
  const atMost = 2 * before.p99;
  return [
    judged('POST to `agent` frame of ten senders, p50', before.p50, { unit: 'ms' }),
    judged('POST to `agent` frame of ten senders, p99', before.p99, { unit: 'ms' }),
    judged('The same while another one floods, p50', during.p50, { unit: 'ms' }),
    judged('The same while another one floods, p99', during.p99, { unit: 'ms', atMost }),
    noted('The same while another one floods, longest', `${during.max.toFixed(1)} ms`),
    noted('POST to its answer, p99, quiet and while another one floods', p99Of(quiet, beside)),
  ];
}

function p99Of(...all: readonly Beside[]): string {
  return `${all.map(({ answers }) => spread(answers).p99.toFixed(1)).join(', ')} ms`;
}

function inMegabytes(bytes: number | undefined): string {
  return ((bytes ?? 0) / 1e6).toFixed(0);
}

function storedIn({ stateDir }: Poller): number {
  const inbox = new DatabaseSync(join(stateDir, 'inbox.sqlite'), { readOnly: true });
  try {
    return Number(inbox.prepare('SELECT count(*) AS entries FROM entries').get()?.entries);
  } finally {
    inbox.close();
  }
}
