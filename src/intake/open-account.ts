import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { admitAll } from '../domain/admit.ts';
import { readBody } from '../domain/stored-body.ts';
import type { Emit } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { stateFiles } from '../state/files.ts';
import { readLastPoll } from '../state/last-poll.ts';
import type { AccountOpening, FirstStart as FirstStartNote } from '../store/account-opening.ts';
import type { Store } from '../store/store.ts';
import { createFirstStart, type FirstStart, readText } from './polling/first-start.ts';
import { type FilingRules, receive } from './to-entries.ts';

/**
 * Opens an account in the store. Call it before anything else of the account. It notes the account's very first start:
 * a program that is killed before its first request has still started, and later messages are not the past.
 *
 * The store takes over what the previous version left, with the file `first-start`. The file is removed only after the
 * store has its content, and is ignored from then on. So a crash in between changes nothing. Throws `StateError`.
 */
export async function openAccount(
  deps: FilingRules & {
    account: string;
    /** Every account that is configured; by default this one alone. */
    configured?: readonly string[];
    stateDir: string;
    /** In whose name its files there are; null for the plain names. */
    owner?: string | null;
    store: Store;
    clock: Clock;
    log: Log;
    emit: Emit;
  },
): Promise<FirstStart> {
  const { account, configured = [account], stateDir, owner = null, store, clock, log } = deps;
  const { shared } = store.claims;
  const path = join(stateDir, stateFiles.firstStart);
  const noted = readNote(path);
  const [own, startedAt] = [clock.now(), clock.monotonic()];
  const isNew = await store.openAccount(account, {
    noted,
    startedAt: readLastPoll(stateDir, owner) === null ? own : null,
    read: body => readStored(body, account, deps),
  });
  // The settings may have changed since the last start.
  await refile(deps, { alone: !shared });
  try {
    rmSync(path, { force: true });
  } catch (error) {
    log.debug({ error }, `The ${stateFiles.firstStart} file cannot be removed`);
  }
  // The pass of a number that is no longer configured would never be completed. Another process may have it yet.
  for (const other of await store.holding()) {
    if (!configured.includes(other) && !shared) await store.releaseHeld(other, true);
  }
  const note = await store.firstStart(account);
  return createFirstStart({ ...deps, note, startedAt: isNew && noted === null ? startedAt : null });
}

/** Files again what waits, after the settings of contacts have changed. `alone`: nothing is worked on. Returns lanes with work. */
export function refile(
  { account, store, ...rules }: FilingRules & { account: string; store: Store },
  { alone }: { alone: boolean },
): Promise<string[]> {
  return store.refile(account, { read: body => readStored(body, account, rules), alone });
}

/** Reads whose a stored message is and how it would be filed today; null when it cannot be read. */
function readStored(body: string, account: string, rules: FilingRules): ReturnType<AccountOpening['read']> {
  const read = readBody({ body, account });
  return read.kind === 'message' ? receive(read.message, { ...rules, admit: admitAll }) : null;
}

/**
 * Reads the file `first-start` of the previous version: the time by this machine's clock, and after a complete pass the
 * position.
 */
function readNote(path: string): FirstStartNote | null {
  const lines = (readText(path) ?? '').split('\n').map(line => Number(line || Number.NaN));
  const [own = Number.NaN, listed = Number.NaN] = lines;
  if (!Number.isFinite(own)) return null;
  // The file may have fractions of a millisecond, which the store never had.
  return { own: Math.round(own), listed: Number.isFinite(listed) ? Math.round(listed) : null };
}
