/**
 * Every pause that the program makes before it tries something again, in milliseconds. `first` is doubled with each failure up to
 * `longest`; `jitter` is the share by which a pause varies to either side, so that many do not come back in step. `asked` is the
 * longest wait that the other side gets when it asks for one: a `Retry-After` of decades must not stop anything for decades.
 */
export const waits = {
  /**
   * A connection to Kapso: how long each of its addresses may take before the next is tried. Node's own 250 ms give up every address of
   * a line whose round trip is longer.
   */
  connect: { address: 2500 },
  /** Kapso's list. The first pause is the polling interval, where that is longer; `needsOperator` is for a refusal that repeating does not turn. */
  polling: { first: 1000, longest: 5 * 60_000, jitter: 0.1, needsOperator: 5 * 60_000, asked: 5 * 60_000 },
  /**
   * The registration of the webhook at Kapso, and how often one that stands is checked: Kapso switches off a webhook whose deliveries
   * fail for a while, also when it was the proxy that was away.
   */
  registration: {
    first: 5000,
    longest: 15 * 60_000,
    jitter: 0.25,
    needsOperator: 5 * 60_000,
    asked: 15 * 60_000,
    checked: 15 * 60_000,
  },
  /** The Tailscale tunnel. One that stayed open for `sound` begins anew. */
  tunnel: { first: 1000, longest: 60_000, jitter: 0.25, sound: 60_000 },
  /** A send that Kapso surely did not take. What Kapso asks for ends at the deadline of the send, and what is passed on of it to the caller at `passedOn`. */
  send: { first: 500, longest: 10_000, jitter: 0.25, passedOn: 60 * 60_000 },
  /** The list of sent messages, where it could not be read. Here too the deadline of the send is the end. */
  lookUp: { first: 2000, longest: 2000, jitter: 0.25 },
  /** A message whose attempt counted. */
  attempt: { first: 30_000, longest: 4 * 3_600_000, jitter: 0.25 },
  /** A message that the gateway is busy with, or wants later. */
  busy: { first: 1000, longest: 10_000, jitter: 0, asked: 5 * 60_000 },
  /** A conversation that could not be worked on: the store refused, or a defect. */
  defect: { first: 5000, longest: 60_000, jitter: 0 },
  /** A gateway that is there, but takes no run of any message. */
  unready: { first: 5000, longest: 60_000, jitter: 0 },
  /** Two questions for the end of a run that are answered before their time. */
  runEnd: { first: 1000, longest: 30_000, jitter: 0 },
  /** The pause before a gateway is shown a device that grants nothing without one. */
  showDevice: { first: 100, longest: 100, jitter: 0 },
  /** The connection to the gateway. */
  gateway: { first: 1000, longest: 30_000, jitter: 0.25, asked: 5 * 60_000 },
  /** The same while a gateway on this host restarts; it is over after `during`. */
  gatewayNearby: { first: 500, longest: 500, jitter: 0.25, during: 60_000 },
  /** The same where only an operator can help. */
  gatewayBlocked: { first: 120_000, longest: 5 * 60_000, jitter: 0.25 },
  /** The same until a device is approved, or an address let in again. */
  gatewayWaiting: { first: 60_000, longest: 60_000, jitter: 0.25, asked: 20 * 60_000 },
} as const;

export interface BackoffShape {
  first: number;
  longest: number;
  /** 0 ≤ x < 1. */
  jitter: number;
}

/** The pause, ms, after so many failures in a row; 1 is the first. `random` gives 0 ≤ x < 1. */
export function backoff({ first, longest, jitter }: BackoffShape, random: () => number): (failures: number) => number {
  return failures => vary(Math.min(longest, first * 2 ** Math.min(failures - 1, 30)), jitter, random);
}

/** The pause made longer or shorter by up to the share `jitter`, in whole milliseconds. */
export function vary(ms: number, jitter: number, random: () => number): number {
  return Math.round(ms * (1 - jitter + 2 * jitter * random()));
}

/** A wait that another side asks for, ms, as far as it is kept to; `cut` says for the log what it asked for, where that is longer. */
export function keepTo(asked: number, longest: number): { ms: number; cut: string | null } {
  return asked <= longest
    ? { ms: asked, cut: null }
    : { ms: longest, cut: `${Math.round(asked / 1000)} s, of which ${longest / 1000} s are kept to` };
}
