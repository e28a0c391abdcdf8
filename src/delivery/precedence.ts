/**
 * Decides whose turn it is in a conversation whose oldest message keeps failing.
 *
 * After a few failures that message steps aside, and the next one is tried. When the next one is answered, it has
 * overtaken the first, which is given up. The agent has most probably read the first, since the gateway keeps its text
 * in the conversation, and a late answer to it would confuse.
 *
 * A gateway or model that fails altogether must not cost the first message of every conversation. So a message is
 * passed over only when it is itself at fault: another run ended well between two of its failures. When nothing is
 * known of others, one conversation at a time, the first that was held up, may find out: right after its first message
 * has failed once more, it tries the next one. After any run that ended well, or when a new message comes, a message
 * that stepped aside is tried again before it can be passed over.
 */
import type { EntryState } from '../store/new-entry.ts';
import { waits } from '../waits.ts';

/** A message that waits in a conversation. */
export interface Queued {
  id: string;
  state: EntryState;
  /** Failed attempts. */
  attempts: number;
  /** Until when it rests, in milliseconds since the epoch; null when it is due. */
  until: number | null;
}

/** What is known of a message's last failure. */
export interface Failure {
  /** Another run ended well between its last two failures. */
  own: boolean;
  /** Whether another attempt is worthwhile before its time, or from which time on. */
  again: boolean | number;
}

/** The message whose turn it is, with those that it passes over; or the time until which the conversation rests. */
export type Choice = { take: string; passing: string[] } | { until: number };

/**
 * The rule. Pure.
 *
 * @param queue the conversation's messages from the oldest on; not empty.
 * @param limit failures after which a message steps aside.
 * @param failures by id; a message without one has not failed since the start.
 * @param probe the message that has just failed in a conversation that may find out whether it is alone at fault.
 */
export function chooseNext(
  queue: readonly Queued[],
  limit: number,
  failures: ReadonlyMap<string, Failure>,
  probe: string | null,
): Choice {
  let soonest = Number.POSITIVE_INFINITY;
  const take = (index: number): Choice => {
    const entry = queue[index];
    if (entry === undefined) return { until: soonest };
    const passing = queue.slice(0, index).filter(({ attempts }) => attempts >= limit);
    return { take: entry.id, passing: passing.map(({ id }) => id) };
  };
  // Its run may still be going on, and a conversation never has two.
  const running = queue.findIndex(({ state, attempts }, index) => index > 0 && state === 'sending' && attempts < limit);
  if (running > 0) {
    const { until = null } = queue[running] ?? {};
    return until === null ? take(running) : { until };
  }
  for (const [index, { id, attempts, until }] of queue.entries()) {
    if (until === null) return take(index);
    soonest = Math.min(soonest, until);
    if (attempts < limit) break;
    const failure = failures.get(id);
    if (failure === undefined || failure.again === true) return queue.length > 1 ? take(index) : { until };
    if (failure.own) continue;
    if (typeof failure.again === 'number') soonest = Math.min(soonest, failure.again);
    const probed = queue.findIndex(other => other.id === probe);
    if (probed >= 0) return take(probed + 1);
    break;
  }
  return { until: soonest };
}

export interface Precedence {
  /** Returns the message whose turn it is. `now` is in milliseconds since the epoch. */
  choose(lane: string, queue: readonly Queued[], limit: number, now: number): Choice;
  /**
   * Notes that the message's last counted attempt failed. `waiting` are the ids of its conversation when it steps
   * aside, else none.
   */
  failed(lane: string, id: string, waiting: readonly string[], now: number): void;
  /** Notes that a run ended well. Returns whether resting conversations should be looked at again because of it. */
  worked(): boolean;
  /** Notes that the conversation has no message that keeps failing. */
  calm(lane: string): void;
}

interface Known {
  /** Counts up with each end of a run. */
  event: number;
  at: number;
  /** It counted as itself at fault, and it had failed often enough to step aside. */
  own: boolean;
  aside: boolean;
  /** The newest message that waited then. */
  newest: string | undefined;
}

/**
 * What has happened since the start, as far as the rule needs it. After a restart nothing is known, and everything is
 * tried once more.
 */
export function createPrecedence(): Precedence {
  let event = 0;
  let lastWorked = 0;
  const lanes = new Map<string, Map<string, Known>>();
  /** Conversations that are held up since a run last ended well, in that order. */
  const heldUp = new Set<string>();
  const probes = new Map<string, { id: string; at: number }>();

  return {
    choose(lane, queue, limit, now) {
      const known = lanes.get(lane) ?? new Map<string, Known>();
      for (const id of [...known.keys()]) if (!queue.some(one => one.id === id)) known.delete(id);
      const newest = queue.at(-1)?.id;
      const failures = new Map<string, Failure>();
      for (const [id, failure] of known) {
        const rested = failure.at + waits.attempt.first;
        const joined = failure.newest !== newest && (now >= rested || rested);
        // A message that failed amid others' successes is not tried again for each of those.
        failures.set(id, { own: failure.own, again: (!failure.own && lastWorked > failure.event) || joined });
      }
      const probe = probes.get(lane);
      probes.delete(lane);
      // An old failure proves nothing about the present.
      const fresh = probe !== undefined && now - probe.at <= waits.attempt.first;
      return chooseNext(queue, limit, failures, fresh ? probe.id : null);
    },
    failed(lane, id, waiting, now) {
      const known = lanes.get(lane) ?? new Map<string, Known>();
      lanes.set(lane, known);
      const before = known.get(id);
      const own = before !== undefined && lastWorked > before.event;
      event += 1;
      const aside = waiting.length > 0;
      known.set(id, { event, at: now, own, aside, newest: waiting.at(-1) });
      if (own || waiting.length < 2) return;
      heldUp.add(lane);
      const [first] = heldUp;
      if (first === lane) probes.set(lane, { id, at: now });
    },
    worked() {
      const before = lastWorked;
      event += 1;
      lastWorked = event;
      heldUp.clear();
      probes.clear();
      return [...lanes.values()].some(known =>
        [...known.values()].some(failure => failure.aside && !failure.own && failure.event > before),
      );
    },
    calm(lane) {
      lanes.delete(lane);
      heldUp.delete(lane);
      probes.delete(lane);
    },
  };
}
