/**
 * Who may write to the agent, by the settings and by what an operator has decided. Nothing that a sender can choose counts:
 * only the identities that WhatsApp vouches for.
 */
import type { Config } from '../config/load.ts';
import type { Admission } from '../domain/admission.ts';
import type { KnownContact, KnownIdentity } from '../domain/contact.ts';
import { keyOf } from '../domain/identity.ts';
import type { InboundMessage } from '../domain/message.ts';
import { canonicalDigits, isAmbiguous } from '../domain/recipient.ts';
import { plainRoute, type Route } from '../domain/route.ts';
import { routeOfContact } from './route.ts';

export type AccessSettings = Pick<Config, 'access' | 'groups'>;

export interface Access {
  /** Whether a message of this contact is for the agent. */
  admit(contact: KnownContact, message: Pick<InboundMessage, 'groupId'>): Admission;
  /** What the settings say of this contact. */
  routeOf(contact: KnownContact): Route;
}

/** Persons that the settings name, by the keys of their identities. */
interface Named {
  settings: AccessSettings;
  allowed: ReadonlySet<string>;
  routes: ReadonlyMap<string, Route>;
  inGroups: { groups: ReadonlySet<string>; members: ReadonlySet<string> };
}

/** @param settings the present settings; the function is called each time */
export function createAccess(settings: () => AccessSettings): Access {
  let latest: Named | null = null;
  const named = (): Named => {
    const present = settings();
    const isSame = latest?.settings.access === present.access && latest.settings.groups === present.groups;
    if (latest === null || !isSame) latest = readNamed(present);
    return latest;
  };
  return {
    admit: (contact, { groupId }) => {
      const { access } = settings();
      const verdict = groupId === undefined ? judge(contact, named()) : judgeInGroup(contact, groupId, named());
      if (verdict === 'admitted' || verdict === 'unpaired') return { kind: verdict };
      return { kind: 'denied', reason: verdict.denied, keepText: access.keepDeniedText };
    },
    routeOf: contact => {
      const { routes } = named();
      if (routes.size === 0) return plainRoute;
      const own = contact.identities.filter(isOwn).toSorted(surestFirst);
      return own.map(one => routes.get(comparable(one, contact))).find(Boolean) ?? plainRoute;
    },
  };
}

type Verdict = 'admitted' | 'unpaired' | { denied: string };

function judge(contact: KnownContact, { settings: { access }, allowed }: Named): Verdict {
  if (contact.blocked) return { denied: byOperator };
  const isListed = isIn(contact, allowed);
  switch (access.policy) {
    case 'open':
      return 'admitted';
    case 'disabled':
      return { denied: 'Nobody may write: access.policy is disabled' };
    case 'pairing':
      return isListed || contact.approved !== null ? 'admitted' : 'unpaired';
    case 'allowlist':
      return isListed ? 'admitted' : { denied: whyNotListed(contact, allowed) };
  }
}

function judgeInGroup(contact: KnownContact, group: string, { settings: { groups }, inGroups }: Named): Verdict {
  if (contact.blocked) return { denied: byOperator };
  switch (groups.policy) {
    case 'open':
      return 'admitted';
    case 'disabled':
      return { denied: 'It was written in a group, and groups.policy is disabled' };
    case 'allowlist':
      return inGroups.groups.has(group) || isIn(contact, inGroups.members)
        ? 'admitted'
        : { denied: `Neither its sender nor its group, ${group}, is in groups.allowFrom` };
  }
}

const byOperator = 'An operator has denied its sender (kapso-whatsapp-cli access)';

/** By all identities that the contact has, or had until WhatsApp said that it has others. */
function isIn(contact: KnownContact, keys: ReadonlySet<string>): boolean {
  return keys.size > 0 && contact.identities.some(one => isOwn(one) && keys.has(comparable(one, contact)));
}

function whyNotListed(contact: KnownContact, allowed: ReadonlySet<string>): string {
  const reason = 'Its sender is not in access.allowFrom';
  if (!contact.identities.some(one => allowed.has(comparable(one, contact)))) return reason;
  const meant = 'another contact had it before, and may be meant';
  return `${reason}: the number or id that stands there is its own now, but ${meant}; name another of its ids`;
}

function readNamed(settings: AccessSettings): Named {
  const { allowFrom, contacts, roles } = settings.access;
  const { allowFrom: inGroups } = settings.groups;
  return {
    settings,
    allowed: new Set([...allowFrom, ...contacts.map(({ id }) => id)].map(keyOfId)),
    routes: new Map(contacts.map(contact => [keyOfId(contact.id), routeOfContact(contact, roles)])),
    inGroups: { groups: new Set(inGroups), members: new Set(inGroups.map(keyOfId)) },
  };
}

/** An id as it is written in the settings, where the `+` of a number may be missing, in a form to compare by. */
function keyOfId(id: string): string {
  return /^[+0-9]/.test(id) ? keyOfNumber(id.replace('+', '')) : id;
}

function comparable({ kind, identity }: KnownIdentity, { address }: KnownContact): string {
  // The spelling is kept of the number that was seen last.
  return kind === 'phone' && keyOf(address) === identity ? keyOfNumber(address.slice(1)) : identity;
}

/**
 * One form for all spellings of a number. Where the other spelling may be another person's, as with Brazil's numbers that
 * begin with 7, the number stays as it is: two of them may share a conversation, but not a permission.
 */
function keyOfNumber(digits: string): string {
  return `+${isAmbiguous(digits) ? digits : canonicalDigits(digits)}`;
}

/** What is written down for an identity may be meant for whoever had it before. */
function isOwn({ inherited }: KnownIdentity): boolean {
  return !inherited;
}

/** What a contact has now comes before what it had, and an id before a number, which may be given to another person. */
function surestFirst(one: KnownIdentity, other: KnownIdentity): number {
  const sure: readonly KnownIdentity['kind'][] = ['user', 'parent', 'phone'];
  return Number(one.former) - Number(other.former) || sure.indexOf(one.kind) - sure.indexOf(other.kind);
}
