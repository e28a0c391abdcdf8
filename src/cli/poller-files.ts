/** What the files of a state directory say of the poller. */
import type { Clock } from '../clock.ts';
import { isOurs } from '../errors.ts';
import { onNetwork } from '../state/directory.ts';
import { isLocked } from '../state/lock.ts';
import { openStore, type StorePlace } from '../store/open.ts';
import { type Kept, type Report, readKept, reportOf } from '../views/report.ts';
import { readStatus } from './poller-status.ts';

/** Reports the lock, the status file and the inbox. Throws `StateError`. */
export async function readReport(place: StorePlace, clock: Clock): Promise<Report> {
  const { dir } = place;
  const running = isLocked(dir);
  const poller = readStatus(dir);
  const inbox = await readInbox(place, clock, running ? waitedFor : unanswered);
  return reportOf({ running, poller, ...inbox, stateDir: dir, directory: onNetwork(dir) }, clock.now());
}

const unanswered: readonly string[] = ['STORE_UNREACHABLE'];
/** What a poller that runs tries again: what it says of itself is of interest then. */
const waitedFor: readonly string[] = [...unanswered, 'STORE_REFUSED', 'STORE_READONLY', 'STORE_BUSY'];

/** `kept` is null where there is no inbox yet, and where it cannot be read for one of the reasons: the rest is of interest then. */
async function readInbox(
  place: StorePlace,
  clock: Clock,
  reasons: readonly string[],
): Promise<{ kept: Kept | null; unread?: string }> {
  try {
    const store = await openStore({ ...place, clock, readOnly: true });
    try {
      return { kept: await readKept(store, clock.now()) };
    } finally {
      await store.close();
    }
  } catch (error) {
    if (isOurs(error) && error.code === 'STORE_MISSING') return { kept: null };
    if (place.database !== undefined && isOurs(error) && reasons.includes(error.code))
      return { kept: null, unread: error.message };
    throw error;
  }
}
