/** All numbers of the process: what concerns each of them, done for all. */
import { accessWarning } from './access/warning.ts';
import { type Account, createAccount } from './account.ts';
import type { AccountOptions } from './account-options.ts';
import { fileOwnerOf, findCutOff, labelOf, namesOf } from './config/accounts.ts';
import type { AccountConfig, ConfiguredAccount } from './config/load.ts';
import type { KnownContact } from './domain/contact.ts';
import { createWebhookListener, type WebhookListenerDeps } from './intake/webhook/webhook-listener.ts';
import type { MediaFiles, ShareFiles } from './media/files.ts';
import type { AccountName, Emit } from './observe/events.ts';
import type { Log } from './observe/log.ts';
import type { Part } from './part.ts';

/** What each number gets here. */
type OfOne = 'config' | 'settings' | 'configured' | 'label' | 'owner' | 'listener' | 'shareReceived' | 'shareOutgoing';

export interface AccountsOptions extends Omit<AccountOptions, OfOne>, WebhookListenerDeps {
  accounts: readonly ConfiguredAccount<AccountConfig>[];
  /** The present configuration of a number, with the changes since the start. The function is called each time. */
  settingsOf: (id: string) => AccountConfig;
}

/** `start` binds the listener when the mode has one, and `stop` stops all. */
export interface Accounts extends Part {
  /** By their phone number ids, in the order of the configuration. */
  all: ReadonlyMap<string, Account>;
  /** Receives and hands over messages until it is stopped. Rejects only on a defect. */
  run(): Promise<void>;
  pollNow(): void;
  /** Does what follows from settings that have changed: of each number these keys. */
  follow(changed: ReadonlyMap<string, readonly string[]>): void;
  /** Resumes all work when the inbox is back in its place. */
  goOn(): void;
  /** Looks for what waits, when it was changed elsewhere than by the workers. */
  refresh(): void;
  /** Takes up what waited for the gateway. */
  takeUp(): void;
  /** Looks for what another process has left. */
  look(): void;
  /** Looks for what operators have commanded at another process. */
  onOperated(): Promise<void>;
  /** Whether the settings admit a contact's messages to its number alone. */
  admits(contact: KnownContact): boolean;
  tidyMedia(): Promise<number>;
  tick(): Promise<void>;
  /** The time up to which all messages have surely been seen; null when it is not known of each number. */
  seenUpTo(): Promise<number | null>;
  /** Returns why polling is stuck, or null. */
  stuck(): string | null;
  busy(): boolean;
}

export async function openAccounts(options: AccountsOptions): Promise<Accounts> {
  const { accounts, config, emit } = options;
  const listener = config.mode === 'polling' ? null : createWebhookListener(options);
  const common = {
    listener,
    configured: accounts.map(account => account.config.kapso.phoneNumberId),
    shareReceived: createShare(),
    shareOutgoing: createShare(),
  };
  const all = new Map<string, Account>();
  const names = namesOf(accounts);
  // Before any is opened: that files what waits under the new names.
  const cutOff = await findCutOff(accounts, options.store);
  if (cutOff !== null) emit({ type: 'sessions begin anew', account: labelOf(cutOff.account), key: cutOff.key });
  // One after the other: the first one takes over what an earlier version left.
  for (const account of accounts) {
    const id = account.config.kapso.phoneNumberId;
    const name = names.find(one => one.id === id) ?? null;
    const telling = named(options, name);
    tellOfAccess(account.config, telling.emit);
    const own = {
      config: account.config,
      settings: () => options.settingsOf(id),
      label: name?.label ?? null,
      owner: fileOwnerOf(account),
    };
    all.set(id, await createAccount({ ...options, ...common, ...own, ...telling }));
  }
  return { ...together(all, emit), ...lifecycle(all, listener), all, follow: createFollow(all, options) };
}

/** Returns what is made first, to all who ask for it. */
function createShare(): ShareFiles {
  let made: MediaFiles | null = null;
  return make => {
    made ??= make();
    return made;
  };
}

