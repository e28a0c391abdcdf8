import { once } from 'node:events';
import type { LoadOrder, LoadResult } from './load-process.ts';
import { memoryOf } from './process-sample.ts';
import type { Stage } from './stage.ts';

export interface Load {
  /** Sends a round of deliveries. Resolves when all are answered. */
  send(order: LoadOrder): Promise<LoadResult>;
}

export function startLoad(stage: Stage): Load {
  const helper = stage.startHelper('load-process.ts');
  return {
    async send(order) {
      const ended = new AbortController();
      const onExit = () => ended.abort(new Error('the load generator ended before its result was there'));
      helper.once('exit', onExit);
      helper.send(order);
      const [result] = await once(helper, 'message', { signal: ended.signal });
      helper.off('exit', onExit);
      return result as LoadResult;
    },
  };
}

/** Samples the resident memory of a process every quarter of a second until stopped. */
export function watchMemory(pid: number): { stop(): number[] } {
  const seen = [memoryOf(pid).rss];
  const timer = setInterval(() => seen.push(memoryOf(pid).rss), 250);
  return {
    stop: () => {
      clearInterval(timer);
      return seen;
    },
  };
}
