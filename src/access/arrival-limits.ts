import type { Clock } from '../clock.ts';
import { createBuckets } from './buckets.ts';
import { createSweep } from './sweep.ts';

/** A rate of 0 is no limit. */
export interface Rates {
  readonly messagesPerMinute: number;
  readonly bytesPerMinute: number;
  readonly totalMessagesPerMinute: number;
  readonly totalBytesPerMinute: number;
}

export interface Arrival {
  /** The message's id. Asked for again, it counts no second time. */
  id: string;
  /** Who wrote it. */
  contact: string;
  bytes: number;
}

export interface ArrivalLimitsOptions<One extends Arrival> {
  clock: Pick<Clock, 'monotonic'>;
  /** `waiting`: messages of one contact beyond a rate that may wait; 0 for any number. The function is called each time. */
  settings: () => Rates & { readonly waiting: number };
  /** Called when a contact begins to exceed what may wait. */
  onBeyond: (arrival: One) => void;
  /** Called when nothing of such a contact waits any more. */
  onWithin: (contact: string) => void;
}

/** Says which messages are more than may wait. Without any rate none is, however many come. */
export interface ArrivalLimits<One extends Arrival> {
  isBeyond(arrival: One): boolean;
  /** Notices that nothing of a contact waits any more, though nobody writes. Call it regularly. */
  tick(): void;
}

/** Answers that are remembered, because a transaction that is repeated asks again. */
const mostAnswers = 4096;

export function createArrivalLimits<One extends Arrival>({
  clock,
  settings,
  onBeyond,
  onWithin,
}: ArrivalLimitsOptions<One>): ArrivalLimits<One> {
  const bucketsOf = (rate: keyof Rates) => createBuckets({ clock, perMinute: () => settings()[rate] || null });
  const messages = bucketsOf('messagesPerMinute');
  const bytes = bucketsOf('bytesPerMinute');
  const allMessages = bucketsOf('totalMessagesPerMinute');
  const allBytes = bucketsOf('totalBytesPerMinute');
  /** When the messages that exceed a rate are within it, by contact, in order. */
  const excess = new Map<string, number[]>();
  const beyond = new Set<string>();
  const answers = new Map<string, boolean>();
  const forgetCalm = createSweep(excess, (due, contact) => {
    const isOver = (due.at(-1) ?? 0) <= clock.monotonic();
    if (isOver && beyond.delete(contact)) onWithin(contact);
    return isOver;
  });

  /** Takes a message from all buckets. Returns the milliseconds after which it is within all rates. */
  const take = (arrival: One) =>
    Math.max(
      messages.take(arrival.contact, 1),
      bytes.take(arrival.contact, arrival.bytes),
      allMessages.take('', 1),
      allBytes.take('', arrival.bytes),
    );

  const waitingOf = (contact: string, now: number): number[] => {
    const due = excess.get(contact);
    if (due === undefined) return [];
    const first = due.findIndex(time => time > now);
    if (first > 0) due.splice(0, first);
    if (first >= 0) return due;
    excess.delete(contact);
    return [];
  };

  const decide = (arrival: One): boolean => {
    forgetCalm();
    const { contact } = arrival;
    const now = clock.monotonic();
    const { waiting: most } = settings();
    const waiting = waitingOf(contact, now);
    if (most > 0 && waiting.length >= most) {
      if (!beyond.has(contact)) onBeyond(arrival);
      beyond.add(contact);
      return true;
    }
    const wait = take(arrival);
    if (wait > 0) {
      waiting.push(now + wait);
      excess.set(contact, waiting);
    } else if (beyond.delete(contact)) onWithin(contact);
    return false;
  };

  return {
    tick() {
      const now = clock.monotonic();
      for (const contact of beyond) {
        if (waitingOf(contact, now).length > 0) continue;
        beyond.delete(contact);
        onWithin(contact);
      }
    },
    isBeyond(arrival) {
      if (!hasRate(settings())) return false;
      const known = answers.get(arrival.id);
      if (known !== undefined) return known;
      const answer = decide(arrival);
      answers.set(arrival.id, answer);
      const [oldest] = answers.keys();
      if (answers.size > mostAnswers && oldest !== undefined) answers.delete(oldest);
      return answer;
    },
  };
}

function hasRate(rates: Rates): boolean {
  return (
    rates.messagesPerMinute > 0 ||
    rates.bytesPerMinute > 0 ||
    rates.totalMessagesPerMinute > 0 ||
    rates.totalBytesPerMinute > 0
  );
}
