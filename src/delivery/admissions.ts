/**
 * Asks again whether a sender may write: before the message goes to the agent, and before a reply leaves. The settings, or
 * what an operator has decided, may have changed since it came.
 */
import type { Admission } from '../domain/admission.ts';
import type { KnownContact } from '../domain/contact.ts';
import { identitiesOf, keyOf, listIdentities } from '../domain/identity.ts';
import { type InboundMessage, replyAddress } from '../domain/message.ts';
import { groupOf } from '../domain/recipient.ts';
import { readBody, writeBodyWithoutText } from '../domain/stored-body.ts';
import type { Emit } from '../observe/events.ts';
import type { OfferPairing } from '../store/access.ts';
import type { Refused } from '../store/arrivals.ts';
import type { Outgoing } from '../store/outbox.ts';
import type { Entry, Store } from '../store/store.ts';

export interface Admissions {
  /** Whether a message is for the agent, and whose it is. */
  of(entry: Entry, message: InboundMessage): Promise<{ admission: Admission; contact: KnownContact }>;
  /** Whether the agent may have the message today that a reply answers. What the bridge says by itself may leave. */
  ofReply(row: Outgoing): Promise<Admission>;
}

export function createAdmissions({
  store,
  admit,
}: {
  store: Pick<Store, 'get' | 'contacts' | 'access'>;
  /** Decides about a contact, by whether a message was written in a group or to the number alone. */
  admit: (contact: KnownContact, place: Pick<InboundMessage, 'groupId'>) => Admission;
}): Admissions {
  const of: Admissions['of'] = async ({ account, contact: key }, message) => {
    const known = account === null || key === null ? null : await store.contacts.get(account, key);
    const contact = known ?? unknownContact(message);
    return { admission: admit(contact, message), contact };
  };
  return {
    of,
    async ofReply({ id: outgoing, via, account, message: id, recipient }) {
      if (via === 'pairing' && !(await store.access.tells(outgoing))) return noCode;
      if (via !== 'relay' && via !== 'notice') return { kind: 'admitted' };
      const entry = await store.get(id);
      const body = entry && readBody(entry);
      if (entry && body?.kind === 'message') return (await of(entry, body.message)).admission;
      // The message that it answers was forgotten.
      const group = groupOf(recipient);
      const known = group === null ? await store.contacts.find(account, keyOf(recipient)) : null;
      return admit(known ?? nobody(account, recipient), group === null ? {} : { groupId: group });
    },
  };
}

const noCode: Admission = { kind: 'denied', reason: 'Its code lets nobody in any more', keepText: true };

export interface TurnAwayParts {
  store: Pick<Store, 'refuse' | 'awaitApproval'>;
  admissions?: Admissions | undefined;
  /** Says how the sender of a message can be approved. */
  offerPairing?: OfferPairing | undefined;
  emit: Emit;
  /** Says that these lanes of the outbox have work. */
  wakeReplies: (lanes: readonly string[]) => void;
  /** Called with the id of a message that is kept as denied. */
  onDenied?: ((id: string) => void) | undefined;
}

/** Takes a message out of its lane that is not for the agent, by who wrote it. Returns whether it was that. */
export async function turnAway(parts: TurnAwayParts, entry: Entry, message: InboundMessage): Promise<boolean> {
  const { store, admissions, offerPairing } = parts;
  if (admissions === undefined) return false;
  const { admission, contact } = await admissions.of(entry, message);
  if (admission.kind === 'admitted') return false;
  const refused: Refused = {
    id: entry.id,
    state: admission.kind,
    reason: 'reason' in admission ? admission.reason : null,
  };
  if (admission.kind !== 'unpaired') {
    await store.refuse({ ...refused, ...(!admission.keepText && { body: writeBodyWithoutText(message) }) });
  } else if (offerPairing) {
    const holding = await store.awaitApproval(entry.id, offerPairing(contact, message));
    // An operator has dropped it meanwhile.
    if (holding === null) return true;
    if (holding.state === 'admitted') return false;
    if (holding.state !== 'unpaired') [refused.state, refused.reason] = [holding.state, holding.reason];
    else if (holding.lanes.length > 0) {
      parts.emit({ type: 'pairing began', message: entry.id });
      parts.wakeReplies(holding.lanes);
    }
  } else {
    await store.refuse(refused);
  }
  if (refused.state === 'denied') parts.onDenied?.(entry.id);
  parts.emit({ type: 'message refused', message: entry.id, state: refused.state, reason: refused.reason });
  return true;
}

/** A contact that is not kept: earlier versions kept none of what had ended. */
function unknownContact({ account, sender }: InboundMessage): KnownContact {
  const identities = listIdentities(identitiesOf(sender)).map(
    ({ kind, key }) => ({ kind, identity: key, former: false, inherited: false }) as const,
  );
  return { ...nobody(account, replyAddress(sender)), identities };
}

function nobody(account: string, address: string): KnownContact {
  const none = { name: null, identities: [], approved: null, blocked: false };
  return { account, key: address, address, origin: address, ...none };
}
