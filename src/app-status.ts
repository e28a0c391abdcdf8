/** The status of the process: which file has it, and what it counts. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from './clock.ts';
import type { Config } from './config/load.ts';
import { changeOfAccount, firstAccounts } from './observe/account-status.ts';
import type { AccountName, Emit } from './observe/events.ts';
import type { Log } from './observe/log.ts';
import type { OutboxStatus, Status } from './observe/status.ts';
import { statusChange } from './observe/status-events.ts';
import type { Lock } from './state/lock.ts';
import { createStatusFile, firstStatus, type StatusFile } from './state/status-file.ts';
import type { Store } from './store/store.ts';

export interface StatusOptions {
  config: Config;
  clock: Clock;
  log: Log;
  version: string;
  /** What several numbers are called; empty with one. */
  names: readonly AccountName[];
  /** The lock on the state directory. */
  lock: Lock;
  /** Called with the content of `status.json` and the number of messages that wait for the agent, when either changes. */
  onStatus?: (status: Status, queued: number) => void;
}

/** Creates the status file of this process. The service manager gets the same status. */
export function createStatus(
  { config, names, clock, log, version, lock, onStatus }: StatusOptions,
  store: Store,
  scrub: (text: string) => string,
): StatusFile {
  const { dir } = config.state;
  const { mode } = config;
  const count = async (current: Status) => {
    onStatus?.(current, await queued(store));
    const outbox = await outgoing(store);
    if (!isDeepStrictEqual(outbox, file.current.outbox)) file.update({ outbox });
  };
  const unconnected = { phase: 'connecting', since: clock.now(), reason: null, hint: null, bootId: null } as const;
  const file = createStatusFile({
    dir,
    clock,
    log,
    scrub,
    initial: {
      ...firstStatus({ version, mode, gateway: { ...unconnected, url: config.gateway.url }, clock, dir }),
      ...(names.length > 0 && { accounts: firstAccounts(names) }),
    },
    isOurs: () => lock.displaced() === null,
    onWrite: current => {
      count(current).catch(error => log.debug({ error }, 'The messages that wait could not be counted'));
    },
  });
  return file;
}

/** Updates the status with each event. */
export function keepStatus(status: StatusFile, clock: Clock, scrub: (text: string) => string): Emit {
  return event => {
    const change = statusChange(event, clock.now(), scrub);
    if (change === null) return;
    const { of } = event;
    status.update(of === undefined ? change : changeOfAccount(status.current, of, change));
  };
}

/** The number of messages that wait for the agent. */
export async function queued(store: Store): Promise<number> {
  const { byState } = await store.counts();
  return byState.pending + byState.sending;
}

async function outgoing({ outbox }: Store): Promise<OutboxStatus> {
  const { pending, sending, failed } = await outbox.counts();
  const [oldest] = await outbox.waiting(1);
  return { waiting: pending + sending, failed, oldestWaiting: oldest?.createdAt ?? null };
}
