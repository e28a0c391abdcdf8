/**
 * Which person a message is of. A contact is a person within an account: business-scoped ids are scoped to the business.
 * Identities are bound to a contact, or taken from it, only by what WhatsApp vouches for: those that one message names
 * together, and its own notices of a change.
 */
import type { Approval } from './admission.ts';
import { type Identities, type Identity, type IdentityChange, type IdentityKind, listIdentities } from './identity.ts';

export interface KnownIdentity {
  kind: IdentityKind;
  /** In the form of `Identity.key`. */
  identity: string;
  /** The contact has given it up, as WhatsApp itself has said. What happened before belongs to the contact. */
  former: boolean;
  /** Another contact had it before, so what an operator has noted for it may be meant for that one. */
  inherited: boolean;
}

export interface KnownContact {
  account: string;
  /** It never changes. The conversation, the lane and the outbox's lane are named by it. */
  key: string;
  /**
   * Where the contact is answered: the phone number as last seen, where one is known, else the user id. Empty when what
   * was known is another person's by now.
   */
  address: string;
  /** The address that the contact was first known by. It never changes: the agent's session is named by it. */
  origin: string;
  /** The name that the contact chose. It is untrusted text. */
  name: string | null;
  identities: readonly KnownIdentity[];
  /** The operator's approval; null without one. */
  approved: Approval | null;
  /** An operator has denied it. */
  blocked: boolean;
}

/** What a message says of its sender. */
export interface Sighting extends Identities {
  name: string | null;
  /** Set when the message is WhatsApp's own notice of a change. */
  change?: IdentityChange;
}

/** The end of a holding that has none yet. */
export const present = Number.MAX_SAFE_INTEGER;

/** A stretch of time in which a contact has an identity. Times are milliseconds since the epoch. */
export interface Holding {
  identity: string;
  kind: IdentityKind;
  contact: string;
  /** The earliest message that shows it. It may have begun before. */
  since: number;
  /** The last moment of it, or `present`. */
  until: number;
  /** It began with a notice that named no ids. The person's ids may have changed with it, which the next message shows. */
  open: boolean;
}

/** Looks something up: a generator, for example, that hands out questions and gets answers, which may take a while. */
type Lookup<T, Question, Answer> = Iterable<Question, T, Answer>;

/** What is known. */
export interface Holdings<Question, Answer> {
  /** Who has the identity at a time: the holding that ends first at that time or after it. */
  at(identity: string, time: number): Lookup<Holding | null, Question, Answer>;
  /** What a contact has of a kind at a time. */
  of(contact: string, kind: IdentityKind, time: number): Lookup<readonly Holding[], Question, Answer>;
  /** Whether a message has named the identity together with an id of another contact than this one, which has it. */
  isDisputed(identity: string, contact: string): Lookup<boolean, Question, Answer>;
}

/** A change of what is known. All are of the contact that was found. */
export type ContactStep =
  /** It has an identity that nobody had. */
  | { do: 'bind'; identity: Identity; open: boolean }
  /** It has had an identity that nobody had, and gave it up at this time. */
  | { do: 'bind as former'; identity: Identity }
  /** It has an identity from this time on that another one had until then. */
  | { do: 'take'; identity: Identity; from: Holding }
  /** It has given up an identity at this time. */
  | { do: 'end'; holding: Holding }
  /** It had an identity at this time already; or, with `settled`, the ids that belong to a new number are known now. */
  | { do: 'confirm'; holding: Holding; settled: boolean }
  /** An identity of the message is another contact's. Nothing is joined. */
  | { do: 'note conflict'; identity: string; other: string };

export interface Recognised {
  /** The contact; null for one that is not known. */
  contact: string | null;
  steps: readonly ContactStep[];
}

type Seen = Identity & { holding: Holding | null };

/** Decides whose message it is, and what it changes. `at`: when it happened. It hands out the questions of `known`. */
export function recognise<Question, Answer>(
  sighting: Sighting,
  at: number,
  known: Holdings<Question, Answer>,
): Lookup<Recognised, Question, Answer> {
  return sighting.change === undefined
    ? recogniseWriter(sighting, at, known)
    : recogniseChange(sighting.change, at, known);
}

function* look<Question, Answer>(
  identities: Identities,
  at: number,
  known: Holdings<Question, Answer>,
): Lookup<Seen[], Question, Answer> {
  const seen: Seen[] = [];
  for (const one of listIdentities(identities)) seen.push({ ...one, holding: yield* known.at(one.key, at) });
  return seen;
}

