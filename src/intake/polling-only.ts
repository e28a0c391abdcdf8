import { createPoller } from './polling/poll.ts';
import type { Receiver, ReceiverParts } from './receiver-parts.ts';

/** Receives by polling only. */
export function createPollingOnly({ polling, kapsoTime, checkClock, store }: ReceiverParts): Receiver {
  const poller = createPoller(polling);
  let running = false;
  return {
    start: async () => undefined,
    run: async caughtUp => {
      running = true;
      caughtUp();
      await poller.run();
    },
    once: poller.once,
    pollNow: poller.pollNow,
    catchUp: poller.pollNow,
    busy: () => !running,
    kapsoNow: kapsoTime.byKapso,
    stuck: poller.stuck,
    tick: async () => checkClock(),
    seenUpTo: () => store.proven(polling.phoneNumberId),
    stop: async () => poller.stop(),
  };
}
