import { alternativeDigits } from '../../domain/recipient.ts';
import { classifyApiError } from '../../kapso/http/error-table.ts';
import { asId, asInteger, asLabel, asList, asRecord, asString, phoneDigits } from '../../narrow.ts';

/** A message of ours that WhatsApp could not deliver. */
export interface FailedSend {
  /** Its WhatsApp message id. */
  id: string;
  /** Meta's error code; null where the event carries none. */
  code: number | null;
  /** Who was to get it, as on the wire; null where the event does not say. */
  recipient: string | null;
  /** Meta's own title of the error. */
  title: string | null;
}

/** As many as one log is worth; a batch holds at most 100 messages. */
const maxFailures = 100;
/** Meta's codes for a number that it does not know in the spelling given. */
const unknownSpelling: ReadonlySet<number | null> = new Set([131026, 131030]);

/**
 * The failed sends that a delivery reports: `whatsapp.message.failed` in its single and batch form
 * (Kapso webhooks, "Event types") and Meta's `statuses` with `status: failed`. Never throws.
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

/** Why, in a sentence for the operator: what the command line says of the code, else what Meta says. */
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
  // Version 1 has Kapso's fields beside the message's.
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
