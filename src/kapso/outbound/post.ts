import { addressOf, alternativeDigits, type Recipient } from '../../domain/recipient.ts';
import { asList, asRecord, asString } from '../../narrow.ts';
import { type Api, undocumented } from '../http/api.ts';
import { mayHaveActed } from '../http/error-table.ts';
import { KapsoApiError, type KapsoError, KapsoNetworkError, KapsoResponseError } from '../http/errors.ts';
import type { Timeouts } from '../http/transport.ts';
import { type Message, messageBody } from './message-body.ts';

export interface SentMessage {
  /** The WhatsApp message id. */
  id: string;
  /** The recipient's number as WhatsApp knows it, digits only; null when unknown. It may differ from the dialled one. */
  waId: string | null;
}

/** Makes the one request that sends a message. Throws what the API throws; `outcomeIsUnknown` says what that means. */
export async function postMessage(
  message: Message,
  {
    api,
    path,
    timeouts,
    ...way
  }: { api: Api; path: string; signal?: AbortSignal; guard?: (() => void) | undefined; timeouts?: Timeouts },
): Promise<SentMessage> {
  const action = `sending to ${addressOf(message.recipient)}`;
  const body = messageBody(message);
  const { json, status } = await api({ method: 'POST', path, body, action, ...way, ...(timeouts && { timeouts }) });
  const answer = asRecord(json);
  const id = asString(asRecord(asList(answer?.messages)[0])?.id);
  if (!id) throw undocumented(action, status, 'without a message id');
  return { id, waId: asString(asRecord(asList(answer?.contacts)[0])?.wa_id) };
}

/** Whether the message may have been taken although its request failed. */
export function outcomeIsUnknown(error: unknown): error is KapsoError {
  if (error instanceof KapsoNetworkError) return error.sent === 'maybe';
  if (error instanceof KapsoResponseError) return true;
  return error instanceof KapsoApiError && mayHaveActed(error.httpStatus, error.metaCode);
}

/** Whether Meta does not know the number in this spelling. */
export function isUnknownNumber(error: unknown): error is KapsoApiError {
  return error instanceof KapsoApiError && (error.metaCode === 131030 || error.metaCode === 131026);
}

/** Returns the other spelling of the same number; null when there is none. */
export function otherForm(recipient: Recipient): Recipient | null {
  const digits = recipient.kind === 'phone' ? alternativeDigits(recipient.digits) : null;
  return digits ? { kind: 'phone', to: `+${digits}`, digits } : null;
}
