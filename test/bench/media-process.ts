/**
 * A process of its own that fetches files as the poller does, one after the other, and keeps none. It takes one
 * `FetchOrder` and answers with a `FetchResult`.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { createMediaSource } from '../../src/media/obtain.ts';
import { memoryOf } from './process-sample.ts';

export interface FetchOrder {
  /** The origin of Kapso, whose `/file` has the bytes. */
  origin: string;
  dir: string;
  count: number;
}

export interface FetchResult {
  bytes: number;
  /** The most resident memory, in bytes. */
  peak: number;
}

async function fulfil({ origin, dir, count }: FetchOrder): Promise<FetchResult> {
  const source = createMediaSource({
    mediaInfo: async () => ({ size: null, downloadUrl: `${origin}/file`, url: null }),
    ...{ baseUrl: origin, apiKey: 'bench-api-key', proxy: null, clock: systemClock },
  });
  const signal = new AbortController().signal;
  const into = join(dir, 'file');
  let bytes = 0;
  for (let fetched = 0; fetched < count; fetched++) {
    bytes += (await source.obtain({ id: 'M1', url: null, kind: 'image' }, { into, maxBytes: 100e6, signal })).bytes;
    rmSync(into);
  }
  return { bytes, peak: memoryOf(process.pid).peak };
}

process.on('message', (order: FetchOrder) => {
  void fulfil(order).then(result => process.send?.(result));
});
process.on('disconnect', () => process.exit());
