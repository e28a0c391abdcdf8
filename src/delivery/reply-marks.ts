/** The marks with which replies leave. They come back in Kapso's list and in WhatsApp's reports. Pure. */
import { replyMark } from './own-sends/own-sends.ts';

/** Milliseconds by which clocks that are right may differ. */
const leeway = 30_000;

/** The time by this machine's clock, and by Kapso's where that is known: milliseconds since the epoch. */
interface Times {
  now: number;
  kapsoNow: number | null;
}

/** Returns the mark of one attempt to send. It is unique, so that an attempt that failed is not taken for a later one. */
export function newMark(id: string, { now, kapsoNow }: Times): string {
  const atKapso = kapsoNow === null ? '' : `@${Math.floor(kapsoNow).toString(36)}`;
  return `${replyMark}${id}-${now.toString(36)}${atKapso}`.slice(0, 500);
}

/**
 * Returns the time by Kapso's clock before which an attempt cannot have left; null when that is unknown. `begunAt` is its
 * time by this machine's clock. Either clock may have been wrong, so the earlier one counts.
 */
export function leftAfter(mark: string | null, begunAt: number | null): number | null {
  const atKapso = timeAtKapso(mark);
  return atKapso === null || begunAt === null ? null : Math.min(atKapso, begunAt) - leeway;
}

/** Returns how old an attempt is at least, in milliseconds; null when that is unknown. Either clock may have been set since. */
export function ageOf(mark: string | null, begunAt: number | null, { now, kapsoNow }: Times): number | null {
  const atKapso = timeAtKapso(mark);
  return atKapso === null || begunAt === null || kapsoNow === null ? null : Math.min(kapsoNow - atKapso, now - begunAt);
}

function timeAtKapso(mark: string | null): number | null {
  const written = /@([0-9a-z]{1,10})(?:-t)?$/.exec(mark ?? '')?.[1];
  return written === undefined ? null : Number.parseInt(written, 36);
}
