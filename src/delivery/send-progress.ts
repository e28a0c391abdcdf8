import type { Clock } from '../clock.ts';

/** What this process has seen of an outgoing message under way. Times are of the monotonic clock. */
export interface SendState {
  /** The mark of the attempt that the first lines are about; null before the first. */
  mark: string | null;
  /** When this process sent it; null when an earlier one did. */
  begunAt: number | null;
  /** Since when the list of sent messages could be read without it; null before the first look. */
  lookedSince: number | null;
  /** This process could not read the list at times. */
  unreadable: boolean;
  /** Since when Kapso has refused the list, whenever it was asked; null when it does not. */
  refusedSince: number | null;
  looks: number;
  /** Attempts that Kapso did not take, and lists that could not be read. */
  failures: number;
  /** The other spelling of its number, after the first was refused. */
  otherSpelling: string | null;
  /** Since when its file was not found here; null while it was. */
  fileMissedSince: number | null;
  /** Its file is uploaded once more, because Meta did not know the id. */
  uploadedAnew: boolean;
}

export interface SendProgress {
  /** Returns the present state. The caller changes it in place. */
  of(id: string): SendState;
  /** The same, of the attempt that left with this mark: what was seen of another one says nothing about it. */
  ofAttempt(id: string, mark: string | null): SendState;
  forget(id: string): void;
  /** Holds all messages back for so many milliseconds: what was refused concerns all of them. */
  pauseAll(ms: number): void;
  /** Until when all are held back, by the clock that can be set; 0 when they are not. */
  pausedUntil(): number;
}

/** Progress is not kept over a restart. Its loss only makes a message wait longer. */
export function createSendProgress(clock: Clock): SendProgress {
  const messages = new Map<string, SendState>();
  let pauseEnds = Number.NEGATIVE_INFINITY;
  const unseen = (mark: string | null) => ({
    mark,
    begunAt: null,
    lookedSince: null,
    unreadable: false,
    refusedSince: null,
    looks: 0,
  });
  const of = (id: string): SendState => {
    const known = messages.get(id);
    if (known) return known;
    const begun = { ...unseen(null), failures: 0, otherSpelling: null, fileMissedSince: null, uploadedAnew: false };
    messages.set(id, begun);
    return begun;
  };
  return {
    of,
    ofAttempt(id, mark) {
      const known = of(id);
      return known.mark === mark ? known : Object.assign(known, unseen(mark));
    },
    forget: id => void messages.delete(id),
    pauseAll: ms => {
      pauseEnds = Math.max(pauseEnds, clock.monotonic() + ms);
    },
    pausedUntil: () => {
      const left = pauseEnds - clock.monotonic();
      return left > 0 ? clock.now() + left : 0;
    },
  };
}
