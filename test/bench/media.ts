import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checked, judged, type Measurement, monotonic, noted, type Reading } from './measurement.ts';
import type { FetchOrder, FetchResult } from './media-process.ts';
import { memoryOf } from './process-sample.ts';
import { openStage } from './stage.ts';

const count = 1000;
const size = 5_000_000;
/** Customers who send them at the same time, so that several are fetched while others are handed over. */
const crowd = 20;

/** Images in a row. No file may stay in memory. */
export const media: Measurement = {
  name: 'media',
  about:
    'a thousand images of 5 MB in a row, fetched alone and through the whole poller: memory (takes 5 to 10 minutes)',
  run: async () => [
    ...(await fetched()),
    ...(await handedOver('from one customer', { customers: 1, atMost: 200 })),
    // Beyond the goal: what waits in memory then depends on the collector.
    ...(await handedOver(`from ${crowd} customers at the same time`, { customers: crowd, atMost: 300 })),
  ],
};

async function fetched(): Promise<Reading[]> {
  await using stage = openStage();
  const image = Buffer.alloc(size);
  image.write('\x89PNG\r\n\x1a\n', 'latin1');
  const server = createServer((_, response) => response.setHeader('content-length', size).end(image));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const helper = stage.startHelper('media-process.ts');
  const begun = monotonic();
  helper.send({ origin, dir: stage.dir, count } satisfies FetchOrder);
  const [result] = (await once(helper, 'message')) as [FetchResult];
  const seconds = (monotonic() - begun) / 1000;
  server.close();
  const what = '1,000 images of 5 MB, fetched one after the other';
  return [
    checked(`${what}: bytes`, result.bytes.toLocaleString('en'), '5,000,000,000', result.bytes === count * size),
    judged(`${what}: most resident memory`, result.peak / 1e6, { atMost: 200, unit: 'MB' }),
    noted(`${what}: time`, `${seconds.toFixed(0)} s`),
  ];
}

/** From the list of Kapso to the frame of the gateway, which has each image in it. */
async function handedOver(
  from: string,
  { customers, atMost }: { customers: number; atMost: number },
): Promise<Reading[]> {
  await using stage = openStage();
  const [kapso, gateway] = [await stage.startKapso(), await stage.startGateway()];
  const poller = stage.startPoller();
  await poller.logged(/First start/);
  const begun = monotonic();
  for (let customer = 0; customer < customers; customer += 1) {
    const media = { type: 'image', size, caption: 'look' };
    await kapso.control('POST', 'inbound', { from: `+1555010${1000 + customer}`, media, count: count / customers });
  }
  for (let runs = 100; runs <= count; runs += 100) await gateway.reached('runs', runs);
  const seconds = (monotonic() - begun) / 1000;
  const { runs } = (await gateway.control('GET', 'runs')) as { runs: { images: { bytes: number }[] }[] };
  const whole = runs.filter(({ images }) => images.length === 1 && images[0]?.bytes === size).length;
  const what = `1,000 images of 5 MB, through the poller, ${from}`;
  return [
    checked(
      `${what}: runs with the whole image`,
      String(whole),
      String(count),
      whole === count && runs.length === count,
    ),
    judged(`${what}: most resident memory`, memoryOf(poller.pid).peak / 1e6, { atMost, unit: 'MB' }),
    noted(`${what}: time`, `${seconds.toFixed(0)} s`),
  ];
}
