/** The problems of single messages and answers. Every other one is in `problems`. */
import type { Problem } from '../problems/table.ts';
import { span } from '../span.ts';
import type { Outgoing } from '../store/outbox.ts';
import type { Entry } from '../store/store.ts';
import { timesOf, viewOf } from './message-view.ts';
import { outgoingRefs, outgoingView, reasonText } from './outgoing-view.ts';
import { refsOf } from './refs.ts';

/** A message that failed this often is a problem. At most this many are named. */
export const failingProblem = { attempts: 2, named: 3 };

/**
 * An answer that failed this often, or waits for this long in milliseconds, is a problem. So many of the oldest that wait
 * are looked at, and at most so many are named.
 */
export const lateProblem = { attempts: 2, after: 600_000, looked: 200, named: 3 };

/** Returns a sentence for each message that keeps failing. Its conversation may wait behind it. */
export function failingProblems(failing: readonly Entry[], now: number): Problem[] {
  const named = failing.slice(0, failingProblem.named);
  const refs = refsOf(named.map(({ id }) => id));
  const problems = named.map(entry => {
    const { from, reason, retryAt } = viewOf(entry, { ref: refs.get(entry.id) ?? entry.id, full: false });
    const first = entry.firstAttemptAt ?? now;
    const since = `since ${new Date(first).toISOString()} (${span(Math.max(0, now - first))} ago)`;
    const again = retryAt === null ? '' : `; it is tried again at ${retryAt}`;
    const which = `a message of ${from ?? 'an unknown sender'} (${refs.get(entry.id)})`;
    return `${which} has failed ${timesOf(entry.attempts)} ${since}: ${reason ?? 'it is being tried again'}${again}`;
  });
  const more = failing.length > named.length ? ['more messages fail; see kapso-whatsapp-cli inbox list'] : [];
  return [...problems, ...more].map(says => ({ code: 'message-failing', says, hint: null, count: 1 }));
}

/** Returns a sentence for each recipient whose next answer is late. */
export function lateProblems(waiting: readonly Outgoing[], now: number): Problem[] {
  const next = [...new Map([...waiting].reverse().map(row => [row.lane, row])).values()].reverse();
  const late = next.filter(row => row.attempts >= lateProblem.attempts || now - waitsSince(row) >= lateProblem.after);
  const named = late.slice(0, lateProblem.named);
  const refs = outgoingRefs(named);
  const problems = named.map(row => {
    const { to, ref, reason, code, retryAt } = outgoingView(row, refs.get(row.id) ?? row.id, false);
    const failed = row.attempts === 0 ? '' : `, and has failed ${timesOf(row.attempts)}`;
    const why = reasonText({ reason, code }) || 'it is being sent';
    const again = retryAt === null ? '' : `; it is tried again at ${retryAt}`;
    return `an answer to ${to} (${ref}) waits for ${span(now - waitsSince(row))}${failed}: ${why}${again}`;
  });
  const more = late.length > named.length ? ['more answers wait; see kapso-whatsapp-cli outbox list'] : [];
  return [...problems, ...more].map(says => ({ code: 'reply-late', says, hint: null, count: 1 }));
}

/** A row without a reason was made, retried or handed to Kapso when it was last touched. */
function waitsSince({ reason, createdAt, updatedAt }: Outgoing): number {
  return reason === null ? updatedAt : createdAt;
}
