import type { ImageLimits, RunRequest } from '../agents/agent.ts';
import type { Attached } from '../domain/attached.ts';
import { type InboundMessage, withAddress } from '../domain/message.ts';
import { agentMessage } from '../domain/prompt.ts';
import type { Route } from '../domain/route.ts';
import { systemPrompt } from '../domain/standing-instruction.ts';
import { readBody } from '../domain/stored-body.ts';
import type { Entry, Store } from '../store/store.ts';
import type { ReplyVia } from './answer.ts';
import { attachImages, isImage } from './attach.ts';
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
  /** The number that was written to, as `--from` takes it, where there are several. */
  label?: string | null | undefined;
  /** What became of the medium of the message; null without one. */
  medium: Attached | null;
  /** Returns what becomes of the medium of an earlier message that it carries; null without one. */
  mediumOf: (message: InboundMessage) => Promise<Attached | null>;
}

export interface PreparedRun {
  /** The last message of the run. */
  newest: InboundMessage;
  /** Whether there are images that the agent may see. */
  hasImages: boolean;
  /** Builds the request, with the images that the agent is to see within these limits; null for none. */
  request(images: ImageLimits | null): Promise<RunRequest>;
}

/**
 * Prepares the request to the agent for a message, with the earlier notices and the messages that were gathered into its
 * run, which the store keeps with it over all its runs, and with the media of them.
 */
export async function runRequest(
  store: Pick<Store, 'context' | 'contacts' | 'get' | 'amendments' | 'outbox'>,
  entry: Entry,
  options: RunOptions,
  message: InboundMessage,
  time: { now: number; kapsoNow: number | null },
): Promise<PreparedRun> {
  const { runKey, via, mayGather, route, routeOf, admissions, findMessage, medium, mediumOf, log, signal } = options;
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
  const turn = [...noted, { entry, message }, ...following];
  const references = await referencesOf({ store, admissions, findMessage, log, signal }, turn);
  const context = noted.map(one => one.message);
  const media = new Map(await mediaOf(context, mediumOf));
  if (medium !== null) media.set(message.id, medium);
  const roleOf = ({ id }: InboundMessage) => (roles.has(id) ? (roles.get(id) ?? null) : route.role);
  return {
    newest: following.at(-1)?.message ?? message,
    hasImages: [...media.values()].some(isImage),
    request: async images => {
      const { attached, attachments } = await attachImages(media, images);
      return {
        sessionKey: entry.session,
        runKey,
        message: agentMessage(asked, {
          ...{ context, omitted: count - context.length, age, following, references, attached, roleOf },
        }),
        systemPrompt: systemPrompt(asked, {
          ...{ via, route, from: options.label ?? null },
          several: mayGather || following.length > 0,
        }),
        ...(attachments.length > 0 && { attachments }),
      };
    },
  };
}

/** How many media of earlier messages the agent gets: those of the newest. */
const mostMedia = 5;

/** Returns what became of the media of earlier messages, by the ids of those that have one. */
async function mediaOf(
  context: readonly InboundMessage[],
  mediumOf: RunOptions['mediumOf'],
): Promise<[string, Attached][]> {
  const newest = context.filter(({ media }) => media !== null).slice(-mostMedia);
  const found = await Promise.all(newest.map(async one => [one.id, await mediumOf(one)] as const));
  return found.flatMap(([id, medium]) => (medium === null ? [] : [[id, medium]]));
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
