import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { webhookEnv, webhookListening, webhookPath } from './delivery.ts';
import { startLoad } from './load.ts';
import { checked, judged, type Measurement, monotonic, type Reading } from './measurement.ts';
import { memoryOf, resetPeak } from './process-sample.ts';
import { openStage } from './stage.ts';

const mebibyte = 1024 * 1024;
const total = 256 * mebibyte;
/** Milliseconds to wait for the server to close a slow connection. */
const giveUpAfter = 60_000;

/** Requests that anybody on the internet may send. */
export const webhookHostile: Measurement = {
  name: 'webhook-hostile',
  about: 'an unsigned body of 256 MB, and one that comes at a byte every five seconds',
  async run() {
    await using stage = openStage();
    const poller = stage.startPoller(webhookEnv);
    const port = Number((await poller.logged(webhookListening))[1]);
    // Warm-up: the code is compiled and the heap has its size before it is measured.
    await startLoad(stage).send({ ports: [port], connections: 1, requests: 2_000, prefix: 'warm-up-', senders: 100 });

    return [
      ...(await pour(port, poller.pid, 'announced', [`content-length: ${total}`], Buffer.alloc(mebibyte, 0x20))),
      ...(await pour(
        port,
        poller.pid,
        'in chunks',
        ['transfer-encoding: chunked'],
        Buffer.from(`${mebibyte.toString(16)}\r\n${' '.repeat(mebibyte)}\r\n`),
      )),
      judged('1 byte per 5 s of a body: closed after', (await drip(port)) / 1000, { atMost: 15, unit: 's' }),
    ];
  },
};

async function pour(port: number, pid: number, how: string, headers: string[], chunk: Buffer): Promise<Reading[]> {
  resetPeak(pid);
  const before = memoryOf(pid).peak;
  const socket = await begin(port, headers);
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  const closed = new Promise(resolve => socket.once('close', resolve));
  for (let sent = 0; sent < total && !socket.destroyed; sent += mebibyte) {
    if (!socket.write(chunk)) await Promise.race([new Promise(resolve => socket.once('drain', resolve)), closed]);
  }
  await closed;
  const status = answer.slice(9, 12);
  const what = `Unsigned body of 256 MB, ${how}`;
  return [
    checked(`${what}: answer`, status || 'none', '401 or 413', status === '401' || status === '413'),
    judged(`${what}: growth of resident memory`, (memoryOf(pid).peak - before) / 1e6, { atMost: 5, unit: 'MB' }),
  ];
}

/** Resolves to the milliseconds until the server has closed the connection. */
async function drip(port: number): Promise<number> {
  const begun = monotonic();
  const socket = await begin(port, ['content-length: 500', `x-webhook-signature: ${'0'.repeat(64)}`]);
  const timer = setInterval(() => socket.write(' '), 5_000);
  const giveUp = setTimeout(() => socket.destroy(), giveUpAfter);
  socket.write(' ');
  socket.resume();
  await new Promise(resolve => socket.once('close', resolve));
  clearInterval(timer);
  clearTimeout(giveUp);
  return monotonic() - begun;
}

async function begin(port: number, headers: string[]): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  // The server may close at any time. An error of a later write does not matter.
  socket.on('error', () => undefined);
  const head = [`POST ${webhookPath} HTTP/1.1`, 'host: 127.0.0.1', 'content-type: application/json', ...headers];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  return socket;
}
