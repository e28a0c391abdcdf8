import type { KnownContact } from '../domain/contact.ts';
import { maskAddress, maskKey } from '../mask.ts';
import { type AccountNames, accountIn } from '../observe/account-status.ts';
import type { ContactConflict } from '../store/contacts.ts';
import { iso } from '../views/times.ts';
import { columns } from './format.ts';

/** A contact as it is printed. */
export interface ContactView {
  /** The contact's own name in this program, which never changes. */
  key: string;
  account: string;
  /** Where it is answered. */
  address: string;
  /** The name that the contact chose. */
  name: string | null;
  /** `settings`: nobody has decided about it, and the settings let it write. */
  access: 'approved' | 'blocked' | 'settings' | null;
  identities: { identity: string; kind: string; former: boolean; inherited: boolean }[];
}

/** A link that a message would have made, and that was not made. */
export interface ConflictView {
  contact: string;
  other: string;
  identity: string;
  account: string;
  /** The first such message. */
  message: string;
  at: string;
}

/** @param isAdmitted whether the settings let it write */
export function contactView(contact: KnownContact, full: boolean, isAdmitted: boolean): ContactView {
  const shown = full ? (text: string) => text : maskAddress;
  const { account, name, approved, blocked } = contact;
  return {
    key: full ? contact.key : maskKey(contact.key),
    account,
    address: shown(contact.address),
    name: name === null || full ? name : `${[...name][0] ?? ''}…`,
    access: blocked ? 'blocked' : approved ? 'approved' : isAdmitted ? 'settings' : null,
    identities: contact.identities.map(one => ({
      ...{ identity: shown(one.identity), kind: one.kind, former: one.former, inherited: one.inherited },
    })),
  };
}

export function conflictView(conflict: ContactConflict, full: boolean): ConflictView {
  const { contact, other, identity, account, message, occurredAt } = conflict;
  const keys = full ? { contact, other } : { contact: maskKey(contact), other: maskKey(other) };
  return {
    ...keys,
    identity: full ? identity : maskAddress(identity),
    account,
    message: full ? message : `…${message.slice(-8)}`,
    at: iso(occurredAt),
  };
}

/** `names`: what several numbers are called. */
export function contactsList(views: readonly ContactView[], names: AccountNames): string {
  if (views.length === 0) return 'Nobody has written.\n';
  const head = ['CONTACT', 'ADDRESS', 'NAME', 'ACCESS', 'ALSO'];
  return columns([
    names.size === 0 ? head : ['ACCOUNT', ...head],
    ...views.map(({ key, account, address, name, access, identities }) => {
      const others = identities.filter(one => !one.former && one.identity !== address);
      const also = others.map(({ identity }) => identity).join(', ') || '-';
      return [...Object.values(accountIn(names, account)), key, address, name ?? '-', access ?? '-', also];
    }),
  ]);
}

export function conflictsList(views: readonly ConflictView[]): string {
  if (views.length === 0) return '';
  const rows = views.map(({ contact, other, identity, at, message }) => [contact, other, identity, at, message]);
  return `\nNot joined (contacts link joins them, when they are one person):\n${columns([
    ['CONTACT', 'OTHER', 'BY', 'AT', 'MESSAGE'],
    ...rows,
  ])}`;
}

/** One contact, a line for each thing that is known of it. */
export function contactDetails(view: ContactView, conflicts: readonly ConflictView[]): string {
  const identities = view.identities.map(({ identity, kind, former, inherited }) => {
    const notes = [former ? 'given up' : '', inherited ? 'another contact had it before' : ''].filter(Boolean);
    return [kind, `${identity}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`];
  });
  const lines = columns([
    ['contact', view.key],
    ['account', view.account],
    ['answered at', view.address],
    ['name', view.name ?? '-'],
    ['access', view.access ?? '-'],
    ...identities,
  ]);
  return `${lines}${conflictsList(conflicts)}`;
}
