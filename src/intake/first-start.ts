import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { writeFileAtomic } from '../observe/atomic-file.ts';
import type { Log } from '../observe/log.ts';
import type { Store } from '../store/store.ts';
import { readTextFile } from '../text-file.ts';
import type { PassStart } from './poll-pass.ts';

export const lastPollFileName = 'last-poll';
/** Holds the position of the first start, in ms since the epoch, as long as this machine's clock has vouched for it alone. */
export const firstStartFileName = 'first-start';

/** Where polling starts when it has never been complete. */
export interface FirstStart {
  /**
   * Notes the first start: now, or where the earlier program's `last-poll` file (an RFC 3339 time) left off. It is stored before the
   * first request, so that an outage at the first start loses nothing. Throws `StoreError`.
   */
  begin(): Promise<Pick<PassStart, 'since' | 'first'>>;
  /** Whether the position is still that of the first start; see `PassStart`. */
  at(cursor: number): PassStart['first'];
  /** To be called when a pass was complete: from then on the position is one by Kapso's clock, also where it has not moved. */
  confirm(): void;
}

export function createFirstStart(deps: { stateDir: string; store: Store; clock: Clock; log: Log }): FirstStart {
  const { stateDir, store, clock, log } = deps;
  const path = join(stateDir, firstStartFileName);
  let noted: { cursor: number; startedAt: number | null } | null = null;

  return {
    begin: async () => {
      const earlier = readLastPoll(join(stateDir, lastPollFileName));
      const since = earlier ?? clock.now();
      const from = new Date(since).toISOString();
      if (earlier !== null) {
        await store.setCursor(since);
        log.info({ from }, `Polling goes on where the earlier program's ${lastPollFileName} file left off`);
        return { since, first: null };
      }
      noted = { cursor: since, startedAt: clock.monotonic() };
      try {
        writeFileAtomic(path, `${since}\n`);
      } catch (error) {
        log.debug({ error }, `The ${firstStartFileName} file cannot be written`);
      }
      await store.setCursor(since);
      log.info({ from }, 'First start: messages from now on are received, none from the past');
      return { since, first: { startedAt: noted.startedAt } };
    },
    at: cursor => {
      noted ??= { cursor: Number(read(path) ?? Number.NaN), startedAt: null };
      return noted.cursor === cursor ? { startedAt: noted.startedAt } : null;
    },
    confirm: () => {
      if (noted !== null && Number.isNaN(noted.cursor)) return;
      noted = { cursor: Number.NaN, startedAt: null };
      try {
        rmSync(path, { force: true });
      } catch (error) {
        log.debug({ error }, `The ${firstStartFileName} file cannot be removed`);
      }
    },
  };
}

function read(path: string): string | null {
  try {
    return readTextFile(path).trim();
  } catch {
    return null;
  }
}

function readLastPoll(path: string): number | null {
  const text = read(path) ?? '';
  const at = Date.parse(text);
  return /^\d{4}-\d\d-\d\dT/.test(text) && Number.isFinite(at) ? at : null;
}
