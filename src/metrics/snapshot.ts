import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { numbersOf } from '../observe/account-status.ts';
import type { Status } from '../observe/status.ts';
import { problemsOf } from '../problems/assess.ts';
import { stateFiles } from '../state/files.ts';
import type { Store } from '../store/store.ts';
import { type Instruments, statusProblems, waitingStates } from './instruments.ts';
import { type Health, readinessOf } from './readiness.ts';

export interface SnapshotDeps {
  store: Pick<Store, 'counts' | 'oldest' | 'outbox'>;
  status: () => Status;
  health: () => Promise<Health>;
  stateDir: string;
  clock: Pick<Clock, 'now'>;
}

/**
 * Reads what is not counted but looked at. What cannot be read is left out of the answer, so that no old number stands
 * for it.
 */
export function createSnapshot(
  instrumentsOf: (account: string | null) => Instruments,
  deps: SnapshotDeps,
): () => Promise<void> {
  const { status, stateDir } = deps;
  const to = instrumentsOf(null);
  return async () => {
    const present = status();
    const problems = problemsOf(present);
    const tell = (account: string | null) => {
      const found = new Set(problems.filter(one => (one.account ?? null) === account).map(({ code }) => code));
      for (const code of statusProblems) instrumentsOf(account).problem.set({ code }, found.has(code) ? 1 : 0);
    };
    // What concerns all numbers is told without one.
    tell(null);
    for (const { account, of } of numbersOf(present)) {
      if (account !== null) tell(account);
      instrumentsOf(account).lastPoll.set((of.polling?.lastSuccess ?? 0) / 1000);
      instrumentsOf(account).pollInterval.set(of.polling?.interval ?? 0);
    }
    const health = await deps.health();
    to.healthy.set(health === 'ok' ? 1 : 0);
    to.ready.set(readinessOf(present, health).ready ? 1 : 0);
    await Promise.allSettled([readStore(to, deps), readDisk(to, stateDir)]);
  };
}

async function readStore(to: Instruments, { store, clock }: SnapshotDeps): Promise<void> {
  for (const gauge of [to.inbox, to.inboxAge, to.outbox]) gauge.reset();
  to.outboxAge.remove();
  const [{ byState }, oldest, outgoing, [next]] = await Promise.all([
    store.counts(),
    store.oldest(waitingStates),
    store.outbox.counts(),
    store.outbox.waiting(1),
  ]);
  const age = (at: number | undefined) => (at === undefined ? 0 : Math.max(0, clock.now() - at) / 1000);
  for (const [state, count] of Object.entries(byState)) to.inbox.set({ state }, count);
  for (const state of waitingStates) to.inboxAge.set({ state }, age(oldest[state]));
  for (const [state, count] of Object.entries(outgoing)) to.outbox.set({ state }, count);
  to.outboxAge.set(age(next?.createdAt));
}

async function readDisk(to: Instruments, stateDir: string): Promise<void> {
  for (const gauge of [to.diskFree, to.diskSize, to.databaseSize]) gauge.remove();
  const { bavail, blocks, bsize } = await statfs(stateDir);
  to.diskFree.set(bavail * bsize);
  to.diskSize.set(blocks * bsize);
  const sizes = ['', '-wal'].map(suffix => stat(join(stateDir, `${stateFiles.inbox}${suffix}`)));
  const found = await Promise.all(
    sizes.map(size =>
      size.then(
        ({ size: bytes }) => bytes,
        () => 0,
      ),
    ),
  );
  to.databaseSize.set(found.reduce((sum, bytes) => sum + bytes, 0));
}
