import { maskNumbers } from '../mask.ts';
import type { Status } from '../observe/status.ts';
import { problemsOf } from '../problems/assess.ts';
import { sentenceOf } from '../problems/table.ts';
import type { Mute } from '../store/commands.ts';
import type { Counts } from '../store/store.ts';

/** What the answer to `!status` is made of. */
export interface StatusFacts {
  status: Status;
  queue: Counts;
  mutes: readonly Mute[];
  /** Milliseconds since the epoch. */
  now: number;
}

/** Says in a few lines what waits, whether the agent can be reached, and what is wrong. No number stands there whole. */
export function statusText({ status, queue, mutes, now }: StatusFacts): string {
  const { gateway, outbox } = status;
  const { pending, sending, held, failed } = queue.byState;
  const waiting = pending + sending + held;
  const oldest = queue.oldestUndelivered === null ? '' : `, the oldest for ${minutes(now - queue.oldestUndelivered)}`;
  const lines = [
    `kapso-whatsapp ${status.version}, for ${minutes(now - status.startedAt)}`,
    `Messages: ${waiting} waiting${oldest}; ${failed} failed`,
    ...(outbox ? [`Answers: ${outbox.waiting} waiting; ${outbox.failed} failed`] : []),
    `Gateway: ${gateway.phase} for ${minutes(now - gateway.since)}`,
    ...problemsOf(status).map(problem => `Problem: ${sentenceOf(problem)}`),
    ...mutes.map(one => `Muted: ${whose(one)} ${until(one)}`),
  ];
  return maskNumbers(lines.join('\n'));
}

/** Until when a conversation is muted, as words. */
export function until({ until: end }: Pick<Mute, 'until'>): string {
  return end === null ? 'until !unmute' : `until ${new Date(end).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function whose({ account, conversation }: Mute): string {
  return conversation.startsWith(`${account}/`) ? conversation.slice(account.length + 1) : conversation;
}

function minutes(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 60_000));
  return whole === 1 ? '1 minute' : `${whole} minutes`;
}
