import { randomBytes } from 'node:crypto';
import { createLimits, type Limits } from './access/limits.ts';
import { createPairing } from './access/pairing.ts';
import { type Access, createAccess } from './access/policy.ts';
import type { AgentGateway } from './agents/agent.ts';
import type { Clock } from './clock.ts';
import { commandIn, operatorRole } from './commands/command.ts';
import { createOperator, type Operator } from './commands/operator.ts';
import type { AccountConfig } from './config/load.ts';
import { createAddressed } from './delivery/addressed.ts';
import { type Admissions, createAdmissions } from './delivery/admissions.ts';
import { createAnswers } from './delivery/answer.ts';
import { createForwarder } from './delivery/forward.ts';
import { createOwnSends } from './delivery/own-sends/own-sends.ts';
import { createReactions } from './delivery/reactions.ts';
import { createReceipts, type Receipts } from './delivery/receipts.ts';
import { createRefusals } from './delivery/refusals.ts';
import { createReplySender } from './delivery/send-replies.ts';
import { createWorker, type Worker } from './delivery/worker.ts';
import type { CommandOf } from './domain/admit.ts';
import type { KnownContact } from './domain/contact.ts';
import { contextKinds } from './domain/context-kinds.ts';
import { plainRoute } from './domain/route.ts';
import { openAccount, refile } from './intake/open-account.ts';
import { createReceiver } from './intake/receiver.ts';
import type { Receiver } from './intake/receiver-parts.ts';
import { setUpRegistration } from './intake/registration/setup.ts';
import { createKapsoClient, type KapsoClient } from './kapso/client.ts';
import type { Transport } from './kapso/http/transport.ts';
import type { Emit } from './observe/events.ts';
import type { Log } from './observe/log.ts';
import type { Part } from './part.ts';
import type { OfferPairing } from './store/access.ts';
import type { Mute } from './store/commands.ts';
import type { Store } from './store/store.ts';

export interface AccountOptions {
  config: AccountConfig;
  /** The present configuration, with the changes since the start. The function is called each time. */
  settings: () => AccountConfig;
  /** An open socket for the webhook. Without it, `webhook.listen` is bound. */
  webhookSocket?: { fd: number } | undefined;
  transport: Transport;
  store: Store;
  gateway: AgentGateway;
  emit: Emit;
  /** Removes secrets from others' text. */
  scrub: (text: string) => string;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  /** Returns what an operator reads who asks how things are. */
  report: (mutes: readonly Mute[]) => Promise<string>;
}

/** `start` binds the listener when the mode has one. */
export interface Account extends Part {
  receiver: Receiver;
  /** Hands messages to the agent. */
  worker: Worker;
  /** Sends what the outbox holds. */
  replies: Worker;
  /** Whether the settings, or an operator, admit a contact's messages to the number alone. */
  admits: (contact: KnownContact) => boolean;
  /** Does what operators command by WhatsApp. */
  operator: Operator;
  /** Regular work. */
  tick(): Promise<void>;
  /** Receives and hands over messages until it is stopped. Rejects only on a defect. */
  run(): Promise<void>;
  /** Files again what waits. Call it when the settings of contacts have changed. */
  refile(): Promise<void>;
}

/** One number: its messages come in by the sources of its mode, and go from the store, lane by lane, to the agent. */
export async function createAccount(options: AccountOptions): Promise<Account> {
  const { config, settings, store } = options;
  const access = createAccess(settings);
  const account = config.kapso.phoneNumberId;
  const filing = { account, store, sessionFor: options.gateway.sessionFor, routeOf: access.routeOf };
  const firstStart = await openAccount({ ...options, ...filing, stateDir: config.state.dir });
  const kapso = createKapsoClient({ ...options, ...config.kapso, timeout: config.kapso.timeout * 1000 });
  const courtesy = { ...options, ...kapso, settings: () => settings().receipts };
  const receipts = createReceipts({
    ...courtesy,
    reactions: createReactions(courtesy),
    runTimeout: config.gateway.runTimeout * 1000,
  });
  const kapsoNow = () => receiver.kapsoNow();
  const offerPairing = createPairing({ settings: () => settings().access, randomBytes, clock: options.clock });
  const admissions = createAdmissions({ store: options.store, admit: access.admit });
  const replies = createReplies(options, { kapso, kapsoNow, admissions });
  const onDenied = createOnDenied(options, replies);
  const limits = createSenderLimits(options, replies);
  const stopped = new Set<string>();
  const worker = createDelivery(options, {
    ...{ kapso, receipts, replies, kapsoNow, admissions, limits, offerPairing, onDenied },
    routeOf: access.routeOf,
    stopped,
  });
  const { operator, commandOf } = createCommands(options, { access, worker, replies, stopped });
  const { secrets, findSecrets, registration } = setUpRegistration({
    ...options,
    onChange: () => receiver.catchUp(),
  });
  const receiver = createReceiver({
    ...options,
    config: { ...config, webhook: { ...config.webhook, secret: secrets } },
    settings: () => settings().polling,
    findSecrets,
    kapso,
    ...filing,
    admit: limits.within(access.admit),
    offerPairing,
    onDenied,
    commandOf,
    onCommands: operator.work,
    firstStart,
    tellAgent: () => settings().reply.tellAgent,
    wake: worker.wake,
    wakeReplies: replies.wake,
    onPublicUrl: url => registration?.keep(url),
  });
  return {
    receiver,
    worker,
    replies,
    admits: contact => access.admit(contact, {}).kind === 'admitted',
    tick: () => {
      limits.tick();
      return receiver.tick();
    },
    operator,
    start: receiver.start,
    refile: async () => worker.wake(await refile(filing, { alone: false })),
    run: async () => {
      await replies.start();
      await operator.start();
      await receiver.run(worker.start);
    },
    stop: async grace => {
      registration?.stop();
      const endsAt = options.clock.monotonic() + grace;
      // Side by side: neither waits for the other, and both have the whole time.
      await Promise.all([receiver.stop(grace), worker.stop(grace), operator.stop(grace)]);
      const left = () => Math.max(0, endsAt - options.clock.monotonic());
      // What the last runs said is sent yet.
      await Promise.all([replies.finish(left()), receipts.stop(left())]);
    },
  };
}

