/**
 * How far the server's clock is from ours, learnt from Date headers.
 *
 * A Date has whole seconds and was written somewhere between our sending and our receiving, so each one bounds the
 * difference from both sides; bounds of several are cut with each other.
 */
export interface ServerClock {
  /** Whether the server has told its time yet. */
  readonly known: boolean;
  observe(answer: { serverTime: number | null; sentAt: number; receivedAt: number }): void;
  /** The earliest the server's clock can have shown at this local time. */
  earliest(localTime: number): number;
}

/** What a server's clock may be behind ours when it never told its time. */
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
      // Bounds that do not meet: a clock was set in between, and only the news counts.
      const apart = low === null || from > high || to < low;
      low = apart || low === null ? from : Math.max(low, from);
      high = apart ? to : Math.min(high, to);
    },
    earliest: localTime => localTime + (low ?? -unknownSkew),
  };
}
