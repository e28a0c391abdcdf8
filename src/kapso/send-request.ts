import type { Content } from '../domain/content.ts';
import { parseRecipient } from '../domain/recipient.ts';
import { requestBody } from './outbound/message-body.ts';

/** Where an account's messages are sent. */
export interface SendingAccount {
  /** The API's origin, e.g. `https://api.kapso.ai`. */
  baseUrl: string;
  /** The version segment, e.g. `v24.0`. */
  apiVersion: string;
  phoneNumberId: string;
}

/** The path below which the API stands for the version. */
export function versionPath({ apiVersion }: Pick<SendingAccount, 'apiVersion'>): string {
  return `/meta/whatsapp/${encodeURIComponent(apiVersion)}`;
}

/** The path of the number's messages. */
export function messagesPath(account: Omit<SendingAccount, 'baseUrl'>): string {
  return `${versionPath(account)}/${encodeURIComponent(account.phoneNumberId)}/messages`;
}

/**
 * Returns the request that sends a message, to show it: without the key, and without the mark, which differs from send to
 * send. Throws a TypeError for a file that was not uploaded.
 */
export function sendRequest(
  account: SendingAccount,
  message: { to: string; content: Content },
): { method: 'POST'; url: string; body: object } {
  const recipient = parseRecipient(message.to);
  const url = new URL(messagesPath(account), account.baseUrl).href;
  return { method: 'POST', url, body: requestBody({ recipient, content: message.content }) };
}
