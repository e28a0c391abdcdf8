import type { KnownContact } from '../domain/contact.ts';
import { maskAddress } from '../mask.ts';
import { type AccountNames, accountIn } from '../observe/account-status.ts';
import type { AccessState, ContactAccess } from '../store/access.ts';
import { iso } from '../views/times.ts';
import { columns } from './format.ts';

/** The states of contacts, in the word that its messages have too. */
export const shownStates = ['unpaired', 'approved', 'blocked'] as const;
export type ShownAccess = (typeof shownStates)[number];

export function shownState(state: AccessState): ShownAccess {
  return state === 'pending' ? 'unpaired' : state;
}

/** Who may write, or waits for it, as it is printed. Times are ISO 8601. */
export interface AccessView {
  state: string;
  /** The contact's address. */
  contact: string;
  /** The name that the contact chose. */
  name: string | null;
  account: string;
  since: string;
  /** The operator who decided. */
  decidedBy: string | null;
  code: string | null;
  /** When the code ends; null also while it was not sent. */
  expiresAt: string | null;
  /** Messages that wait for the approval. */
  held: number;
  /** Only with `--full`: the contact's own name in this program, which never changes. */
  key?: string;
}

/** @param contact null when nothing else is known of it */
export function accessView(access: ContactAccess, contact: KnownContact | null, full: boolean): AccessView {
  const address = contact?.address ?? access.contact;
  const name = contact?.name ?? null;
  return {
    state: shownState(access.state),
    contact: full ? address : maskAddress(address),
    name: name === null || full ? name : `${[...name][0] ?? ''}…`,
    account: access.account,
    since: iso(access.since),
    decidedBy: access.decidedBy,
    code: access.code,
    expiresAt: access.expiresAt === null ? null : iso(access.expiresAt),
    held: access.held,
    ...(full ? { key: access.contact } : {}),
  };
}

/** `names`: what several numbers are called. */
export function accessList(views: readonly AccessView[], names: AccountNames): string {
  if (views.length === 0) return 'Nobody waits, is approved or is blocked.\n';
  const head = ['STATE', 'CONTACT', 'NAME', 'CODE', 'UNTIL', 'MESSAGES', 'SINCE', 'BY'];
  return columns([
    names.size === 0 ? head : ['ACCOUNT', ...head],
    ...views.map(view => [
      ...Object.values(accountIn(names, view.account)),
      view.state,
      view.contact,
      view.name ?? '-',
      view.code ?? '-',
      view.code === null ? '-' : (view.expiresAt ?? 'not sent yet'),
      view.code === null ? '-' : String(view.held),
      view.since,
      view.decidedBy ?? '-',
    ]),
  ]);
}
