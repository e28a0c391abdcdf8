import { alternativeDigits } from '../../domain/recipient.ts';
import { classifyApiError } from '../../kapso/http/error-table.ts';
import type { SentStatus } from '../../kapso/inbound/sent-statuses.ts';
import { phoneDigits } from '../../narrow.ts';

/** Meta's codes for a number that it does not know in this spelling. */
const unknownSpelling: ReadonlySet<number | null> = new Set([131026, 131030]);

/** Returns why a send failed, as a sentence for the operator: the command line's text for the code, else Meta's. */
export function explain({ code, recipient, title }: Pick<SentStatus, 'code' | 'recipient' | 'title'>): string {
  const known = code === null ? undefined : classifyApiError(400, code).hint;
  const sentence = known ?? title ?? 'WhatsApp gives no reason';
  const digits = phoneDigits(recipient);
  if (!unknownSpelling.has(code) || digits === null || alternativeDigits(digits) === null) return sentence;
  return `${sentence} Numbers of this country are written with and without an extra digit: try the other form.`;
}
