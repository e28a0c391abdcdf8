import { alternativeDigits } from '../../domain/recipient.ts';
import { classifyApiError } from '../../kapso/http/error-table.ts';
import { asId, asInteger, asLabel, asList, asRecord, asString, phoneDigits } from '../../narrow.ts';

/** A message of ours that WhatsApp could not deliver. */
export interface FailedSend {
  /** Its WhatsApp message id. */
  id: string;
  /** Meta's error code; null when the event has none. */
  code: number | null;
  /** The recipient as on the wire; null when the event does not say. */
  recipient: string | null;
  /** Meta's own title of the error. */
  title: string | null;
}

/** More would flood the log. A batch holds at most 100 messages. */
const maxFailures = 100;
/** Meta's codes for a number that it does not know in this spelling. */
const unknownSpelling: ReadonlySet<number | null> = new Set([131026, 131030]);

/**
 * Returns the failed sends that a delivery reports: `whatsapp.message.failed` in its single and batch form (Kapso
 * webhooks, "Event types") and Meta's `statuses` with `status: failed`. Never throws.
 */
export function failedSends(payload: unknown): FailedSend[] {
  const root = asRecord(payload);
  if (!root) return [];
  const statuses = [
    ...(Array.isArray(root.data) ? root.data : [asRecord(root.data) ?? root]).flatMap(kapsoStatuses),
    ...asList(root.entry)
      .flatMap(entry => asList(asRecord(entry)?.changes))
      .flatMap(change => asList(asRecord(asRecord(change)?.value)?.statuses)),
  ];
  return statuses.flatMap(failure).slice(0, maxFailures);
}

/** Returns why, as a sentence for the operator: the command line's text for the code, else Meta's. */
export function explain({ code, recipient, title }: FailedSend): string {
  const known = code === null ? undefined : classifyApiError(400, code).hint;
  const sentence = known ?? title ?? 'WhatsApp gives no reason';
  const digits = phoneDigits(recipient);
  if (!unknownSpelling.has(code) || digits === null || alternativeDigits(digits) === null) return sentence;
  return `${sentence} Numbers of this country are written with and without an extra digit: try the other form.`;
}

function kapsoStatuses(item: unknown): unknown[] {
  const envelope = asRecord(item);
  const message = asRecord(envelope?.message);
  const kapso = asRecord(message?.kapso);
  // In version 1, Kapso's fields are beside the message's.
  if ((kapso?.status ?? message?.status) !== 'failed') return [];
  const failed = asList(kapso?.statuses ?? message?.statuses).filter(status => asRecord(status)?.status === 'failed');
  if (failed.length > 0) return failed;
  const id = message?.whatsapp_message_id ?? message?.id;
  const to = message?.to ?? message?.recipient ?? asRecord(envelope?.conversation)?.phone_number ?? kapso?.phone_number;
  return [{ id, status: 'failed', errors: message?.errors, recipient_id: to }];
}

function failure(value: unknown): FailedSend[] {
  const status = asRecord(value);
  if (status?.status !== 'failed' || typeof status.id !== 'string') return [];
  const error = asRecord(asList(status.errors)[0]);
  return [
    {
      id: status.id.slice(0, 256),
      code: asInteger(error?.code),
      recipient: asId(status.recipient_id) ?? asString(status.recipient_user_id),
      title: asLabel(error?.title ?? error?.message, 200),
    },
  ];
}