function* recogniseWriter<Question, Answer>(
  identities: Identities,
  at: number,
  known: Holdings<Question, Answer>,
): Lookup<Recognised, Question, Answer> {
  const seen = yield* look(identities, at, known);
  const phone = seen.find(({ kind }) => kind === 'phone');
  const isOthers = phone?.holding ? yield* isContradicted(phone.holding, seen, at, known) : false;
  const found = seen.find(({ kind, holding }) => holding !== null && (kind !== 'phone' || !isOthers));
  const contact = found?.holding?.contact ?? null;
  const steps = seen.flatMap((one): ContactStep[] => {
    const { holding } = one;
    if (holding === null) return [{ do: 'bind', identity: one, open: false }];
    if (holding.contact === contact) {
      const settled = holding.open && at >= holding.since && seen.length > 1;
      return at < holding.since || settled ? [{ do: 'confirm', holding, settled }] : [];
    }
    const conflict: ContactStep = { do: 'note conflict', identity: one.key, other: holding.contact };
    return one === phone && isOthers ? [{ do: 'take', identity: one, from: holding }, conflict] : [conflict];
  });
  const changedWith = phone?.holding?.open && phone.holding.contact === contact ? phone.holding : null;
  return { contact, steps: [...steps, ...(changedWith ? yield* outdated(seen, changedWith, at, known) : [])] };
}

/** Whether the holder of a phone number has another id than the message: then the number is another person's by now. */
function* isContradicted<Question, Answer>(
  holding: Holding,
  seen: readonly Seen[],
  at: number,
  known: Holdings<Question, Answer>,
): Lookup<boolean, Question, Answer> {
  for (const { kind, key } of seen) {
    if (kind === 'phone') continue;
    const all = yield* known.of(holding.contact, kind, at);
    const ids = all.filter(id => !holding.open || id.since > holding.since);
    // Without one: another contact's by what was seen before, and now with an id that is not that one's either.
    const differs =
      ids.length > 0
        ? ids.every(({ identity }) => identity !== key)
        : seen.every(one => one.kind === 'phone' || !one.holding) &&
          (yield* known.isDisputed(holding.identity, holding.contact));
    if (differs) return true;
  }
  return false;
}

/** The ids of the time before a change of the number, of those kinds that the message shows with the new number. */
function* outdated<Question, Answer>(
  seen: readonly Seen[],
  phone: Holding,
  at: number,
  known: Holdings<Question, Answer>,
): Lookup<ContactStep[], Question, Answer> {
  const steps: ContactStep[] = [];
  for (const { kind, holding } of seen) {
    if (kind === 'phone' || holding !== null) continue;
    const ids = yield* known.of(phone.contact, kind, at);
    const former = ids.filter(id => id.until === present && id.since <= phone.since);
    steps.push(...former.map(holding => ({ do: 'end' as const, holding })));
  }
  return steps;
}

function* recogniseChange<Question, Answer>(
  { before, after }: IdentityChange,
  at: number,
  known: Holdings<Question, Answer>,
): Lookup<Recognised, Question, Answer> {
  const [old, next] = [yield* look(before, at, known), yield* look(after, at, known)];
  const isStill = ({ key }: Seen) => next.some(one => one.key === key);
  const isReplaced = ({ kind }: Pick<Seen, 'kind'>) => next.some(one => one.kind === kind);
  const writer = yield* recogniseWriter(before, at, known);
  // Who was seen with the new number before had it before: the number is this person's by now.
  const isPassedOn = ({ kind, holding }: Seen) => kind === 'phone' && holding !== null && holding.since < at;
  const heirs = new Set(next.flatMap(one => (isPassedOn(one) ? [] : (one.holding?.contact ?? []))));
  // Whom only the new identity is known of is no second person.
  const contact = writer.contact ?? (heirs.size === 1 ? ([...heirs][0] ?? null) : null);
  const given: ContactStep[] = old.flatMap((one): ContactStep[] => {
    if (one.holding !== null && one.holding.contact !== contact) return [];
    if (isStill(one) || !isReplaced(one)) return one.holding ? [] : [{ do: 'bind', identity: one, open: false }];
    return [one.holding ? { do: 'end', holding: one.holding } : { do: 'bind as former', identity: one }];
  });
  const others: ContactStep[] = [];
  for (const kind of ['user', 'parent'] as const) {
    if (contact === null || !isReplaced({ kind })) continue;
    const ids = yield* known.of(contact, kind, at);
    const unnamed = ids.filter(({ identity }) => ![...old, ...next].some(({ key }) => key === identity));
    others.push(...unnamed.map(holding => ({ do: 'end' as const, holding })));
  }
  const open = !next.some(({ kind }) => kind !== 'phone');
  const taken = next.flatMap((one): ContactStep[] => {
    if (one.holding === null) return [{ do: 'bind', identity: one, open: open && one.kind === 'phone' }];
    if (one.holding.contact !== contact) {
      const conflict: ContactStep = { do: 'note conflict', identity: one.key, other: one.holding.contact };
      return isPassedOn(one) ? [{ do: 'take', identity: one, from: one.holding }, conflict] : [conflict];
    }
    return at < one.holding.since ? [{ do: 'confirm', holding: one.holding, settled: false }] : [];
  });
  const conflicts = writer.steps.filter(step => step.do === 'note conflict');
  return { contact, steps: [...conflicts, ...given, ...others, ...taken] };
}
