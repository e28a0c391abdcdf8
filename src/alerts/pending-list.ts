import type { Pending } from './note.ts';

/** What is yet to be given, in its order. One that rests is passed over. Times are of a monotonic clock. */
export interface PendingList {
  all(): readonly Pending[];
  /** One that is known already is not added again. */
  add(notes: readonly Pending[]): void;
  remove(one: Pending): void;
  rest(one: Pending, until: number): void;
  /** The first that does not rest; undefined when there is none. */
  next(now: number): Pending | undefined;
  /** When the first of them may be given; null when there is none. */
  nextAt(): number | null;
}

/** So many wait at most. More cannot be read by anybody; the oldest go. */
const most = 100;

export function createPendingList(): PendingList {
  let pending: Pending[] = [];
  const restsUntil = new Map<string, number>();
  const nameOf = ({ way, id }: Pending) => `${way} ${id}`;
  const untilOf = (one: Pending) => restsUntil.get(nameOf(one)) ?? 0;
  return {
    all: () => pending,
    add(notes) {
      const known = new Set(pending.map(nameOf));
      const unknown = notes.filter(one => !known.has(nameOf(one)));
      pending = [...pending, ...unknown.map(one => ({ ...one }))].slice(-most);
    },
    remove(one) {
      pending = pending.filter(other => nameOf(other) !== nameOf(one));
      restsUntil.delete(nameOf(one));
    },
    rest: (one, until) => void restsUntil.set(nameOf(one), until),
    next: now => pending.find(one => untilOf(one) <= now),
    nextAt: () => (pending.length === 0 ? null : Math.min(...pending.map(untilOf))),
  };
}
