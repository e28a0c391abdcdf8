import { type Access, createAccess } from '../access/policy.ts';
import { createSessionsOf } from '../agents/openclaw/session.ts';
import { sessionRulesOf } from '../config/accounts.ts';
import type { LoadedConfig } from '../config/load.ts';
import { counted } from '../counted.ts';
import type { KnownContact } from '../domain/contact.ts';
import { keyOf } from '../domain/identity.ts';
import { readBody } from '../domain/stored-body.ts';
import { isOurs, UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { receive } from '../intake/to-entries.ts';
import { maskAddress, maskKey } from '../mask.ts';
import type { Relinked } from '../store/contacts.ts';
import { accountOption, readNames } from './account-option.ts';
import { readAddress } from './address.ts';
import { loadFor, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { contactOf } from './contact-of.ts';
import {
  type ConflictView,
  conflictsList,
  conflictView,
  contactDetails,
  contactsList,
  contactView,
} from './contacts-view.ts';
import { toJson } from './format.ts';
import { type StoredCommand, withStore } from './stored.ts';
import type { Terminal } from './terminal.ts';
import { undisturbed } from './undisturbed.ts';

/** `contacts list`: shows who has written, and which links were not made. */
export const list: StoredCommand = async (args, terminal, context) => {
  const { account, full } = await optionsOf(args, context);
  const isAdmitted = await admission(args, terminal, context);
  const names = await readNames(args, context);
  const { contacts, conflicts } = await withStore(args, context, true, async store => ({
    contacts: (await store.contacts.list(account)).map(one => contactView(one, full, isAdmitted(one))),
    conflicts: (await store.contacts.conflicts(account)).map(one => conflictView(one, full)),
  }));
  terminal.out(
    args.json ? `${toJson({ contacts, conflicts })}\n` : contactsList(contacts, names) + conflictsList(conflicts),
  );
  return exitCode.ok;
};

/** `contacts show`: shows what is known of one contact. */
export const show: StoredCommand = async (args, terminal, context) => {
  const { account, full } = await optionsOf(args, context);
  const isAdmitted = await admission(args, terminal, context);
  const { contact, conflicts } = await withStore(args, context, true, async store => {
    const known = await store.contacts.list(account);
    const found = contactOf(textOption(args, 'who') ?? '', known);
    const contact = known.find(one => one.key === found.contact && one.account === found.account);
    if (contact === undefined) throw new UsageError('nobody is known by this name');
    const mine = (await store.contacts.conflicts(found.account)).filter(one =>
      [one.contact, one.other].includes(found.contact),
    );
    return {
      contact: contactView(contact, full, isAdmitted(contact)),
      conflicts: mine.map((one): ConflictView => conflictView(one, full)),
    };
  });
  terminal.out(args.json ? `${toJson({ ...contact, conflicts })}\n` : contactDetails(contact, conflicts));
  return exitCode.ok;
};

/**
 * Returns whether the settings let a contact write. Where they are wrong and `--state-dir` names the inbox, the contacts are
 * shown all the same: it is said, and nobody counts as admitted by them.
 */
async function admission(
  args: CommandArguments,
  terminal: Terminal,
  context: CliContext,
): Promise<(contact: KnownContact) => boolean> {
  try {
    const accessOf = accessIn(await loadFor(args, context));
    return contact => accessOf(contact.account)?.admit(contact, {}).kind === 'admitted';
  } catch (error) {
    if (!isOurs(error) || textOption(args, 'state-dir') === undefined) throw error;
    if (!args.json) terminal.err(`Whom the settings let write is not shown: ${error.message}\n`);
    return () => false;
  }
}

/** Who may write to a number; undefined for one that is not configured. */
function accessIn({ accounts }: LoadedConfig): (account: string) => Access | undefined {
  const of = accounts.map(({ at, config }) => ({
    // What is kept of a former number is shown as the present one would take it.
    account: at === null ? null : config.kapso.phoneNumberId,
    access: createAccess(() => config),
  }));
  return id => of.find(({ account }) => account === null || account === id)?.access;
}

/** `contacts link`: two contacts are one person. */
export const link: StoredCommand = async (args, terminal, context) => {
  const [first, second] = ['keep', 'other'].map(name => textOption(args, name));
  if (first === undefined || second === undefined) throw new UsageError('say which two contacts are one person');
  const named = await accountOption(args, context);
  const { keep, other } = await withStore(args, context, true, async store => {
    const known = await store.contacts.list(named);
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
  const done = await undisturbed(args, context, how, (store, alone) => store.contacts.link(account, pair, { alone }));
  return report(done, { args, terminal, what: 'linked' });
};

/** `contacts unlink`: a number or user id is another person's. */
export const unlink: StoredCommand = async (args, terminal, context) => {
  const who = textOption(args, 'who');
  if (who === undefined) throw new UsageError('say which number or user id is another person’s');
  const identity = keyOf(readAddress(who));
  const named = await accountOption(args, context);
  const of = await withStore(args, context, true, async store => contactOf(identity, await store.contacts.list(named)));
  const { account } = of;
  // The new contact's session is named by the configuration, as that of any new contact.
  const loaded = await loadFor(args, context);
  const rules = {
    sessionFor: createSessionsOf(sessionRulesOf(loaded.accounts)),
    routeOf: accessIn(loaded)(account)?.routeOf,
    admit: () => ({ kind: 'admitted' }) as const,
  };
  const read = (body: string) => {
    const stored = readBody({ body, account });
    return stored.kind === 'message' ? receive(stored.message, rules) : null;
  };
  const how = { account, contacts: [of.contact] };
  const done = await undisturbed(args, context, how, (store, alone) =>
    store.contacts.unlink(account, identity, { alone, read }),
  );
  return report(done, { args, terminal, what: 'unlinked' });
};

async function optionsOf(
  args: CommandArguments,
  context: CliContext,
): Promise<{ account: string | undefined; full: boolean }> {
  return { account: await accountOption(args, context), full: args.full === true };
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
    const moved = counted(done.moved, 'message that waits', 'messages that wait');
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
