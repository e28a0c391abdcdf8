import type { Clock } from '../clock.ts';
import type { AccountName, AppEvent } from './events.ts';

/** Milliseconds for which messages are gathered into one line. */
const gathered = 5000;

/**
 * Says that messages came by webhook, as polling says of a pass: the first at once, and what comes within the next
 * seconds in one line at their end. So a flood writes no more lines than polling does.
 */
export function createWebhookReceived(
  say: (of: AccountName | undefined, count: number) => void,
  clock: Pick<Clock, 'after'>,
): (event: AppEvent) => void {
  /** How many came since the last line, by the number to which they came. */
  const more = new Map<string, number>();

  const wait = (of: AccountName | undefined, key: string) => {
    more.set(key, 0);
    clock.after(gathered, () => {
      const count = more.get(key) ?? 0;
      more.delete(key);
      if (count === 0) return;
      say(of, count);
      wait(of, key);
    });
  };

  return event => {
    if (event.type !== 'messages accepted' || event.by !== 'webhook' || event.count === 0) return;
    const key = event.of?.id ?? '';
    const before = more.get(key);
    if (before !== undefined) {
      more.set(key, before + event.count);
      return;
    }
    say(event.of, event.count);
    wait(event.of, key);
  };
}
