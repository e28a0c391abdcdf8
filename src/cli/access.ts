import { userInfo } from 'node:os';
import { pairingCodeForm, readPairingCode } from '../access/pairing-code.ts';
import { counted } from '../counted.ts';
import type { KnownContact } from '../domain/contact.ts';
import { UsageError } from '../errors.ts';
import { exitCode } from '../exit-codes.ts';
import { maskAddress } from '../mask.ts';
import { escapeControls } from '../printable.ts';
import type { Decision, Named } from '../store/access.ts';
import type { Store } from '../store/store.ts';
import { iso } from '../views/times.ts';
import { accessList, accessView, type ShownAccess, shownState, shownStates } from './access-view.ts';
import { accountOption, readNames } from './account-option.ts';
import { listOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { contactOf } from './contact-of.ts';
import { toJson } from './format.ts';
import { type StoredCommand, statesOption, withStore } from './stored.ts';
import type { Terminal } from './terminal.ts';

/** `access list`: shows who waits, who is approved and who is blocked. */
export const list: StoredCommand = async (args, terminal, context) => {
  const states = statesOption(args, shownStates);
  const views = await withStore(args, context, true, async store => {
    const listed = (await store.access.list()).filter(
      ({ state }) => states.length === 0 || states.includes(shownState(state)),
    );
    return Promise.all(
      listed.map(async one => accessView(one, await store.contacts.get(one.account, one.contact), args.full === true)),
    );
  });
  terminal.out(args.json ? `${toJson(views)}\n` : accessList(views, await readNames(args, context)));
  return exitCode.ok;
};

/** `access approve`: lets contacts in. The poller sees the change by itself. */
export const approve: StoredCommand = (args, terminal, context) =>
  change(args, terminal, context, {
    done: 'approved',
    read: codeOrContact,
    apply: (store, named) => store.access.approve(named, operator()),
  });

/** `access deny`: blocks contacts, and drops what they wrote. */
export const deny: StoredCommand = (args, terminal, context) =>
  change(args, terminal, context, {
    done: 'denied',
    read: codeOrContact,
    apply: (store, named) => store.access.deny(named, operator()),
  });

/** `access revoke`: forgets that contacts were approved or blocked. */
export const revoke: StoredCommand = (args, terminal, context) =>
  change(args, terminal, context, {
    done: 'revoked',
    read: contactOf,
    apply: (store, { account, contact }) => store.access.revoke(account, contact),
  });

function operator(): string {
  try {
    return userInfo().username;
  } catch {
    // The user of a container may have no name.
    return String(process.getuid?.() ?? '');
  }
}

interface Change<N extends Named> {
  done: 'approved' | 'denied' | 'revoked';
  read(who: string, contacts: readonly KnownContact[]): N;
  apply(store: Store, named: N): Promise<Decision>;
}

function codeOrContact(who: string, contacts: readonly KnownContact[]): Named {
  const code = readPairingCode(who);
  if (code !== null) return { code };
  // No address is made of letters and digits alone; as one it would be called wrong for another reason.
  if (/^[\d\s-]*[a-z][a-z\d\s-]*$/i.test(who)) {
    throw new UsageError(`"${who}" is neither a code nor a WhatsApp address`, {
      hint: `${pairingCodeForm}; an address is +COUNTRYCODE and the number. kapso-whatsapp-cli access list shows who waits`,
    });
  }
  return contactOf(who, contacts);
}

/** What became of one contact that an operator named. */
interface Result {
  /** As it was given. */
  who: string;
  done: boolean;
  account?: string;
  /** Its address. */
  contact?: string;
  /** The state that it had; null when it had none. */
  was?: ShownAccess | null;
  /** Messages that go to the agent next, or were dropped. */
  messages?: number;
  /** Why nothing was done. */
  why?: string;
  /** When a code is taken again, in ISO 8601. */
  until?: string;
}

async function change<N extends Named>(
  args: CommandArguments,
  terminal: Terminal,
  context: CliContext,
  { done, read, apply }: Change<N>,
) {
  const given = listOption(args, 'who');
  if (given.length === 0) throw new UsageError('say who');
  // Opened for reading first: opening it for writing would create an inbox where there is none.
  const account = await accountOption(args, context);
  const contacts = await withStore(args, context, true, store => store.contacts.list(account));
  const named = given.map(who => ({ who, means: read(who, contacts) }));
  const results = await withStore(args, context, false, async store => {
    const all: Result[] = [];
    for (const { who, means } of named) {
      all.push(await resultOf(who, await apply(store, means), { store, full: args.full === true }));
    }
    return all;
  });
  if (args.json) terminal.out(`${toJson({ [done]: results.filter(one => one.done).length, results })}\n`);
  else for (const result of results) terminal.out(describe(result, done));
  if (results.some(({ until }) => until !== undefined)) return exitCode.tryAgain;
  return results.every(one => one.done) ? exitCode.ok : exitCode.unavailable;
}

async function resultOf(
  who: string,
  decision: Decision,
  { store, full }: { store: Store; full: boolean },
): Promise<Result> {
  if (!decision.done && decision.why === 'unknown code') {
    const why = `nobody waits with this code; it may be over. ${decision.left} more wrong codes are taken within the hour`;
    return { who, done: false, why };
  }
  if (!decision.done && decision.why === 'too many wrong codes') {
    const until = iso(decision.until);
    return { who, done: false, why: `too many wrong codes came. None is taken until ${until}`, until };
  }
  const { account } = decision;
  const was = decision.was === null ? null : shownState(decision.was);
  const address = (await store.contacts.get(account, decision.contact))?.address ?? decision.contact;
  const common = { who, account, contact: full ? address : maskAddress(address), was };
  if (decision.done) return { ...common, done: true, messages: decision.entries.length };
  return { ...common, done: false, why: was === null ? 'it is neither approved nor blocked' : `it is ${was}` };
}

function describe({ who, done, contact, messages = 0, why }: Result, change: Change<Named>['done']): string {
  if (!done) return `${escapeControls(who)}  not ${change}: ${why}\n`;
  // The poller hands them over; it may be that none runs, or that the gateway is away.
  const became =
    change === 'approved'
      ? `${messages === 1 ? 'goes' : 'go'} to the agent next`
      : `${messages === 1 ? 'is' : 'are'} dropped`;
  const what = messages === 0 ? '' : `; ${counted(messages, 'message')} ${became}`;
  return `${contact}  ${change}${what}\n`;
}
