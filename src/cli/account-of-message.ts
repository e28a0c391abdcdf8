import { systemClock } from '../clock.ts';
import { isOurs } from '../errors.ts';
import { openStore } from '../store/open.ts';

/** Returns the number that received or sent a message, by its whole id; null where the inbox does not know it or cannot be read. */
export async function accountOfMessage(id: string, stateDir: string): Promise<string | null> {
  try {
    const store = await openStore({ dir: stateDir, clock: systemClock, readOnly: true });
    try {
      const entry = await store.get(id);
      if (entry !== null) return entry.account;
      return (await store.outbox.find({ sentId: id, mark: null }))?.account ?? null;
    } finally {
      await store.close();
    }
  } catch (error) {
    // An agent's user may not read it. The command then asks for --from.
    if (isOurs(error)) return null;
    throw error;
  }
}
