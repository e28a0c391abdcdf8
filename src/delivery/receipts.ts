import type { InboundMessage } from '../domain/message.ts';
import type { Log } from '../observe/log.ts';

export interface ReceiptOptions {
  markRead: (messageId: string, options: { typing: boolean }) => Promise<void>;
  /** The function is called each time. */
  settings: () => { readonly read: boolean; readonly typing: boolean };
  log: Log;
}

/** Marks that may be under way at a time. More would only wait for Kapso and take memory. */
const most = 16;

/**
 * Shows the sender that the agent has begun: the read mark and the typing sign. It is a courtesy: it never holds up or
 * fails a message. It is left out while too many are under way (a later mark shows the earlier messages as read too).
 */
export function createReceipts({ markRead, settings, log }: ReceiptOptions): (message: InboundMessage) => void {
  let underWay = 0;
  return ({ id }) => {
    const { read, typing } = settings();
    if (!read || underWay >= most) return;
    underWay += 1;
    markRead(id, { typing })
      .catch(error => log.debug({ message: id, error }, 'The read mark could not be set'))
      .finally(() => {
        underWay -= 1;
      });
  };
}
