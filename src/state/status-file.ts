import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Log } from '../observe/log.ts';
import type { Status } from '../observe/status.ts';
import { readTextFile } from '../text-file.ts';
import { stateFiles } from './files.ts';
import { writePrivateFile } from './private-file.ts';

/** What a poller that has just started says; when the last message came is known from the one before it. */
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

export interface StatusFile {
  readonly current: Status;
  update(change: Partial<Status>): void;
  /** Notes something that went wrong, as the last error. */
  failed(message: string): void;
  close(): void;
}

/** More than a poller can have to say of itself, bytes. */
const maxStatusBytes = 1024 * 1024;

/**
 * What is in the status file of a state directory, which any version of the program may have written; null when that is no object.
 *
 * @throws FileError, or what node:fs throws
 */
export function readStatusFile(dir: string): Partial<Status> | null {
  const text = readTextFile(join(dir, stateFiles.status), maxStatusBytes);
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === 'object' && !Array.isArray(found) ? found : null;
  } catch {
    return null;
  }
}

/** Keeps the status file true: at most one write a second, none while nothing changes, never fatal. */
export function createStatusFile(deps: {
  dir: string;
  clock: Clock;
  log: Log;
  initial: Status;
  /** Whether the directory is still this process's to write to; else nothing is written. */
  isOurs?: () => boolean;
  /** Takes secrets out of what others said, such as the reason of a refusal. */
  scrub: (text: string) => string;
  /** Called with what was to be written, as often. */
  onWrite?: (status: Status) => void;
}): StatusFile {
  const { clock, log } = deps;
  const path = join(deps.dir, stateFiles.status);
  let current = deps.initial;
  let cancel: (() => void) | null = null;
  let complained = false;

  const write = () => {
    cancel = null;
    const text = deps.scrub(JSON.stringify(current));
    try {
      if (deps.isOurs?.() ?? true) writePrivateFile(path, `${text}\n`, { durable: false });
      complained = false;
    } catch (error) {
      if (!complained) log.warn({ file: path, error }, 'The status file cannot be written; everything else goes on');
      complained = true;
    }
    deps.onWrite?.(JSON.parse(text) as Status);
  };
  const update = (change: Partial<Status>) => {
    current = { ...current, ...change, updatedAt: clock.now() };
    cancel ??= clock.after(1000, write);
  };
  write();

  return {
    get current() {
      return current;
    },
    update,
    failed: message => update({ lastError: { at: clock.now(), message } }),
    close: () => {
      cancel?.();
      write();
    },
  };
}
