import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { Log } from '../../observe/log.ts';
import { stateFiles } from '../../state/files.ts';
import { writePrivateFile } from '../../state/private-file.ts';
import type { Store } from '../../store/store.ts';
import { readTextFile } from '../../text-file.ts';
import type { PassStart } from './poll-pass.ts';

/** The position where polling starts before any pass was complete. */
export interface FirstStart {
  /**
   * Call it before anything else. A program that is killed before its first request has still started, and later
   * messages are not the past.
   */
  note(): void;
  /**
   * Returns the first start: when this program was first started, or the position in the earlier program's `last-poll`
   * file (an RFC 3339 time). It is stored before the first request, so that an outage at the first start loses nothing.
   * Throws `StateError`.
   */
  begin(): Promise<Pick<PassStart, 'cursor' | 'first'>>;
  /** Whether the position is still that of the first start; see `PassStart`. */
  at(cursor: number): PassStart['first'];
  /** Call it after a complete pass with the new position. `confirmed`: more than one clock agrees with it. */
  listed(cursor: number, confirmed: boolean): void;
}

interface Noted {
  own: number;
  /** The start by the monotonic clock; null when it was in an earlier process. */
  startedAt: number | null;
  /** The position after the first complete pass; null before. */
  cursor: number | null;
}

export function createFirstStart(deps: { stateDir: string; store: Store; clock: Clock; log: Log }): FirstStart {
  const { stateDir, store, clock, log } = deps;
  const path = join(stateDir, stateFiles.firstStart);
  const readEarlier = () => readLastPoll(join(stateDir, stateFiles.lastPoll));
  let noted: Noted | null = readNote(path);

  function write(next: Noted): void {
    noted = next;
    try {
      writePrivateFile(path, `${next.own}\n${next.cursor === null ? '' : `${next.cursor}\n`}`, { durable: false });
    } catch (error) {
      log.debug({ error }, `The ${stateFiles.firstStart} file cannot be written`);
    }
  }

  const ofNote = ({ own, startedAt, cursor }: Noted): PassStart['first'] => ({
    own,
    startedAt,
    listed: cursor !== null,
  });

  const note = () => {
    if (noted === null && readEarlier() === null)
      write({ own: clock.now(), startedAt: clock.monotonic(), cursor: null });
  };

  return {
    note,
    begin: async () => {
      note();
      const earlier = readEarlier();
      const since = earlier ?? noted?.own ?? clock.now();
      const from = new Date(since).toISOString();
      await store.setCursor(since);
      if (earlier !== null) {
        log.info({ from }, `Polling goes on where the earlier program's ${stateFiles.lastPoll} file left off`);
        return { cursor: since, first: null };
      }
      log.info({ from }, 'First start: messages from now on are received, none from the past');
      return { cursor: since, first: noted && ofNote(noted) };
    },
    at: cursor => (noted !== null && (noted.cursor ?? noted.own) === cursor ? ofNote(noted) : null),
    listed: (cursor, confirmed) => {
      if (noted === null) return;
      if (!confirmed) return write({ ...noted, cursor });
      noted = null;
      try {
        rmSync(path, { force: true });
      } catch (error) {
        log.debug({ error }, `The ${stateFiles.firstStart} file cannot be removed`);
      }
    },
  };
}

function readNote(path: string): Noted | null {
  const [own = Number.NaN, cursor = null] = (read(path) ?? '').split('\n').map(line => Number(line || Number.NaN));
  if (!Number.isFinite(own)) return null;
  return { own, startedAt: null, cursor: Number.isFinite(cursor) ? cursor : null };
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
