/** What `status` calls a problem: a sentence each. */
import { maskNumbers } from '../observe/mask.ts';
import type { Status } from '../observe/status.ts';
import type { Outgoing } from '../store/outbox.ts';
import type { Entry } from '../store/store.ts';
import { span } from './format.ts';
import { timesOf, viewOf } from './inbox-view.ts';
import { outgoingRefs, outgoingView, reasonText } from './outbox-view.ts';
import { refsOf } from './refs.ts';

/** The status as any version of the poller may have written it. */
export type Known = { readonly [K in keyof Status]?: Partial<NonNullable<Status[K]>> | Status[K] | null };

/** A message that failed this often is a problem. At most this many are named. */
export const failingProblem = { attempts: 2, named: 3 };

/**
 * An answer that failed this often, or waits for this long in milliseconds, is a problem. So many of the oldest that wait
 * are looked at, and at most so many are named.
 */
export const lateProblem = { attempts: 2, after: 600_000, looked: 200, named: 3 };

/** Returns a sentence for each message that keeps failing. Its conversation may wait behind it. */
export function failingProblems(failing: readonly Entry[], now: number): string[] {
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
  return failing.length > named.length
    ? [...problems, 'more messages fail; see kapso-whatsapp-cli inbox list']
    : problems;
}

/** Returns a sentence for each recipient whose next answer is late. */
export function lateProblems(waiting: readonly Outgoing[], now: number): string[] {
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
  return late.length > named.length ? [...problems, 'more answers wait; see kapso-whatsapp-cli outbox list'] : problems;
}

/** A row without a reason was made, retried or handed to Kapso when it was last touched. */
function waitsSince({ reason, createdAt, updatedAt }: Outgoing): number {
  return reason === null ? updatedAt : createdAt;
}

/** How long a poll may be overdue before its silence is a problem, milliseconds. */
const overdueAfter = 30_000;

/** Returns a sentence when the poller should have written its status since: the disk may be full, and it hides that. */
export function silence(poller: Known | null, now: number): string[] {
  const overdue = now - (poller?.polling?.nextAt ?? now);
  if (overdue < overdueAfter) return [];
  const since = `the poller was to poll ${span(overdue)} ago, and has written no status since`;
  return [`${since}: its disk may be full, or it hangs; see its log`];
}

export function problemsOf(poller: Known | null): string[] {
  if (!poller) return ['the poller has written no status'];
  const { polling, webhook, tunnel, gateway, registration, clock, delivery } = poller;
  const problems: string[] = [];
  if (gateway && gateway.phase !== 'connected') {
    const why = [gateway.reason, gateway.hint].filter(Boolean).join('; ');
    problems.push(`the gateway is ${gateway.phase ?? 'in an unknown state'}${why ? `: ${why}` : ''}`);
  }
  if (typeof clock?.ahead === 'number') {
    const way = clock.ahead > 0 ? 'ahead of' : 'behind';
    problems.push(
      `this machine's clock is ${span(Math.abs(clock.ahead))} ${way} Kapso's: set it (timedatectl set-ntp true)`,
    );
  }
  if (delivery?.reason) {
    const what = delivery.agent === undefined ? 'no messages' : `no messages for the agent ${delivery.agent}`;
    problems.push(`the gateway takes ${what}: ${[delivery.reason, delivery.hint].filter(Boolean).join('; ')}`);
  }
  if (polling?.lastError) problems.push(`polling fails: ${polling.lastError}`);
  if (webhook?.lastError) problems.push(`the webhook server fails: ${webhook.lastError}`);
  if (tunnel?.reason) problems.push(`the tunnel fails: ${[tunnel.reason, tunnel.hint].filter(Boolean).join('; ')}`);
  if (registration?.reason) {
    const why = [registration.reason, registration.hint].filter(Boolean).join('; ');
    problems.push(`the webhook is not registered: ${why}`);
  }
  return problems.map(maskNumbers);
}
