/** For which of our numbers a delivery is. The secret that signed it must be that of every number that it names. */
import { normaliseWebhook } from '../../kapso/inbound/normalise.ts';
import type { Normalised } from '../../kapso/inbound/normalised.ts';
import { readWebhookStatuses, type SentStatus } from '../../kapso/inbound/sent-statuses.ts';
import type { Emit } from '../../observe/events.ts';
import { leaveOut } from './left-out.ts';
import type { SignatureCheck } from './signature.ts';

/** What is kept of a delivery for one number. */
export interface Delivered {
  /** Messages and unreadable items, never skipped ones. */
  items: readonly Normalised[];
  /** What it reports of sent messages. */
  statuses: readonly SentStatus[];
}

/** A number to which deliveries may be addressed. */
export interface WebhookRecipient {
  phoneNumberId: string;
  /** Called for each delivery. Null accepts it unsigned. */
  verify: () => SignatureCheck | null;
  /** The time by Kapso's clock, in milliseconds since the epoch, for a message without its own. */
  kapsoNow: () => number;
  /** Takes what is kept of a delivery. Resolves when it is on disk. */
  accept: (delivered: Delivered) => Promise<void>;
  /** Called when a delivery that it could trust was answered 200. */
  onDelivery?: (() => void) | undefined;
}

/** What a delivery has for one of the numbers. */
export interface Share<R> extends Delivered {
  recipient: R;
}

const noStatuses: readonly SentStatus[] = [];

/**
 * Parts a delivery among the numbers. Null when it names one of ours that cannot trust it: somebody who can sign for one
 * number says nothing for another.
 *
 * @param trusting those whose secret has signed it, or who need no signature; at least one
 */
export function shareOut<R extends WebhookRecipient>(
  { payload, event }: { payload: unknown; event: string | undefined },
  { trusting, recipients, emit }: { trusting: readonly R[]; recipients: readonly R[]; emit: Emit },
): Share<R>[] | null {
  const [first, ...further] = trusting;
  if (first === undefined) return null;
  // Where several can trust it, nothing but its number says for whom an item is.
  const contextOf = ({ phoneNumberId, kapsoNow }: R) => ({
    ...{ phoneNumberId, now: kapsoNow() },
    ...(further.length > 0 && { mustBeNamed: true }),
  });
  const read = (recipient: R) => normaliseWebhook(payload, { event }, contextOf(recipient));
  const items = read(first);
  // Only a delivery with something that is no received message for the first can report of sent ones, or be for others.
  if (!items.some(isSkipped)) return [{ recipient: first, items, statuses: noStatuses }];
  const named = recipients.filter(({ phoneNumberId }) => items.some(item => isFor(item, phoneNumberId)));
  if (named.some(recipient => !trusting.includes(recipient))) return null;
  const nobodys = items.filter(item => !named.some(({ phoneNumberId }) => isFor(item, phoneNumberId)));
  const configured = recipients.map(({ phoneNumberId }) => phoneNumberId);
  const statusesOf = (recipient: R) => readWebhookStatuses(payload, event, contextOf(recipient));
  return [
    { recipient: first, items: leaveOut(nobodys, { configured, emit }), statuses: statusesOf(first) },
    ...further.map(recipient => {
      const { phoneNumberId } = recipient;
      const isNamed = named.includes(recipient);
      const own = isNamed ? read(recipient).filter((_, at) => isFor(items[at], phoneNumberId)) : [];
      return { recipient, items: leaveOut(own, { configured, emit }), statuses: statusesOf(recipient) };
    }),
  ];
}

function isSkipped(item: Normalised): boolean {
  return item.kind === 'skipped';
}

/** Whether an item was left to another number. */
function isFor(item: Normalised | undefined, phoneNumberId: string): boolean {
  return item?.kind === 'skipped' && item.phoneNumberId === phoneNumberId;
}
