import { constants, PerformanceObserver } from 'node:perf_hooks';
import { expect, onTestFinished, test } from 'vitest';
import { releaseImages } from '../../src/delivery/attach.ts';

const image = (bytes: number) => ({ mimeType: 'image/png', fileName: 'a.png', content: Buffer.alloc(bytes, 1) });
const forced =
  constants.NODE_PERFORMANCE_GC_FLAGS_FORCED | constants.NODE_PERFORMANCE_GC_FLAGS_SYNCHRONOUS_PHANTOM_PROCESSING;

test('the memory of images that were handed over is given back, and the collector clears what they left behind', async () => {
  const collected = Promise.withResolvers<void>();
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      const { kind = 0, flags = 0 } = (entry as { detail?: { kind?: number; flags?: number } }).detail ?? {};
      // Of those that V8 begins by itself, none is forced.
      if (kind === constants.NODE_PERFORMANCE_GC_MAJOR && (flags & forced) !== 0) collected.resolve();
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  onTestFinished(() => observer.disconnect());
  const images = [image(5_000_000), image(5_000_000), image(1000)];
  releaseImages(images);
  expect(images.map(({ content }) => content.length)).toEqual([0, 0, 1000]);
  await collected.promise;
});
