import { createAccess } from '../access/policy.ts';
import { createSessionFor } from '../agents/openclaw/session.ts';
import { sleep, systemClock } from '../clock.ts';
import { keyOf } from '../domain/identity.ts';
import { readBody } from '../domain/stored-body.ts';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { receive } from '../intake/to-entries.ts';
import { maskAddress } from '../observe/mask.ts';
import { acquireLock, isLocked } from '../state/lock.ts';
import type { Relinked } from '../store/contacts.ts';
import type { Store } from '../store/store.ts';
import { readAddress } from './address.ts';
import { loadFor, stateDirFor, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { contactOf } from './contact-of.ts';
import {
  type ConflictView,
  conflictsList,
  conflictView,
  contactDetails,
  contactsList,
  contactView,
  maskKey,
} from './contacts-view.ts';
import { toJson } from './format.ts';
import { type StoredCommand, withStore } from './stored.ts';
import type { Terminal } from './terminal.ts';

/** `contacts list`: shows who has written, and which links were not made. */
export const list: StoredCommand = async (args, terminal, context) => {
  const { account, full } = optionsOf(args);
  const { contacts, conflicts } = await withStore(args, context, true, async store => ({
    contacts: (await store.contacts.list(account)).map(one => contactView(one, full)),
    conflicts: (await store.contacts.conflicts(account)).map(one => conflictView(one, full)),
  }));
  terminal.out(args.json ? `${toJson({ contacts, conflicts })}\n` : contactsList(contacts) + conflictsList(conflicts));
  return exitCode.ok;
};

/** `contacts show`: shows what is known of one contact. */
export const show: StoredCommand = async (args, terminal, context) => {
  const { account, full } = optionsOf(args);
  const { contact, conflicts } = await withStore(args, context, true, async store => {
    const known = await store.contacts.list(account);
    const found = contactOf(textOption(args, 'who') ?? '', known);
    const contact = known.find(one => one.key === found.contact && one.account === found.account);
    if (contact === undefined) throw new UsageError('nobody is known by this name');
    const mine = (await store.contacts.conflicts(found.account)).filter(one =>
      [one.contact, one.other].includes(found.contact),
    );
    return { contact: contactView(contact, full), conflicts: mine.map((one): ConflictView => conflictView(one, full)) };
  });
  terminal.out(args.json ? `${toJson({ ...contact, conflicts })}\n` : contactDetails(contact, conflicts));
  return exitCode.ok;
};

/** `contacts link`: two contacts are one person. */
export const link: StoredCommand = async (args, terminal, context) => {
  const [first, second] = ['keep', 'other'].map(name => textOption(args, name));
  if (first === undefined || second === undefined) throw new UsageError('say which two contacts are one person');
  const { keep, other } = await withStore(args, context, true, async store => {
    const known = await store.contacts.list(textOption(args, 'account'));
    return { keep: contactOf(first, known), other: contactOf(second, known) };
  });
  if (keep.account !== other.account) {
    throw new UsageError('a contact of one of your numbers is never one of another number', {
      hint: 'Each number has contacts of its own, also for the same person',
    });
  }
  const { account } = keep;
  const pair = { keep: keep.contact, other: other.contact };
  const how = { account, contacts: [pair.keep, pair.other] };
  const done = await relink(args, context, how, (store, alone) => store.contacts.link(account, pair, { alone }));
  return report(done, { args, terminal, what: 'linked' });
};

/** `contacts unlink`: a number or user id is another person's. */
export const unlink: StoredCommand = async (args, terminal, context) => {
  const who = textOption(args, 'who');
  if (who === undefined) throw new UsageError('say which number or user id is another person’s');
  const identity = keyOf(readAddress(who));
  const of = await withStore(args, context, true, async store =>
    contactOf(identity, await store.contacts.list(textOption(args, 'account'))),
  );
  const { account } = of;
  // The new contact's session is named by the configuration, as that of any new contact.
  const { config } = await loadFor(args, context);
  const rules = {
    sessionFor: createSessionFor(config.gateway),
    routeOf: createAccess(() => config).routeOf,
    admit: () => ({ kind: 'admitted' }) as const,
  };
  const read = (body: string) => {
    const stored = readBody({ body, account });
    return stored.kind === 'message' ? receive(stored.message, rules) : null;
  };
  const how = { account, contacts: [of.contact] };
  const done = await relink(args, context, how, (store, alone) =>
    store.contacts.unlink(account, identity, { alone, read }),
  );
  return report(done, { args, terminal, what: 'unlinked' });
};

function optionsOf(args: CommandArguments): { account: string | undefined; full: boolean } {
  return { account: textOption(args, 'account'), full: args.full === true };
}

/** Milliseconds between two attempts, and for which the lanes are claimed before each. */
const between = 200;
const lease = 10_000;

/**
 * Carries out a change of who is who. While a poller runs, nothing new begins with these contacts' messages meanwhile,
 * and what is under way is waited for. Without one, nothing is under way.
 */
async function relink(
  args: CommandArguments,
  context: CliContext,
  { account, contacts }: { account: string; contacts: readonly string[] },
  apply: (store: Store, alone: boolean) => Promise<Relinked>,
): Promise<Relinked> {
  const seconds = Number(textOption(args, 'wait') ?? '60');
  if (!Number.isInteger(seconds) || seconds < 0) throw new UsageError('--wait takes a whole number of seconds');
  const dir = await stateDirFor(args, context);
  const lock = isLocked(dir) ? null : acquireLock(dir);
  try {
    return await withStore(args, context, false, async store => {
      if (lock !== null) return apply(store, true);
      const owner = `contacts ${process.pid}`;
      const lanes = await store.contacts.lanesOf(account, contacts);
      const until = systemClock.monotonic() + seconds * 1000;
      try {
        for (;;) {
          const claimed = await Promise.all(lanes.map(lane => store.claim(lane, { owner, lease })));
          const done = claimed.every(Boolean) ? await apply(store, false) : null;
          if (done !== null && (done.done || done.why !== 'busy')) return done;
          if (done !== null && systemClock.monotonic() >= until) return done;
          await sleep(systemClock, between, new AbortController().signal);
        }
      } finally {
        await Promise.all(lanes.map(lane => store.release(lane, owner)));
      }
    });
  } finally {
    lock?.release();
  }
}

const refusals: Readonly<Record<Exclude<Extract<Relinked, { done: false }>['why'], 'busy'>, string>> = {
  'unknown contact': 'it is not known any more',
  'one contact': 'it is one contact already',
  'only identity': 'it is all that is known of its contact',
};

function report(
  done: Relinked,
  { args, terminal, what }: { args: CommandArguments; terminal: Terminal; what: 'linked' | 'unlinked' },
): ExitCode {
  const full = args.full === true;
  if (done.done) {
    const contact = full ? done.contact : maskKey(done.contact);
    const moved = `${done.moved} ${done.moved === 1 ? 'message' : 'messages'} that ${done.moved === 1 ? 'waits' : 'wait'}`;
    terminal.out(
      args.json ? `${toJson({ [what]: true, contact, moved: done.moved })}\n` : `${contact}  ${what}; ${moved} moved\n`,
    );
    return exitCode.ok;
  }
  const isBusy = done.why === 'busy';
  const why = isBusy
    ? `message ${full ? done.message : maskAddress(done.message)} is with the agent, or its answer is being sent. ` +
      'Try again when that is over, or with the poller stopped'
    : refusals[done.why];
  terminal.out(args.json ? `${toJson({ [what]: false, why })}\n` : `not ${what}: ${why}\n`);
  return isBusy ? exitCode.tryAgain : exitCode.unavailable;
}
