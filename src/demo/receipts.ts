import type { Clock } from '../clock.ts';
import { type Control, NotAnswered } from './control.ts';
import type { Receipt } from './progress.ts';
import type { Sent } from './sight.ts';

/** Milliseconds after which the customer's phone has an answer, and after which the answer was read. */
const after = { delivered: 350, read: 1100 };

/** Plays the customer's phone for answers: it gets each one, and a while later the customer has read it. */
export function createReceipts(kapsoUrl: string, { tell }: Control, clock: Pick<Clock, 'now'>) {
  const reported = new Map<string, Receipt>();

  const report = async (id: string, status: Receipt) => {
    await tell(`${kapsoUrl}/__sim/status`, { id, status });
    reported.set(id, status);
  };

  return {
    /** How far an answer has come, by WhatsApp's id. */
    of: (sentId: string): Receipt => reported.get(sentId) ?? 'sent',
    /** Reports to Kapso what is due. What Kapso does not take is reported the next time. */
    report: async (sent: readonly Sent[]): Promise<void> => {
      try {
        for (const { id, at } of sent) {
          const age = clock.now() - at;
          if (age > after.delivered && !reported.has(id)) await report(id, 'delivered');
          if (age > after.read && reported.get(id) === 'delivered') await report(id, 'read');
        }
      } catch (error) {
        if (!(error instanceof NotAnswered)) throw error;
      }
    },
  };
}
