import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { asRecord } from '../narrow.ts';
import { numbersOf } from '../observe/account-status.ts';
import type { Log } from '../observe/log.ts';
import { createOnce } from '../observe/once.ts';
import { scrubbedJson } from '../observe/scrub.ts';
import type { Status } from '../observe/status.ts';
import type { Part } from '../part.ts';
import { readTextFile } from '../text-file.ts';
import { stateFiles } from './files.ts';
import { writePrivateFile } from './private-file.ts';

/** Builds the status of a poller that has just started. The time of the last message comes from the previous status file. */
export function firstStatus(now: Pick<Status, 'version' | 'mode' | 'gateway'> & { clock: Clock; dir: string }): Status {
  const { clock, dir, ...known } = now;
  const { lastMessageAt = null, lastDeliveredAt = null } = previousStatus(dir);
  const at = clock.now();
  return {
    ...known,
    pid: process.pid,
    startedAt: at,
    updatedAt: at,
    polling: null,
    webhook: null,
    tunnel: null,
    lastMessageAt,
    lastDeliveredAt,
    lastError: null,
  };
}

function previousStatus(dir: string): Partial<Pick<Status, 'lastMessageAt' | 'lastDeliveredAt'>> {
  try {
    return readStatusFile(dir) ?? {};
  } catch {
    return {};
  }
}

/** `start` writes the status at the start, `stop` the status at the end. What is updated after that is not written. */
export interface StatusFile extends Part {
  readonly current: Status;
  update(change: Partial<Status>): void;
  start(): void;
  stop(): void;
}

/** More bytes than any poller's status has. */
const maxStatusBytes = 1024 * 1024;

/**
 * Reads the status file of a state directory. Any version of the program may have written it. Null when it is no
 * object.
 *
 * @throws FileError, or what node:fs throws
 */
export function readStatusFile(dir: string): Partial<Status> | null {
  const text = readTextFile(join(dir, stateFiles.status), maxStatusBytes);
  try {
    return asRecord(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Keeps the status file up to date: at most one write a second, none without a change. A failed write is never fatal. */
export function createStatusFile(deps: {
  dir: string;
  clock: Clock;
  log: Log;
  initial: Status;
  /** Whether the directory still belongs to this process. If not, nothing is written. */
  isOurs?: () => boolean;
  /** Removes secrets from others' text, such as the reason of a refusal. */
  scrub: (text: string) => string;
  /** Called with each status that is due to be written. */
  onWrite?: (status: Status) => void;
}): StatusFile {
  const { clock, log } = deps;
  const path = join(deps.dir, stateFiles.status);
  let current = deps.initial;
  let cancel: (() => void) | null = null;
  let writtenAt = Number.NEGATIVE_INFINITY;
  let stopped = false;
  const isNew = createOnce();

  const write = () => {
    cancel = null;
    writtenAt = clock.monotonic();
    const text = scrubbedJson(current, deps.scrub);
    try {
      if (deps.isOurs?.() ?? true) writePrivateFile(path, `${text}\n`, { durable: false });
      isNew(null);
    } catch (error) {
      if (isNew(String(error))) {
        log.warn({ file: path, error }, 'The status file cannot be written; everything else goes on');
      }
    }
    deps.onWrite?.(JSON.parse(text) as Status);
  };
  const writeNow = () => {
    cancel?.();
    write();
  };
  const update = (change: Partial<Status>) => {
    current = { ...current, ...change, updatedAt: clock.now() };
    if (stopped) return;
    // The end of a poll is written at once. Otherwise an idle program would wake once more for it, with cold caches.
    const isPollOver = numbersOf(change).some(({ of }) => typeof of.polling?.nextAt === 'number');
    if (isPollOver && clock.monotonic() - writtenAt >= 1000) writeNow();
    else cancel ??= clock.after(1000, write);
  };

  return {
    start: writeNow,
    get current() {
      return current;
    },
    update,
    stop: () => {
      stopped = true;
      writeNow();
    },
  };
}
