import { asNumber, asText } from './json.ts';
import type { Mailbox } from './kapso-mailbox.ts';
import type { Webhooks } from './kapso-webhooks.ts';

/**
 * Plays WhatsApp: says what became of a sent message, and publishes it to the webhooks. `{id, status: 'sent'|'delivered'|
 * 'read'|'failed', code?, title?, details?}`. Throws a RangeError that says what is wrong.
 */
export type ReportStatus = (input: Record<string, unknown>) => Promise<{ id: string; status: string }>;

export function createReportStatus(deps: { mailbox: Mailbox; webhooks: Webhooks; now: () => number }): ReportStatus {
  const { mailbox, webhooks, now } = deps;
  return async input => {
    const id = String(input.id);
    const status = asText(input.status) ?? '';
    if (!['sent', 'delivered', 'read', 'failed'].includes(status)) {
      throw new RangeError('status must be sent, delivered, read or failed');
    }
    const row = mailbox.find(id)?.row ?? {};
    const mark = asText(row.biz_opaque_callback_data);
    const details = asText(input.details);
    const error = {
      code: asNumber(input.code, 131000),
      title: asText(input.title) ?? 'Something went wrong',
      ...(details === null ? {} : { error_data: { details } }),
    };
    const reported = await mailbox.report(id, {
      id,
      status,
      timestamp: String(Math.floor(now() / 1000)),
      recipient_id: row.to ?? '',
      ...(mark === null ? {} : { biz_opaque_callback_data: mark }),
      ...(status === 'failed' ? { errors: [error] } : {}),
    });
    if (reported === undefined) throw new RangeError(`no message ${id} was sent`);
    webhooks.publish(`whatsapp.message.${status}`, reported.row);
    return { id, status };
  };
}
