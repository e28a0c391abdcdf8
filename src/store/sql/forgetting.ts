import type { Footprint, Forgetting, Forgotten } from '../forgetting.ts';
import type { ContactLinks } from './contact-links.ts';
import type { Driver } from './driver.ts';
import { createForgetContact } from './forget-contact.ts';
import type { KnownSenders } from './known-senders.ts';
import type { Transactions } from './transactions.ts';

/** Entries that one transaction deletes, so that a poller can write between them. */
const chunk = 200;

/** The part of the store that forgets persons. */
export function createForgetting(
  { prepareAll, overwriteDeleted, compact }: Pick<Driver, 'prepareAll' | 'overwriteDeleted' | 'compact'>,
  { transactions, links, senders }: { transactions: Transactions; links: ContactLinks; senders: KnownSenders },
): Forgetting {
  const { read, write } = transactions;
  const steps = createForgetContact(prepareAll);

  async function remove(found: Footprint): Promise<Forgotten> {
    for (let from = 0; from < found.entries.length; from += chunk) {
      await write(at => steps.entries(found.entries.slice(from, from + chunk), at));
    }
    const since = await write((at, transaction) => {
      senders.forget(transaction);
      return steps.rest(found, at);
    });
    return { done: true, found: { ...found, entries: [...found.entries, ...since] } };
  }

  return {
    footprint: (account, contact) => read(() => steps.footprint(account, contact)),
    async forget(account, contact, { alone, before }) {
      await overwriteDeleted();
      const busy = alone ? null : await read(() => links.busyWith(account, [contact]));
      if (busy !== null) return { done: false, why: 'busy', message: busy };
      const found = await read(() => steps.footprint(account, contact));
      if (found === null) return { done: false, why: 'unknown contact' };
      await before?.(found);
      return remove(found);
    },
    compact,
  };
}
