import { connect, type Socket } from 'node:net';
import { deliveryRequest, webhookEnv, webhookListening } from './delivery.ts';
import { startLoad } from './load.ts';
import { checked, judged, type Measurement, noted } from './measurement.ts';
import { memoryOf } from './process-sample.ts';
import { openStage } from './stage.ts';

const idleSockets = 1_000;
const slowSockets = 32;
const requests = 1_500;

/** A healthy sender beside a thousand silent connections and some that send their body byte by byte. */
export const webhookCrowd: Measurement = {
  name: 'webhook-crowd',
  about: `one healthy connection beside ${idleSockets} idle and ${slowSockets} slow ones`,
  async run() {
    await using stage = openStage();
    const poller = stage.startPoller(webhookEnv);
    const port = Number((await poller.logged(webhookListening))[1]);
    const load = startLoad(stage);
    const round = (prefix: string, size: number) =>
      load.send({ ports: [port], connections: 1, requests: size, prefix, senders: 100 });

    await round('warm-up-', 1_000);
    const alone = await round('alone-', requests);
    const before = memoryOf(poller.pid).rss;
    const others: Socket[] = [];
    try {
      for (let i = 0; i < idleSockets; i += 1) others.push(await open(port));
      for (let i = 0; i < slowSockets; i += 1) others.push(await openSlow(port));
      const beside = await round('beside-', requests);
      const growth = memoryOf(poller.pid).rss - before;
      const stillOpen = others.filter(socket => !socket.destroyed).length;
      return [
        noted('A healthy connection alone, p99', `${alone.latency.p99.toFixed(2)} ms`),
        judged(
          `A healthy connection beside ${idleSockets} idle and ${slowSockets} slow ones, p99`,
          beside.latency.p99,
          {
            atMost: 5,
            unit: 'ms',
          },
        ),
        checked(
          'Beside them: answered 200',
          String(beside.answers[200] ?? 0),
          String(requests),
          beside.answers[200] === requests,
        ),
        noted('Beside them: connections of the crowd still open at the end', `${stillOpen}`),
        judged('Beside them: growth of resident memory', growth / 1e6, { unit: 'MB' }),
      ];
    } finally {
      for (const socket of others) socket.destroy();
    }
  },
};

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      // The server may close it.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** Signed and announced in full, then sent at ten bytes a second. */
async function openSlow(port: number): Promise<Socket> {
  const socket = await open(port);
  const bytes = deliveryRequest({ id: `slow-${socket.localPort}`, from: '15550199999' });
  let sent = bytes.indexOf('\r\n\r\n') + 4;
  socket.write(bytes.subarray(0, sent));
  const timer = setInterval(() => {
    socket.write(bytes.subarray(sent, sent + 1));
    sent += 1;
  }, 100);
  socket.once('close', () => clearInterval(timer));
  return socket;
}
