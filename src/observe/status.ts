import { join } from 'node:path';
import type { GatewayState } from '../agents/agent.ts';
import type { Clock } from '../clock.ts';
import { readTextFile } from '../text-file.ts';
import { writeFileAtomic } from './atomic-file.ts';
import type { Log } from './log.ts';

/** What the running poller says of itself in `<state dir>/status.json`, for `kapso-whatsapp-cli status`. Times in ms since the epoch. */
export interface Status {
  version: string;
  pid: number;
  startedAt: number;
  updatedAt: number;
  mode: string;
  polling: PollingStatus | null;
  webhook: WebhookStatus | null;
  tunnel: TunnelStatus | null;
  /** Absent where the poller does not register its webhook. */
  registration?: RegistrationStatus;
  gateway: GatewayState & { url: string };
  /** How far (ms) this machine's clock is ahead of Kapso's, negative where it is behind; set as long as that is more than a day. */
  clock?: { ahead: number } | null;
  /** Why the connected gateway takes no message; null or absent while it takes them. */
  delivery?: { since: number; reason: string; hint: string | null } | null;
  lastMessageAt: number | null;
  lastDeliveredAt: number | null;
  lastError: { at: number; message: string } | null;
}

export interface PollingStatus {
  /** Seconds between polls at present. */
  interval: number;
  lastAttempt: number | null;
  lastSuccess: number | null;
  /** Why the last attempt failed; null when it succeeded. */
  lastError: string | null;
  nextAt: number | null;
}

export interface WebhookStatus {
  address: string;
  /** Whether deliveries must be signed. */
  signature: boolean;
  /** The address to register in Kapso, once known. */
  publicUrl: string | null;
  accepted: number;
  rejected: number;
  /** The rejected by the HTTP status that they were answered with; absent from older versions. */
  refusals?: Record<string, number>;
  /** For another phone number id than the configured one; absent from older versions. */
  otherNumber?: number;
  /** Messages that were sent and WhatsApp could not deliver; absent from older versions. */
  failedSends?: number;
  lastError: string | null;
}

export interface RegistrationStatus {
  /** The webhook's id at Kapso; null as long as it is not registered. */
  webhook: string | null;
  /** When it was last found to be right. */
  checkedAt: number | null;
  /** Why it could not be registered or checked; null when it could. */
  reason: string | null;
  hint: string | null;
}

export interface TunnelStatus {
  phase: string;
  url: string | null;
  reason: string | null;
  hint: string | null;
}

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

export const statusFileName = 'status.json';

/** More than a poller can have to say of itself, bytes. */
const maxStatusBytes = 1024 * 1024;

/**
 * What is in the status file of a state directory, which any version of the program may have written; null when that is no object.
 *
 * @throws FileError, or what node:fs throws
 */
export function readStatusFile(dir: string): Partial<Status> | null {
  const text = readTextFile(join(dir, statusFileName), maxStatusBytes);
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
  const path = join(deps.dir, statusFileName);
  let current = deps.initial;
  let cancel: (() => void) | null = null;
  let complained = false;

  const write = () => {
    cancel = null;
    const text = deps.scrub(JSON.stringify(current));
    try {
      if (deps.isOurs?.() ?? true) writeFileAtomic(path, `${text}\n`);
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
