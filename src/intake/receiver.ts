import { createIntake } from './accept.ts';
import { createClockCheck } from './clock-check.ts';
import { createKapsoTime } from './kapso-time.ts';
import { createPollingOnly } from './polling-only.ts';
import type { Receiver, ReceiverOptions, ReceiverParts } from './receiver-parts.ts';
import { createSentStatuses } from './statuses/sent-statuses.ts';
import { createWebhooksOnly } from './webhooks-only.ts';
import { createWebhooksWithPolling } from './webhooks-with-polling.ts';

/** Creates the receiver of the configured mode: polling, webhooks, or both into the same inbox. */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { config, clock } = options;
  const { phoneNumberId } = config.kapso;
  const kapsoTime = createKapsoTime(clock);
  const checkClock = createClockCheck({ ...options, kapsoTime });
  const intake = createIntake({ ...options, account: phoneNumberId, kapsoTime, checkClock });
  const account = options.label === undefined || options.label === null ? null : phoneNumberId;
  const sentStatuses = createSentStatuses({ ...options, account, now: kapsoTime.now });
  const polling = {
    ...options,
    kapsoTime,
    checkClock,
    intake,
    phoneNumberId,
    timeout: config.kapso.timeout * 1000,
    stateDir: config.state.dir,
  };
  const parts: ReceiverParts = { ...options, kapsoTime, checkClock, intake, sentStatuses, polling };
  const { listener } = options;
  if (listener === null) return createPollingOnly(parts);
  const withWebhooks = { ...parts, listener };
  return config.polling.fallback ? createWebhooksWithPolling(withWebhooks) : createWebhooksOnly(withWebhooks);
}
