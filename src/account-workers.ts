/** The two workers of a number: one hands its messages to the agent, the other sends what the outbox holds. */

import type { Limits } from './access/limits.ts';
import type { Access } from './access/policy.ts';
import type { AccountOptions } from './account-options.ts';
import type { AccountConfig } from './config/load.ts';
import { createAddressed } from './delivery/addressed.ts';
import type { Admissions } from './delivery/admissions.ts';
import { createAnswers } from './delivery/answer.ts';
import type { RunMedia } from './delivery/attach.ts';
import { createForwarder } from './delivery/forward.ts';
import { createOwnSends } from './delivery/own-sends/own-sends.ts';
import type { Receipts } from './delivery/receipts.ts';
import { createReplySender } from './delivery/send-replies.ts';
import type { TakeMedia } from './delivery/take-media.ts';
import { createWorker, type SharedQueue, type Worker } from './delivery/worker.ts';
import { contextKinds } from './domain/context-kinds.ts';
import { isLaneOf } from './domain/conversation.ts';
import { plainRoute } from './domain/route.ts';
import { lease } from './instances/leases.ts';
import type { KapsoClient } from './kapso/client.ts';
import { readFound } from './kapso/found-message.ts';
import type { OfferPairing } from './store/access.ts';
import { claimOfOutbox } from './store/claims.ts';

/** Creates what hands the number's messages to the agent. */
export function createDelivery(
  options: AccountOptions,
  deps: {
    kapso: KapsoClient;
    receipts: Receipts;
    replies: Worker;
    kapsoNow: () => number | null;
    admissions: Admissions;
    limits: Limits;
    offerPairing: OfferPairing;
    onDenied: (id: string) => void;
    routeOf: Access['routeOf'];
    media: RunMedia;
    outgoingFiles: TakeMedia;
    stopped: ReadonlySet<string>;
  },
): Worker {
  const { kapso, receipts, replies, kapsoNow, admissions, limits, offerPairing, onDenied, routeOf, stopped } = deps;
  const { media, outgoingFiles } = deps;
  const { config, settings, store, gateway, emit, clock } = options;
  const interruption = new AbortController();
  const turn = createForwarder({
    ...options,
    kapsoNow,
    answers: createAnswers({
      ...options,
      settings: () => settings().reply,
      media: outgoingFiles,
      findOwnSends: createOwnSends({
        ...options,
        kapso,
        account: config.kapso.phoneNumberId,
        stateDir: config.state.dir,
      }),
      signal: interruption.signal,
    }),
    wakeReplies: replies.wake,
    admissions,
    offerPairing,
    onDenied,
    limits: limits.runs,
    media,
    isStopped: async runKey => {
      if (stopped.has(runKey) || options.instances === null) return stopped.has(runKey);
      // Another process may have been told, and this one not yet.
      return (await store.commands.stopped(config.kapso.phoneNumberId)).some(run => run.runKey === runKey);
    },
    routeOf: async ({ account, contact }) => {
      // Without any, each message is spared a look for its sender.
      if (settings().access.contacts.length === 0) return plainRoute;
      const known = account && contact && (await store.contacts.get(account, contact));
      return known ? routeOf(known) : plainRoute;
    },
    via: ({ replyVia }) => replyVia ?? settings().reply.via,
    isAddressed: createAddressed({
      ...options,
      settings: () => settings().groups,
      ownNumber: kapso.ownNumber,
      isSent: store.outbox.knows,
      signal: interruption.signal,
    }),
    findMessage: async (id, signal) => {
      // What a message speaks of is of use. What is sent to customers matters more.
      const row = kapso.limitNear() ? null : await kapso.message(id, signal);
      return row && readFound(row, { phoneNumberId: config.kapso.phoneNumberId, now: clock.now() });
    },
    contextOnly: () => contextKinds(settings().delivery.contextOnly),
    gather: () => settings().delivery.gather * 1000,
    onRecovered: () => worker.wakeAll(),
    giveUp: () => {
      const { minAttempts, giveUpAfter, attemptsBeforeNext } = settings().delivery;
      return { attempts: minAttempts, after: giveUpAfter * 3_600_000, beforeNext: attemptsBeforeNext };
    },
    signal: interruption.signal,
    shared: options.instances !== null,
    onTaken: receipts.begun,
    onTurnEnd: receipts.ended,
  });
  const worker = createWorker({
    queue: { lanes: () => lanesOf(config.kapso.phoneNumberId, options) },
    shared: sharedQueue(options, {
      claimOf: lane => lane,
      abandoned: () => store.abandoned(config.kapso.phoneNumberId),
      isEmpty: async lane => (await store.head(lane)) === null,
    }),
    turn,
    interruption,
    canEnd: () => gateway.state.phase === 'connected',
    settings: () => settings().delivery,
    clock,
    onError: (lane, error) => emit({ type: 'turn failed', lane, error }),
  });
  return worker;
}

/**
 * Reads the lanes of a number that have work. An only one also works on what a former one left, where it has been filed with
 * its own: what waits elsewhere is of a number that was taken out of the configuration, and not to be answered by another.
 */
async function lanesOf(
  account: string,
  { store, configured, instances }: Pick<AccountOptions, 'store' | 'configured' | 'instances'>,
): Promise<string[]> {
  const own = await store.lanes(account);
  if (configured.length > 1 || instances !== null) return own;
  const left = (await store.lanes()).filter(lane => isLaneOf(account, lane));
  return [...new Set([...own, ...left])];
}

/** Creates what sends the outbox's messages to the number's customers. */
export function createReplies(
  options: AccountOptions,
  deps: {
    kapso: KapsoClient;
    kapsoNow: () => number | null;
    admissions: Admissions;
    outgoingFiles: TakeMedia;
  },
): Worker {
  const { kapso, kapsoNow, admissions, outgoingFiles: media } = deps;
  const { config, settings, store, emit, clock } = options;
  const account = config.kapso.phoneNumberId;
  const interruption = new AbortController();
  const { signal } = interruption;
  const { outbox, contacts } = store;
  return createWorker({
    queue: { lanes: () => outbox.lanes(account) },
    shared: sharedQueue(options, {
      claimOf: claimOfOutbox,
      abandoned: () => outbox.abandoned(account),
      isEmpty: async lane => (await outbox.head(lane)) === null,
    }),
    turn: createReplySender({
      ...options,
      ...{ account, outbox, contacts, kapso, kapsoNow, media, signal },
      othersMayTake: options.instances === null ? 0 : lease + config.kapso.timeout * 1000,
      settings: via => ({ ...settings().reply, ...(via === 'alert' && templateOf(settings().alerts)) }),
      admissions,
    }),
    interruption,
    canEnd: () => true,
    settings: () => settings().delivery,
    clock,
    onError: (lane, error) => emit({ type: 'turn failed', lane, error }),
  });
}

function sharedQueue(
  { instances, emit, random }: AccountOptions,
  queue: Pick<SharedQueue, 'claimOf' | 'abandoned' | 'isEmpty'>,
): SharedQueue | null {
  if (instances === null) return null;
  const onUnreadable = (error: unknown) => emit({ type: 'store unreadable', error });
  return { ...queue, leases: instances.leases, onUnreadable, random };
}

/** An alert goes out as its own template, or as none, when WhatsApp takes free text no more. */
function templateOf({ template, templateLanguage }: AccountConfig['alerts']) {
  return { template, templateLanguage };
}
