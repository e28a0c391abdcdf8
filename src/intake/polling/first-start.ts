import type { Clock } from '../../clock.ts';
import type { Emit } from '../../observe/events.ts';
import { stateFiles } from '../../state/files.ts';
import { readLastPoll } from '../../state/last-poll.ts';
import type { FirstStart as FirstStartNote } from '../../store/account-opening.ts';
import type { Store } from '../../store/store.ts';
import { readTextFile } from '../../text-file.ts';
import type { PassStart } from './poll-pass.ts';

/** The position where polling starts before any pass was complete. */
export interface FirstStart {
  /**
   * Returns the first start: when this program was first started, or the position in the earlier program's `last-poll`
   * file (an RFC 3339 time). The former is stored before the first request, so that an outage at the first start loses
   * nothing; the latter stays in its file until a pass is complete, and is read again until then, so that also after a crash
   * it is known what that program had. Throws `StateError`.
   */
  begin(): Promise<Pick<PassStart, 'cursor' | 'first' | 'handledBefore'>>;
  /** Whether the position is still that of the first start; see `PassStart`. */
  at(cursor: number): PassStart['first'];
  /** Call it after a complete pass with the new position. `confirmed`: more than one clock agrees with it. Throws `StateError`. */
  listed(position: number, confirmed: boolean): Promise<void>;
}

/**
 * @param deps `note` is what the store knows of the first start. `startedAt` is that start by the monotonic clock; null
 * when it was in an earlier process.
 */
export function createFirstStart(deps: {
  account: string;
  note: FirstStartNote | null;
  startedAt: number | null;
  stateDir: string;
  /** In whose name the position file is; null for the plain name. */
  owner?: string | null;
  store: Pick<Store, 'setCursor' | 'setFirstStart'>;
  clock: Clock;
  emit: Emit;
}): FirstStart {
  const { account, startedAt, stateDir, store, clock, emit } = deps;
  let { note } = deps;
  let isSaid = false;

  const ofNote = ({ own, listed }: FirstStartNote): PassStart['first'] => ({ own, startedAt, listed: listed !== null });

  return {
    begin: async () => {
      const earlier = readLastPoll(stateDir, deps.owner);
      if (earlier !== null) {
        if (!isSaid) emit({ type: 'position taken over', from: earlier, file: stateFiles.lastPoll });
        isSaid = true;
        return { cursor: earlier, first: null, handledBefore: earlier };
      }
      const since = note?.own ?? clock.now();
      await store.setCursor(account, since);
      emit({ type: 'first start', from: since });
      return { cursor: since, first: note && ofNote(note), handledBefore: null };
    },
    at: cursor => (note !== null && (note.listed ?? note.own) === cursor ? ofNote(note) : null),
    listed: async (position, confirmed) => {
      // Rounded as in the store, with whose value it is compared.
      const cursor = Math.round(position);
      if (note === null || (!confirmed && note.listed === cursor)) return;
      const next = confirmed ? null : { ...note, listed: cursor };
      await store.setFirstStart(account, next);
      note = next;
    },
  };
}

/** Returns a file's trimmed text; null when it cannot be read. */
export function readText(path: string): string | null {
  try {
    return readTextFile(path).trim();
  } catch {
    return null;
  }
}
