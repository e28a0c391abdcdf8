import type { RunRequest } from '../agents/agent.ts';
import { type InboundMessage, withAddress } from '../domain/message.ts';
import { agentMessage } from '../domain/prompt.ts';
import type { Route } from '../domain/route.ts';
import { systemPrompt } from '../domain/standing-instruction.ts';
import { readBody } from '../domain/stored-body.ts';
import type { Entry, Store } from '../store/store.ts';
import type { ReplyVia } from './answer.ts';
import { correspondentOf } from './correspondent.ts';
import { type ReferenceParts, referencesOf, type Spoken } from './references.ts';

/** How many earlier notices of the conversation a message carries to the agent: the newest. */
const mostContext = 20;

/** The key of a message's run: its id, with a number from the second run on. */
export function runKeyOf(id: string, runNumber: number): string {
  return runNumber === 1 ? id : `${id}:${runNumber}`;
}

/**
 * Returns the age of a message in milliseconds. When `kapsoNow` is null, this machine's clock decides; it may have been
 * set since the message came, or be wrong now.
 */
export function ageOf(
  receivedAt: number,
  { timestamp }: Pick<InboundMessage, 'timestamp'>,
  { now, kapsoNow }: { now: number; kapsoNow: number | null },
): number {
  return kapsoNow === null ? now - Math.max(receivedAt, timestamp) : kapsoNow - timestamp;
}

export interface RunOptions extends Omit<ReferenceParts, 'store'> {
  runKey: string;
  via: ReplyVia;
  mayGather: boolean;
  /** That of the sender. */
  route: Route;
  /** Returns that of another entry's sender. */
  routeOf: (entry: Entry) => Promise<Route>;
}

/**
 * Builds the request to the agent for a message, with the earlier notices and the messages that were gathered into its
 * run, which the store keeps with it over all its runs. `newest` is the last of those messages, or the message itself.
 */
export async function runRequest(
  store: Pick<Store, 'context' | 'contacts' | 'get' | 'amendments' | 'outbox'>,
  entry: Entry,
  options: RunOptions,
  message: InboundMessage,
  time: { now: number; kapsoNow: number | null },
): Promise<{ request: RunRequest; newest: InboundMessage }> {
  const { runKey, via, mayGather, route, routeOf, admissions } = options;
  const { entries, count, gathered } = await store.context(entry.id, mostContext);
  const noted = await readable(entries, admissions);
  const addressed = async (one: Entry, its: InboundMessage) =>
    // An address that nothing can be sent to, rather than one that is another person's by now.
    withAddress(its, (await correspondentOf(store.contacts, one, its)).address || 'unknown');
  const following: (Spoken & { age: number })[] = [];
  for (const one of gathered) {
    const body = readBody(one);
    if (body.kind !== 'message') continue;
    const age = ageOf(one.receivedAt, body.message, time);
    following.push({ entry: one, message: await addressed(one, body.message), age });
  }
  const age = ageOf(entry.receivedAt, message, time);
  const asked = await addressed(entry, message);
  // Only in a group there may be what others wrote.
  const others = message.groupId === undefined ? [] : entries;
  const roles = new Map(await Promise.all(others.map(async one => [one.id, (await routeOf(one)).role] as const)));
  const references = await referencesOf({ ...options, store }, [...noted, { entry, message }, ...following]);
  const context = noted.map(one => one.message);
  const roleOf = ({ id }: InboundMessage) => (roles.has(id) ? (roles.get(id) ?? null) : route.role);
  return {
    request: {
      sessionKey: entry.session,
      runKey,
      message: agentMessage(asked, {
        ...{ context, omitted: count - context.length, age, following, references, roleOf },
      }),
      systemPrompt: systemPrompt(asked, { via, several: mayGather || following.length > 0, route }),
    },
    newest: following.at(-1)?.message ?? message,
  };
}

/** What can be read, and may be: somebody may have written in a group who may not any more. */
async function readable(entries: readonly Entry[], admissions: RunOptions['admissions']): Promise<Spoken[]> {
  const messages: Spoken[] = [];
  for (const one of entries) {
    const body = readBody(one);
    if (body.kind !== 'message') continue;
    // The bridge's own notice is nobody's message.
    const isOurs = body.message.notice === 'answer-failed';
    const admission = isOurs ? undefined : (await admissions?.of(one, body.message))?.admission;
    if (admission === undefined || admission.kind === 'admitted') messages.push({ entry: one, message: body.message });
  }
  return messages;
}
