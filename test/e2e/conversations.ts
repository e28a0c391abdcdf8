import { setTimeout as pause } from 'node:timers/promises';
import type { InSlot } from '../../src/slots.ts';
import type { Member, Pollers } from './pollers.ts';
import type { Inbound } from './programs.ts';

const never = new AbortController().signal;

export type Message = Required<Pick<Inbound, 'id' | 'from' | 'text'>>;

/** The ids of the messages that the inbox has, and will hand over in order; asked for all who wait for theirs. */
export function watchInbox({ query }: Pollers, signal: AbortSignal) {
  const known = new Set<string>();
  let asked = Promise.withResolvers<void>();
  const look = async () => {
    // What a pass holds has no order yet. A change is committed soon after its time.
    const text = `SELECT id FROM kapso_whatsapp.entries WHERE state <> 'held' AND updated_at > ${Date.now() - 60_000}`;
    // The database is away in between.
    for (const { id } of await query<{ id: string }>(text).catch(() => [])) known.add(id);
  };
  const run = async () => {
    while (!signal.aborted) {
      await look();
      asked.resolve();
      asked = Promise.withResolvers();
      await pause(100, undefined, { signal }).catch(() => undefined);
    }
    asked.resolve();
  };
  const has = async (messages: readonly Message[]) => {
    while (!messages.every(({ id }) => known.has(id))) {
      if (signal.aborted) throw new Error('the inbox is not watched any more');
      await asked.promise;
    }
  };
  return { has, over: run() };
}

/**
 * Writes the messages of one conversation. Some are delivered to any of the pollers by webhook, until one takes it, and to some
 * of them again; others are there for polling only, a few at a time. The next ones are written when these were taken, since
 * webhooks that overtake one another have no order. `inSlot` bounds the deliveries at a time.
 */
export async function converse(
  pollers: Pollers,
  messages: readonly Message[],
  {
    random,
    has,
    inSlot,
  }: { random: () => number; has: (messages: readonly Message[]) => Promise<void>; inSlot: InSlot },
): Promise<void> {
  const any = () => pollers.members[Math.floor(random() * pollers.members.length)] as Member;
  const deliver = async (id: string) => {
    const member = any();
    if (!member.program.ready) return false;
    return (await inSlot(never, () => pollers.deliver(member, [id], 2000)).catch(() => null)) === 200;
  };
  // Not all at once.
  await pause(random() * 2 * messages.length * 1000);
  let rest = messages;
  while (rest.length > 0) {
    const byPolling = random() < 0.2;
    const some = rest.slice(0, byPolling ? 1 + Math.floor(random() * 3) : 1);
    rest = rest.slice(some.length);
    await pollers.receive(some);
    const [only] = some as [Message];
    if (!byPolling) while (!(await deliver(only.id))) await pause(200 + random() * 800);
    await has(some);
    for (const { id } of some) if (random() < 0.5) await deliver(id);
    await pause(random() * 2000);
  }
}
