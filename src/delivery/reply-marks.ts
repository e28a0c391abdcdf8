/** The marks with which replies leave. They come back in Kapso's list and in WhatsApp's reports. Pure. */
import { replyMark } from './own-sends/own-sends.ts';

/** Milliseconds by which clocks that are right may differ. */
const leeway = 30_000;

/**
 * Returns the mark of one attempt to send. It is unique, so that an attempt that failed is not taken for a later one.
 * `now` is this machine's time, `kapsoNow` that of Kapso, where it is known.
 */
export function newMark(id: string, { now, kapsoNow }: { now: number; kapsoNow: number | null }): string {
  const atKapso = kapsoNow === null ? '' : `@${Math.floor(kapsoNow).toString(36)}`;
  return `${replyMark}${id}-${now.toString(36)}${atKapso}`.slice(0, 500);
}

/**
 * Returns the time by Kapso's clock before which an attempt cannot have left; null when that is unknown. `begunAt` is its
 * time by this machine's clock. Either clock may have been wrong, so the earlier one counts.
 */
export function leftAfter(mark: string | null, begunAt: number | null): number | null {
  const atKapso = /@([0-9a-z]{1,10})(?:-t)?$/.exec(mark ?? '')?.[1];
  return atKapso === undefined || begunAt === null ? null : Math.min(Number.parseInt(atKapso, 36), begunAt) - leeway;
}
