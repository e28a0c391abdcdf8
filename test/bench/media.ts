import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checked, judged, type Measurement, monotonic, noted } from './measurement.ts';
import type { FetchOrder, FetchResult } from './media-process.ts';
import { openStage } from './stage.ts';

const count = 1000;
const size = 5_000_000;

/** Images in a row. No file may stay in memory. */
export const media: Measurement = {
  name: 'media',
  about: 'a thousand images of 5 MB in a row: memory (takes 1 to 3 minutes)',
  async run() {
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
  },
};
