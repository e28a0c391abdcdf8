/**
 * The difference between the server's clock and ours, learnt from Date headers.
 *
 * A Date has whole seconds and was written between our sending and our receiving. So each Date bounds the difference
 * from both sides, and the bounds of several are intersected.
 */
export interface ServerClock {
  /** Whether the server has told its time yet. */
  readonly known: boolean;
  observe(answer: { serverTime: number | null; sentAt: number; receivedAt: number }): void;
  /** The earliest time that the server's clock can have shown at this local time. */
  earliest(localTime: number): number;
}

/** Milliseconds that the server's clock may be behind ours when it never told its time. */
const unknownSkew = 60_000;

export function createServerClock(): ServerClock {
  let low: number | null = null;
  let high = 0;
  return {
    get known() {
      return low !== null;
    },
    observe({ serverTime, sentAt, receivedAt }) {
      if (serverTime === null) return;
      const from = serverTime - receivedAt;
      const to = serverTime + 999 - sentAt;
      // Bounds that do not overlap: a clock was set in between, so only the new ones count.
      const apart = low === null || from > high || to < low;
      low = apart || low === null ? from : Math.max(low, from);
      high = apart ? to : Math.min(high, to);
    },
    earliest: localTime => localTime + (low ?? -unknownSkew),
  };
}
