import type { Clock } from '../clock.ts';
import type { Rates } from './arrival-limits.ts';
import { createBuckets } from './buckets.ts';
import { createSweep } from './sweep.ts';

export interface LimitedRun {
  /** The message's id. */
  id: string;
  lane: string;
  /** Who wrote it. */
  contact: string;
  /** 0 for a message that has been counted before, as one that is tried again. */
  messages: number;
  bytes: number;
}

export interface RunLimitsOptions {
  clock: Pick<Clock, 'monotonic'>;
  /** The function is called each time. */
  settings: () => Rates & { readonly runsPerMinute: number; readonly totalRunsPerMinute: number };
  /** Called when a contact waits for its own rates, once an hour at most. */
  onSlowed: (contact: string, wait: number) => void;
}

const hour = 3_600_000;

/**
 * Lets runs begin no faster than the rates allow. A conversation takes its place in the rates of all when its turn
 * comes, for one run at a time: however much one has waiting, every other one is behind one run of it.
 */
export interface RunLimits {
  /** Returns the milliseconds after which the run may begin; 0 for now. Asked again for the same run it says what is left. */
  wait(run: LimitedRun): number;
  /** Counts further messages that go into a run which may begin. */
  count(more: Omit<LimitedRun, 'id' | 'lane'>): void;
}

export function createRunLimits({ clock, settings, onSlowed }: RunLimitsOptions): RunLimits {
  const bucketsOf = (rate: keyof ReturnType<typeof settings>) =>
    createBuckets({ clock, perMinute: () => settings()[rate] || null });
  const own = {
    messages: bucketsOf('messagesPerMinute'),
    bytes: bucketsOf('bytesPerMinute'),
    runs: bucketsOf('runsPerMinute'),
  };
  const all = {
    messages: bucketsOf('totalMessagesPerMinute'),
    bytes: bucketsOf('totalBytesPerMinute'),
    runs: bucketsOf('totalRunsPerMinute'),
  };
  /** The runs that wait, one of a lane. */
  const places = new Map<string, { id: string; at: number }>();
  /** When it was told of a contact that it waits. */
  const told = new Map<string, number>();
  const forgetTold = createSweep(told, at => clock.monotonic() - at >= hour);

  const take = (
    of: typeof own,
    key: string,
    { messages, bytes }: Pick<LimitedRun, 'messages' | 'bytes'>,
    runs: number,
  ) =>
    Math.max(
      messages === 0 ? 0 : of.messages.take(key, messages),
      bytes === 0 ? 0 : of.bytes.take(key, bytes),
      runs === 0 ? 0 : of.runs.take(key, runs),
    );

  const tell = (contact: string, wait: number) => {
    forgetTold();
    const now = clock.monotonic();
    if (now - (told.get(contact) ?? Number.NEGATIVE_INFINITY) < hour) return;
    told.set(contact, now);
    onSlowed(contact, wait);
  };

  return {
    wait(run) {
      const now = clock.monotonic();
      const place = places.get(run.lane);
      if (place?.id === run.id) {
        if (place.at <= now) places.delete(run.lane);
        return Math.max(0, Math.ceil(place.at - now));
      }
      const forOwn = take(own, run.contact, run, 1);
      const wait = Math.max(forOwn, take(all, '', run, 1));
      if (forOwn > 0) tell(run.contact, forOwn);
      if (wait > 0) places.set(run.lane, { id: run.id, at: now + wait });
      else places.delete(run.lane);
      return Math.ceil(wait);
    },
    count(more) {
      take(own, more.contact, more, 0);
      take(all, '', more, 0);
    },
  };
}
