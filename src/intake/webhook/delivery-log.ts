import type { Clock } from '../../clock.ts';
import type { Normalised } from '../../kapso/inbound/normalised.ts';
import { skip } from '../../kapso/inbound/skip-reasons.ts';
import type { Log, LogFields } from '../../observe/log.ts';
import { maskAddress } from '../../observe/mask.ts';
import { explain, failedSends } from './failed-sends.ts';
import { createOnceAMinute } from './once-a-minute.ts';
import type { WebhookStatsRecorder } from './stats.ts';

/** Logs deliveries that bring nothing to the inbox. Anyone can cause them, so each kind is logged once a minute. */
export interface DeliveryLog {
  refused(status: number, error: string, fields?: LogFields): void;
  unreadable(error: unknown): void;
  /** Counts and logs the items that are not kept. Returns the others. */
  leftOut(items: readonly Normalised[], payload: unknown): Normalised[];
}

export function createDeliveryLog(deps: {
  phoneNumberId: string;
  stats: WebhookStatsRecorder;
  clock: Clock;
  log: Log;
}): DeliveryLog {
  const { stats, log } = deps;
  const isDue = createOnceAMinute(deps.clock);

  /** Logs only reasons that may be a mistake that nothing else shows. */
  function sayOfSkipped(reason: string, phoneNumberId: string | undefined): void {
    if (reason === skip.sample && isDue(reason)) {
      log.info({}, 'a test sample, or a delivery without a message, was answered and not kept (logged once a minute)');
    }
    if (reason !== skip.otherNumber || !isDue(reason)) return;
    log.warn(
      { configured: deps.phoneNumberId, received: phoneNumberId?.slice(0, 64) },
      'a webhook delivery for another phone number id was answered and not kept: if it was meant for this one, ' +
        'kapso.phoneNumberId (KAPSO_PHONE_NUMBER_ID) is wrong (logged once a minute)',
    );
  }

  function sayFailedSends(payload: unknown): void {
    for (const failed of failedSends(payload)) {
      const { id, code, recipient } = failed;
      stats.sendFailed(code);
      log.warn(
        { message: id, ...(code !== null && { code }), ...(recipient !== null && { to: maskAddress(recipient) }) },
        `WhatsApp could not deliver a message that was sent: ${explain(failed)}`,
      );
    }
  }

  return {
    refused: (status, error, fields = {}) => {
      if (!isDue(String(status))) return;
      log.warn({ status, ...fields }, `a webhook delivery was refused: ${error} (logged once a minute)`);
    },
    unreadable: error => {
      log.error({ error: error instanceof Error ? error.name : typeof error }, 'a webhook delivery could not be read');
    },
    leftOut: (items, payload) => {
      const wanted: Normalised[] = [];
      for (const item of items) {
        if (item.kind !== 'skipped') {
          wanted.push(item);
          continue;
        }
        stats.skipped(item.reason);
        sayOfSkipped(item.reason, item.phoneNumberId);
      }
      sayFailedSends(payload);
      return wanted;
    },
  };
}
