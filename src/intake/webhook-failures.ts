/** A message of ours that WhatsApp could not deliver. */
export interface FailedSend {
  /** Its WhatsApp message id. */
  id: string;
  /** Meta's error code; null where the event carries none. */
  code: number | null;
}

/** As many as one log is worth; a batch holds at most 100 messages. */
const maxFailures = 100;

/**
 * The failed sends that a delivery reports: `whatsapp.message.failed` in its single and batch form
 * (Kapso webhooks, "Event types") and Meta's `statuses` with `status: failed`. Never throws.
 */
export function failedSends(payload: unknown): FailedSend[] {
  const root = object(payload);
  if (!root) return [];
  const statuses = [
    ...(Array.isArray(root.data) ? root.data : [root]).flatMap(kapsoStatuses),
    ...list(root.entry)
      .flatMap(entry => list(object(entry)?.changes))
      .flatMap(change => list(object(object(change)?.value)?.statuses)),
  ];
  return statuses.flatMap(failure).slice(0, maxFailures);
}

function kapsoStatuses(item: unknown): unknown[] {
  const message = object(object(item)?.message);
  const kapso = object(message?.kapso);
  if (kapso?.status !== 'failed') return [];
  const failed = list(kapso.statuses).filter(status => object(status)?.status === 'failed');
  return failed.length > 0 ? failed : [{ id: message?.id, status: 'failed', errors: message?.errors }];
}

function failure(value: unknown): FailedSend[] {
  const status = object(value);
  if (status?.status !== 'failed' || typeof status.id !== 'string') return [];
  const code = object(list(status.errors)[0])?.code;
  return [{ id: status.id.slice(0, 256), code: typeof code === 'number' ? code : null }];
}

function object(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