/** Has everything that is told of one of several numbers name it. */
function named({ emit, log }: { emit: Emit; log: Log }, name: AccountName | null): { emit: Emit; log: Log } {
  if (name === null) return { emit, log };
  const fields = { account: name.label };
  return {
    emit: event => emit({ ...event, of: name }),
    log: {
      debug: (more, text) => log.debug({ ...fields, ...more }, text),
      info: (more, text) => log.info({ ...fields, ...more }, text),
      warn: (more, text) => log.warn({ ...fields, ...more }, text),
      error: (more, text) => log.error({ ...fields, ...more }, text),
    },
  };
}

function tellOfAccess({ access }: AccountConfig, emit: Emit): void {
  emit({ type: 'access changed', access: { policy: access.policy, warning: accessWarning(access) } });
}

function createFollow(all: Accounts['all'], { settingsOf }: AccountsOptions): Accounts['follow'] {
  return changed => {
    for (const [id, keys] of changed) {
      const account = all.get(id);
      if (account === undefined) continue;
      if (keys.some(key => key.startsWith('access.'))) tellOfAccess(settingsOf(id), account.emit);
      if (keys.includes('access.contacts') || keys.includes('access.roles')) {
        account.refile().catch(error => account.emit({ type: 'store unreadable', error }));
      }
      // The present pause has the old length, which may be long.
      if (keys.includes('polling.interval')) account.receiver.pollNow();
    }
  };
}

function lifecycle(all: Accounts['all'], listener: Part | null): Pick<Accounts, 'start' | 'stop' | 'run'> {
  const each = [...all.values()];
  return {
    start: () => listener?.start(),
    run: async () => {
      await Promise.all(each.map(account => account.run()));
    },
    // Side by side: none waits for another, and all have the whole time.
    stop: async grace => {
      await Promise.all([listener?.stop(grace), ...each.map(account => account.stop(grace))]);
    },
  };
}

type Together = Omit<Accounts, 'all' | 'follow' | 'start' | 'stop' | 'run'>;

function together(all: Accounts['all'], emit: Emit): Together {
  const each = [...all.values()];
  const refresh = () => {
    const looks = each.flatMap(({ worker, replies }) => [worker.refresh(), replies.refresh()]);
    Promise.all(looks).catch(error => emit({ type: 'store unreadable', error }));
  };
  const pollNow = () => {
    for (const { receiver } of each) receiver.pollNow();
  };
  return {
    pollNow,
    refresh,
    takeUp: () => {
      for (const { worker } of each) {
        worker.wakeAll();
        // Those that this process had left to others.
        worker.look();
      }
    },
    look: () => {
      for (const { worker, replies } of each) for (const one of [worker, replies]) one.look();
    },
    onOperated: async () => {
      await Promise.all(each.map(({ operator }) => operator.notice()));
    },
    goOn: () => {
      for (const { worker, replies } of each) {
        worker.wakeAll();
        replies.wakeAll();
      }
      pollNow();
      // A commit during the move was refused, but is in the inbox.
      refresh();
    },
    // Nobody is let in to a number by the rules of another one: that number may come back, or be another process's.
    admits: contact => all.get(contact.account)?.admits(contact) === true,
    tidyMedia: async () => {
      let count = 0;
      for (const account of each) count += await account.tidyMedia();
      return count;
    },
    tick: async () => {
      await Promise.all(each.map(account => account.tick()));
    },
    seenUpTo: async () => {
      const seen = await Promise.all(each.map(({ receiver }) => receiver.seenUpTo()));
      const known = seen.filter(at => at !== null);
      return known.length < seen.length ? null : Math.min(...known);
    },
    stuck: () => each.map(({ receiver }) => receiver.stuck()).find(reason => reason !== null) ?? null,
    busy: () => each.some(({ worker, replies, receiver }) => worker.busy() || replies.busy() || receiver.busy()),
  };
}
