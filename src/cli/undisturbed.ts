import { sleep, systemClock } from '../clock.ts';
import { UsageError } from '../errors.ts';
import { acquireLock, isLocked } from '../state/lock.ts';
import type { Store } from '../store/store.ts';
import { storePlaceFor, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { withStore } from './stored.ts';

/** Milliseconds between two attempts, and for which the lanes are claimed before each. */
const between = 200;
const lease = 10_000;

/** The end of a change: it was made, or a message of the contacts is with the agent, or anything else. */
export type Change = { done: true } | { done: false; why: string };

/**
 * Carries out a change of contacts. While a poller runs, nothing new begins with their messages meanwhile, and what is
 * under way is waited for, for the seconds of `--wait`. Without one (`alone`), nothing is under way.
 */
export async function undisturbed<Done extends Change>(
  args: CommandArguments,
  context: CliContext,
  { account, contacts }: { account: string; contacts: readonly string[] },
  apply: (store: Store, alone: boolean) => Promise<Done>,
): Promise<Done> {
  const seconds = Number(textOption(args, 'wait') ?? '60');
  if (!Number.isInteger(seconds) || seconds < 0) throw new UsageError('--wait takes a whole number of seconds');
  const { dir, database } = await storePlaceFor(args, context);
  // Pollers of other machines may work on a database.
  const lock = database !== undefined || isLocked(dir) ? null : acquireLock(dir);
  try {
    return await withStore(args, context, false, async store => {
      if (lock !== null) return apply(store, true);
      const lanes = await store.contacts.lanesOf(account, contacts);
      const until = systemClock.monotonic() + seconds * 1000;
      try {
        for (;;) {
          const claimed = await store.claims.claim(lanes, lease);
          const done = claimed.length === lanes.length ? await apply(store, false) : null;
          if (done !== null && (done.done || done.why !== 'busy')) return done;
          if (done !== null && systemClock.monotonic() >= until) return done;
          await sleep(systemClock, between, new AbortController().signal);
        }
      } finally {
        await store.claims.release(lanes, { wanted: true });
      }
    });
  } finally {
    lock?.release();
  }
}
