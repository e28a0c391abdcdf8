import { isOwn } from '../instances/roles.ts';
import { createFallbackInterval } from './polling/fallback-interval.ts';
import { createPoller } from './polling/poll.ts';
import type { Receiver, WebhookParts } from './receiver-parts.ts';
import { createStatusQuestions } from './statuses/status-questions.ts';
import { createWebhookSource } from './webhook/webhook-source.ts';

/** Receives by webhooks, and polls for what they missed. The better the webhooks work, the less often it polls. */
export function createWebhooksWithPolling(parts: WebhookParts): Receiver {
  const { phoneNumberId } = parts.config.kapso;
  const { polling, kapsoTime, checkClock, store, settings, role } = parts;
  const webhook = createWebhookSource({ ...parts, onOpen: () => poller.pollNow() });
  const poller = createPoller({
    ...polling,
    nextInterval: createFallbackInterval({ interval: () => settings().interval * 1000, healthy: webhook.healthy }),
  });
  const questions = createStatusQuestions({ ...parts, phoneNumberId });
  let running = false;
  return {
    run: async caughtUp => {
      running = true;
      void poller.attempted.then(caughtUp);
      // Before the very first start nothing was missed.
      if ((await store.cursor(phoneNumberId)) === null) caughtUp();
      await poller.run();
    },
    once: poller.once,
    pollNow: poller.pollNow,
    catchUp: poller.pollNow,
    busy: () => !running,
    kapsoNow: kapsoTime.byKapso,
    stuck: poller.stuck,
    tick: async () => {
      checkClock();
      await webhook.tick();
      // Reports that came while this program was away are lost: Kapso repeats them for only a minute or two.
      if (!webhook.healthy() && isOwn(role)) void questions.tick();
    },
    seenUpTo: async () => (await store.proven(phoneNumberId)) ?? webhook.newestTaken(),
    stop: async () => {
      poller.stop();
      await questions.stop();
    },
  };
}
