import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/clock.ts';
import type { FiledEntry } from '../../src/store/new-entry.ts';

/** A clock that stands still until it is set; the store never waits, so nothing is ever called back. */
export interface HeldClock extends Clock {
  set(at: number): void;
}

export function heldClock(at = 1_700_000_000_000): HeldClock {
  let now = at;
  return {
    now: () => now,
    monotonic: () => now,
    set: to => {
      now = to;
    },
    after: () => {
      throw new Error('the store asked to be called back');
    },
  };
}

/** The account of all entries that name no other. */
export const account = '106540352242922';

export function entry(id: string, over: Partial<FiledEntry> = {}): FiledEntry {
  return { id, account, lane: 'lane', occurredAt: 1000, body: `body of ${id}`, ...over };
}

export interface TemporaryDirectory extends AsyncDisposable {
  path: string;
}

export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'kapso-store-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
