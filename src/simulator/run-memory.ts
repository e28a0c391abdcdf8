import type { Clock } from '../clock.ts';
import type { Reply } from './gateway-frames.ts';
import type { JsonObject } from './json.ts';

export interface Remembered {
  runId: string;
  session: string;
  status: 'queued' | 'running' | 'ended';
  endedAt: number;
  /** The result of `agent.wait`. */
  result: JsonObject;
  second: PromiseWithResolvers<Reply>;
  /** The connection that began it. */
  owner: object | null;
  aborting: AbortController;
}

/** Remembers runs by their id, for a time after their end. `agent.wait` and a repeated key are answered from it. */
export function createRunMemory(clock: Clock, keptFor: () => number) {
  const memory = new Map<string, Remembered>();
  return {
    recall(runId: string): Remembered | undefined {
      const known = memory.get(runId);
      if (known?.status !== 'ended' || clock.now() - known.endedAt < keptFor()) return known;
      memory.delete(runId);
      return undefined;
    },
    remember(runId: string, session: string, owner: object | null): Remembered {
      const second = Promise.withResolvers<Reply>();
      const aborting = new AbortController();
      const entry: Remembered = { runId, session, status: 'queued', endedAt: 0, result: {}, second, owner, aborting };
      memory.set(runId, entry);
      return entry;
    },
    /** The run's end, or `status: "timeout"` after `timeoutMs`. An unknown run gives the timeout too. */
    async wait(runId: string, timeoutMs: number): Promise<JsonObject> {
      const known = this.recall(runId);
      if (known?.status === 'ended') return known.result;
      const expired = Promise.withResolvers<void>();
      const cancel = clock.after(timeoutMs, expired.resolve);
      await Promise.race([known?.second.promise, expired.promise].filter(promise => promise !== undefined));
      cancel();
      const now = memory.get(runId);
      return now?.status === 'ended' ? now.result : { runId, status: 'timeout' };
    },
  };
}