/** Creates what tells whoever may not write, where the settings say so. It takes the id of the message. */
function createOnDenied(options: AccountOptions, replies: Worker): (id: string) => void {
  const tell = createRefusals({ ...options, settings: () => options.settings().access, wakeReplies: replies.wake });
  return id => {
    tell(id).catch(error => options.log.warn({ error, message: id }, 'Its sender cannot be told that it is refused'));
  };
}

/** Creates the limits of what senders may write. A notice to one of them goes out as any other reply. */
function createSenderLimits(options: AccountOptions, replies: Worker): Limits {
  return createLimits({
    ...options,
    settings: () => options.settings().access,
    tell: notice => {
      const failed = (error: unknown) => options.log.warn({ error }, 'A sender cannot be told of its limit');
      options.store.outbox.add([notice]).then(replies.wake, failed);
    },
  });
}

/** Creates what finds the commands of operators among the messages, and does them. */
function createCommands(
  options: AccountOptions,
  deps: { access: Access; worker: Worker; replies: Worker; stopped: Set<string> },
): { operator: Operator; commandOf: CommandOf } {
  const { access, worker, replies } = deps;
  const { config, settings, emit } = options;
  const mayCommand = (contact: KnownContact) =>
    settings().access.commands.enabled &&
    access.routeOf(contact).role === operatorRole &&
    access.admit(contact, {}).kind === 'admitted';
  const operator = createOperator({
    ...options,
    ...deps,
    account: config.kapso.phoneNumberId,
    mayCommand,
    wakeReplies: replies.wake,
    onUnmuted: () => {
      worker.refresh().catch(error => emit({ type: 'store unreadable', error }));
    },
  });
  return { operator, commandOf: (contact, message) => (mayCommand(contact) ? commandIn(message) : null) };
}

/** Creates what hands the number's messages to the agent. */
function createDelivery(
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
    stopped: ReadonlySet<string>;
  },
): Worker {
  const { kapso, receipts, replies, kapsoNow, admissions, limits, offerPairing, onDenied, routeOf, stopped } = deps;
  const { config, settings, store, gateway, emit, clock } = options;
  const interruption = new AbortController();
  const turn = createForwarder({
    ...options,
    kapsoNow,
    answers: createAnswers({
      ...options,
      settings: () => settings().reply,
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
    stopped,
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
    contextOnly: () => contextKinds(settings().delivery.contextOnly),
    gather: () => settings().delivery.gather * 1000,
    onRecovered: () => worker.wakeAll(),
    giveUp: () => {
      const { minAttempts, giveUpAfter, attemptsBeforeNext } = settings().delivery;
      return { attempts: minAttempts, after: giveUpAfter * 3_600_000, beforeNext: attemptsBeforeNext };
    },
    signal: interruption.signal,
    onTaken: receipts.begun,
    onTurnEnd: receipts.ended,
  });
  const worker = createWorker({
    queue: store,
    turn,
    interruption,
    canEnd: () => gateway.state.phase === 'connected',
    settings: () => settings().delivery,
    clock,
    onError: (lane, error) => emit({ type: 'turn failed', lane, error }),
  });
  return worker;
}

/** Creates what sends the outbox's messages to the number's customers. */
function createReplies(
  options: AccountOptions,
  deps: { kapso: KapsoClient; kapsoNow: () => number | null; admissions: Admissions },
): Worker {
  const { kapso, kapsoNow, admissions } = deps;
  const { config, settings, store, emit, clock } = options;
  const account = config.kapso.phoneNumberId;
  const interruption = new AbortController();
  const { signal } = interruption;
  const { outbox, contacts } = store;
  return createWorker({
    queue: { lanes: () => outbox.lanes(account) },
    turn: createReplySender({
      ...options,
      ...{ account, outbox, contacts, kapso, kapsoNow, signal },
      settings: () => settings().reply,
      admissions,
    }),
    interruption,
    canEnd: () => true,
    settings: () => settings().delivery,
    clock,
    onError: (lane, error) => emit({ type: 'turn failed', lane, error }),
  });
}
