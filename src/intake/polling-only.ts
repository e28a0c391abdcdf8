import { isOwn } from '../instances/roles.ts';
import { createPoller } from './polling/poll.ts';
import type { Receiver, ReceiverParts } from './receiver-parts.ts';
import { createStatusQuestions } from './statuses/status-questions.ts';

/** Receives by polling only. */
export function createPollingOnly(parts: ReceiverParts): Receiver {
  const { polling, kapsoTime, checkClock, store, role } = parts;
  const poller = createPoller(polling);
  const questions = createStatusQuestions({ ...parts, phoneNumberId: polling.phoneNumberId });
  let running = false;
  return {
    run: async caughtUp => {
      running = true;
      caughtUp();
      await poller.run();
    },
    once: async () => {
      await poller.once();
      await questions.once();
    },
    pollNow: poller.pollNow,
    catchUp: poller.pollNow,
    busy: () => !running,
    kapsoNow: kapsoTime.byKapso,
    stuck: poller.stuck,
    tick: async () => {
      checkClock();
      // Kapso may take long to answer, and other regular work does not wait for it.
      if (isOwn(role)) void questions.tick();
    },
    seenUpTo: () => store.proven(polling.phoneNumberId),
    stop: async () => {
      poller.stop();
      await questions.stop();
    },
  };
}
