/**
 * Every pause before the program tries something again, in milliseconds.
 *
 * - `first` doubles with each failure up to `longest`.
 * - `jitter` is the share by which a pause varies to either side, so that many processes do not come back in step.
 * - `asked` is the longest wait that the other side gets: a `Retry-After` of decades must not stop anything for
 *   decades.
 */
export const waits = {
  /**
   * How long each of Kapso's addresses may take to connect before the next is tried. Node's own 250 ms are too short
   * for a line whose round trip is longer.
   */
  connect: { address: 2500 },
  /**
   * Kapso's list. A longer polling interval replaces the first pause. `needsOperator` is for a refusal that a
   * repetition does not change.
   */
  polling: { first: 1000, longest: 5 * 60_000, jitter: 0.1, needsOperator: 5 * 60_000, asked: 5 * 60_000 },
  /**
   * The registration of the webhook at Kapso, and the checks of one that exists. Kapso switches off a webhook whose
   * deliveries fail for a while, even when only the proxy was away.
   */
  registration: {
    first: 5000,
    longest: 15 * 60_000,
    jitter: 0.25,
    needsOperator: 5 * 60_000,
    asked: 15 * 60_000,
    checked: 15 * 60_000,
  },
  /** The Tailscale tunnel. After `sound` milliseconds without a failure, the first pause applies again. */
  tunnel: { first: 1000, longest: 60_000, jitter: 0.25, sound: 60_000 },
  /**
   * A send that Kapso certainly did not take. Kapso's own wait is kept only up to the deadline of the send. The caller
   * is told of at most `passedOn`.
   */
  send: { first: 500, longest: 10_000, jitter: 0.25, passedOn: 60 * 60_000 },
  /** The typing sign, which WhatsApp takes away after about 25 s (Kapso documentation, "Send a message"). */
  typing: { refreshed: 20_000 },
  /** A reaction that is to be taken off. */
  reaction: { first: 5000, longest: 60_000, jitter: 0.25 },
  /** The list of sent messages, when it could not be read. The deadline of the send is the end here too. */
  lookUp: { first: 2000, longest: 2000, jitter: 0.25 },
  /** The list of sent messages, when it is asked what became of them: between two questions, and after failures. */
  statuses: { first: 60_000, longest: 15 * 60_000, jitter: 0.25 },
  /** A reply that Kapso did not take. `needsOperator` is for a refusal of all messages that a repetition does not change. */
  reply: { first: 1000, longest: 60_000, jitter: 0.25, needsOperator: 60_000, asked: 20 * 60_000 },
  /** Looks for a reply whose request had no answer. One reading of the list serves all that look within `shared`. */
  replyLookUp: { first: 500, longest: 10_000, jitter: 0, shared: 1000 },
  /**
   * A reply whose file is on another machine: between two looks for it, and until it is given up. What follows in its
   * conversation waits as long.
   */
  fileElsewhere: { again: 10_000, givenUp: 5 * 60_000 },
  /** A service that transcribes a voice message, within the time limit of that. */
  transcription: { first: 1000, longest: 8000, jitter: 0.25, asked: 30_000, attempts: 4 },
  /** A program that is told of an alert, after it failed. `attempts` are all that it gets, over restarts too. */
  alert: { first: 10_000, longest: 60_000, jitter: 0.25, attempts: 3 },
  /** The rest of a program's output after its end. A process that it left elsewhere may hold that open without end. */
  outputAfterExit: { within: 1000 },
  /** A message after an attempt that counted. */
  attempt: { first: 30_000, longest: 4 * 3_600_000, jitter: 0.25 },
  /** A message that the gateway is busy with or wants later. */
  busy: { first: 1000, longest: 10_000, jitter: 0, asked: 5 * 60_000 },
  /** A conversation that could not be worked on, because the store refused or there is a defect. */
  defect: { first: 5000, longest: 60_000, jitter: 0 },
  /** A connection to the database. What is asked of the store meanwhile is refused at once. */
  database: { first: 250, longest: 10_000, jitter: 0.25 },
  /** A conversation that another process has claimed: an operator joins it with another one. */
  claimed: { first: 1000 },
  /**
   * What several processes share: a renewal of claims that failed, and looks for lanes and roles that nobody has. What
   * happens elsewhere is told at once where the database can tell it; then a look follows `soon`, for many things together.
   * A claim lasts for `lease`: whoever waits for it notices within some seconds that it is over, so that another process
   * takes over within 15 s.
   */
  claims: { lease: 10_000, again: 1000, looked: 3000, soon: 50 },
  /**
   * A role whose work fails on this machine and may not on another one. It is given up after `failures` in a row, or at once
   * where a repetition does not help, and at most once in `kept`. For so long it is taken again only when nobody has had it
   * for `free`.
   */
  role: { failures: 3, free: 15_000, kept: 10 * 60_000 },
  /** A gateway that is connected but takes no run of any message. */
  unready: { first: 5000, longest: 60_000, jitter: 0 },
  /** `unanswered`: a request that the gateway did not answer in time. `again`: one that it wants again without saying when. */
  request: { unanswered: 5000, again: 1000 },
  /** The end of a connection that takes no more requests. The next connection ends this wait. */
  closing: { first: 250, longest: 250, jitter: 0 },
  /** Questions for the end of a run, when the gateway answers them too early. */
  runEnd: { first: 1000, longest: 30_000, jitter: 0 },
  /**
   * Readings of Kapso's list after a run that may have sent something itself. A message may be missing in it for
   * `listLag` milliseconds.
   */
  ownSends: { first: 1000, longest: 3000, jitter: 0, listLag: 8000 },
  /** Readings of the record of a run that has ended, until its answer is in it. */
  answerInRecord: { first: 250, longest: 1000, jitter: 0, readings: 5 },
  /** The second answer to a run that has ended: it says what tools attach, and comes at the same moment as the end. */
  secondAnswer: { within: 5000 },
  /** The pause before the program identifies its device to a gateway that grants nothing without one. */
  showDevice: { first: 100, longest: 100, jitter: 0 },
  /** The connection to the gateway. */
  gateway: { first: 1000, longest: 30_000, jitter: 0.25, asked: 5 * 60_000, soonest: 100 },
  /** The connection to a gateway on this host that restarts, for the first `during` milliseconds. */
  gatewayNearby: { first: 500, longest: 500, jitter: 0.25, during: 60_000 },
  /** The connection to a gateway where only an operator can help. */
  gatewayBlocked: { first: 120_000, longest: 5 * 60_000, jitter: 0.25 },
  /**
   * The connection to a gateway until it approves a device or lets an address in again. `locked` applies when the
   * gateway does not say how long it locks the address out. The pause exceeds what it asks for by up to twice
   * `afterAsked`.
   */
  gatewayWaiting: {
    first: 60_000,
    longest: 60_000,
    jitter: 0.25,
    asked: 20 * 60_000,
    soonest: 1000,
    afterAsked: 1000,
    locked: 5 * 60_000,
  },
} as const;

export interface BackoffShape {
  first: number;
  longest: number;
  /** 0 ≤ x < 1. */
  jitter: number;
}

/** Returns the pause in milliseconds after `failures` failures in a row, counted from 1. `random` gives 0 ≤ x < 1. */
export function backoff({ first, longest, jitter }: BackoffShape, random: () => number): (failures: number) => number {
  return failures => vary(Math.min(longest, first * 2 ** Math.min(failures - 1, 30)), jitter, random);
}

/** Makes a pause longer or shorter by up to the share `jitter`. Returns whole milliseconds. */
export function vary(ms: number, jitter: number, random: () => number): number {
  return Math.round(ms * (1 - jitter + 2 * jitter * random()));
}

/**
 * Limits a wait that the other side asks for, in milliseconds. `cut` is what it asked for, for the log, when that is
 * longer; else null.
 */
export function keepTo(asked: number, longest: number): { ms: number; cut: string | null } {
  return asked <= longest
    ? { ms: asked, cut: null }
    : { ms: longest, cut: `${Math.round(asked / 1000)} s, of which ${longest / 1000} s are kept to` };
}
