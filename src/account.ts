import { randomBytes } from 'node:crypto';
import { createPairing } from './access/pairing.ts';
import { createAccess } from './access/policy.ts';
import { createCommands, createOnDenied, createSenderLimits } from './account-access.ts';
import { createAccountMedia } from './account-media.ts';
import type { AccountOptions } from './account-options.ts';
import { createOutgoingFiles } from './account-outgoing.ts';
import { createDelivery, createReplies } from './account-workers.ts';
import type { Operator } from './commands/operator.ts';
import { createAdmissions } from './delivery/admissions.ts';
import { createReactions } from './delivery/reactions.ts';
import { createReceipts } from './delivery/receipts.ts';
import type { Worker } from './delivery/worker.ts';
import type { KnownContact } from './domain/contact.ts';
import { openAccount, refile } from './intake/open-account.ts';
import { createReceiver } from './intake/receiver.ts';
import type { Receiver } from './intake/receiver-parts.ts';
import { setUpRegistration } from './intake/registration/setup.ts';
import { createKapsoClient } from './kapso/client.ts';
import type { Emit } from './observe/events.ts';
import type { Part } from './part.ts';
import { pollingRole } from './store/claims.ts';
import { createWhenThere } from './when-there.ts';

export interface Account extends Pick<Part, 'stop'> {
  receiver: Receiver;
  /** Hands messages to the agent. */
  worker: Worker;
  /** Sends what the outbox holds. */
  replies: Worker;
  /** Whether the settings, or an operator, admit a contact's messages to the number alone. */
  admits: (contact: KnownContact) => boolean;
  /** Does what operators command by WhatsApp. */
  operator: Operator;
  /** Removes received media, and copies of sent files, whose time is over. Returns how many. */
  tidyMedia(): Promise<number>;
  /** Regular work. */
  tick(): Promise<void>;
  /** Receives and hands over messages until it is stopped. Rejects only on a defect. */
  run(): Promise<void>;
  /** Files again what waits. Call it when the settings of contacts have changed. */
  refile(): Promise<void>;
  /** Tells of it in its name. */
  emit: Emit;
}

/** One number: its messages come in by the sources of its mode, and go from the store, lane by lane, to the agent. */
export async function createAccount(options: AccountOptions): Promise<Account> {
  const { config, settings, store, whenThere } = options;
  const access = createAccess(settings);
  const account = config.kapso.phoneNumberId;
  const filing = { account, store, sessionFor: options.gateway.sessionFor, routeOf: access.routeOf };
  const firstStart = await whenThere(() => openAccount({ ...options, ...filing, stateDir: config.state.dir }));
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
  const outgoingFiles = createOutgoingFiles(options);
  const replies = createReplies(options, { kapso, kapsoNow, admissions, outgoingFiles });
  const onDenied = createOnDenied(options, replies);
  const limits = createSenderLimits(options, replies);
  const media = createAccountMedia(options, kapso);
  const stopped = new Set<string>();
  const worker = createDelivery(options, {
    ...{ kapso, receipts, replies, kapsoNow, admissions, limits, offerPairing, onDenied, media, outgoingFiles },
    routeOf: access.routeOf,
    stopped,
  });
  const { operator, commandOf } = createCommands(options, { access, worker, replies, stopped });
  const role = options.instances?.role(pollingRole(account));
  const { secrets, findSecrets, fetchSecret, registration } = await whenThere(() =>
    setUpRegistration({ ...options, role, learn: options.secrets.learn, onChange: () => receiver.catchUp() }),
  );
  const receiver = createReceiver({
    ...options,
    role,
    settings: () => settings().polling,
    secrets,
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
    tick: async () => {
      limits.tick();
      await fetchSecret?.();
      await receiver.tick();
    },
    tidyMedia: async () => (await media.tidy()) + (await outgoingFiles.tidy()),
    operator,
    emit: options.emit,
    refile: async () => worker.wake(await refile(filing, { alone: false })),
    run: async () => {
      await replies.start();
      // It has started by now, so it waits for as long as it takes.
      const whenBack = createWhenThere({ ...options, patience: Number.POSITIVE_INFINITY });
      await whenBack(operator.start);
      await whenBack(() => receiver.run(worker.start));
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
