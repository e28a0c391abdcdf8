/** Where it is kept which alerts were told and are not over, and which are yet to be given. */
import type { Emit } from '../observe/events.ts';
import type { Notes } from '../store/notes.ts';
import { type Kept, keptFile, readKept, readKeptText, writeKept, writeKeptText } from './kept.ts';

export interface Memory {
  /** Rejects with a `StoreError` where it cannot be known what there is. */
  read(): Promise<Kept>;
  /** It is on disk when this resolves. Rejects with a `StoreError` where nothing may be given without it. */
  write(kept: Kept): Promise<void>;
}

/** That of a process, in its state directory. Where it cannot be kept, that is said once, and everything goes on. */
export function createOwnMemory(options: { stateDir: string; isOurs: () => boolean; emit: Emit }): Memory {
  const { stateDir, isOurs, emit } = options;
  let failing = false;
  const attempt = <T>(work: () => T, otherwise: T): T => {
    try {
      const done = work();
      failing = false;
      return done;
    } catch (error) {
      if (!failing) emit({ type: 'alerts not kept', file: keptFile(stateDir), error });
      failing = true;
      return otherwise;
    }
  };
  return {
    read: async () => attempt(() => readKept(stateDir), { incidents: [], pending: [] }),
    write: async kept => {
      attempt(() => {
        if (isOurs()) writeKept(stateDir, kept);
      }, undefined);
    },
  };
}

/** The role of telling what concerns all. */
export const alertsRole = 'alerts';

/** That of all processes on a store: whoever has the role goes on with what another one has told. */
export function createSharedMemory(notes: Pick<Notes, 'get' | 'set'>): Memory {
  return {
    read: async () => readKeptText((await notes.get('alerts')) ?? ''),
    write: kept => notes.set('alerts', writeKeptText(kept), { role: alertsRole }),
  };
}
