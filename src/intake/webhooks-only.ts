import { isOwn } from '../instances/roles.ts';
import type { Emit } from '../observe/events.ts';
import { createCatchUp } from './catch-up.ts';
import { createPoller } from './polling/poll.ts';
import type { Receiver, WebhookParts } from './receiver-parts.ts';
import { createStatusQuestions } from './statuses/status-questions.ts';
import { createWebhookSource } from './webhook/webhook-source.ts';

/** Milliseconds before the last delivery at which the next start's catch-up begins. */
const cursorLag = 3_600_000;

/** Receives by webhooks only. It asks Kapso for what came while they could not, unless `polling.catchUp` forbids it. */
export function createWebhooksOnly(parts: WebhookParts): Receiver {
  const { config, polling, intake, kapsoTime, checkClock, store, emit, role } = parts;
  const catchesUp = config.polling.catchUp;
  const { phoneNumberId } = config.kapso;
  const webhook = createWebhookSource({ ...parts, onOpen: fetchMissed });
  const poller = createPoller({ ...polling, emit: asCatchUp(emit) });
  const catchUp = createCatchUp(poller.catchUp);
  const questions = createStatusQuestions({ ...parts, phoneNumberId });
  let running = false;
  let deliveredBefore: number | null = null;
  // The process that caught up before may have been away for a while.
  role?.onChange(() => {
    if (isOwn(role)) fetchMissed();
  });

  async function catchUpNow(): Promise<void> {
    await catchUp.fetch();
    // From here on nothing is polled, so the status must show no interval.
    if (catchUp.complete()) emit({ type: 'polling changed', polling: null });
  }

  function fetchMissed(): void {
    if (running && catchesUp) void catchUpNow();
  }

  /** Moves the cursor up to where surely nothing is missing, so that the next start's catch-up is short. */
  async function keepCursorNear(): Promise<void> {
    // The present would be wrong: webhooks may have stopped, and the next start must catch up. The newest delivery
    // would be wrong too: it may be the first after a gap that a catch-up is about to fetch.
    const delivered = deliveredBefore;
    deliveredBefore = webhook.newestTaken();
    const missesNothing = running && isOwn(role) && (!catchesUp || catchUp.complete());
    if (delivered === null || !missesNothing || webhook.trouble() !== null) return;
    const near = Math.min(delivered, kapsoTime.earliest()) - cursorLag;
    const cursor = await store.cursor(phoneNumberId);
    if (cursor !== null && near > cursor) await store.setCursor(phoneNumberId, near, { proven: true });
  }

  return {
    run: async caughtUp => {
      running = true;
      void poller.attempted.then(caughtUp);
      // Before the very first start nothing was missed.
      if (!catchesUp || (await store.cursor(phoneNumberId)) === null) caughtUp();
      if (catchesUp) return catchUpNow();
      // No pass will complete the one that a crash cut short.
      if (isOwn(role)) await intake.releaseHeld(true);
    },
    once: poller.once,
    pollNow: fetchMissed,
    catchUp: fetchMissed,
    busy: () => !running || catchUp.underWay(),
    kapsoNow: kapsoTime.byKapso,
    // Between two catch-ups nothing is requested.
    stuck: () => (catchUp.underWay() ? poller.stuck() : null),
    tick: async () => {
      checkClock();
      await webhook.tick();
      // Reports that came while this program was away are lost: Kapso repeats them for only a minute or two.
      if (catchesUp && !webhook.healthy() && isOwn(role)) void questions.tick();
      await keepCursorNear();
    },
    seenUpTo: async () => (await store.proven(phoneNumberId)) ?? webhook.newestTaken(),
    stop: async () => {
      running = false;
      catchUp.stop();
      poller.stop();
      await questions.stop();
    },
  };
}

/** Has the status say that nothing but the catch-up is polled. */
function asCatchUp(emit: Emit): Emit {
  return event =>
    emit(
      event.type === 'polling changed' && event.polling !== null
        ? { ...event, polling: { ...event.polling, catchUp: true } }
        : event,
    );
}
