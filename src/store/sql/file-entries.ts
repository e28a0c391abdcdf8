import type { Filed, NewEntry, ReceivedEntry } from '../new-entry.ts';
import type { Transaction } from './driver.ts';
import type { Recognition } from './recognition.ts';
import type { Step } from './step.ts';
import { wholeMilliseconds } from './time.ts';

/** Says where a received entry belongs. */
export type Filings = (entry: ReceivedEntry) => Step<Filed>;

/** Finds out whose the new ones of these entries are, and where they belong, when it is asked for the first. */
export type FileEntries = (entries: readonly NewEntry[], at: number, transaction: Transaction) => Filings;

/** `isKnown`: whether the inbox has an entry with this id. */
export function createFileEntries(
  recognition: Recognition,
  isKnown: (id: string, transaction: Transaction) => Step<boolean>,
): FileEntries {
  function* fileOne(entry: ReceivedEntry, at: number, transaction: Transaction): Step<Filed> {
    const { id: message, account, from } = entry;
    const occurredAt = wholeMilliseconds(entry.occurredAt, `the time of ${message}`);
    return entry.file(yield* recognition.of({ account, from, message, occurredAt, at }, transaction));
  }

  /** A list may begin with the newest: what an earlier message shows of a person must be known at a later one. */
  function* fileAll(
    entries: readonly NewEntry[],
    at: number,
    transaction: Transaction,
  ): Step<ReadonlyMap<string, Filed>> {
    const received: ReceivedEntry[] = [];
    for (const entry of entries)
      if (entry.from !== undefined && !(yield* isKnown(entry.id, transaction))) received.push(entry);
    const filings = new Map<string, Filed>();
    for (const entry of received.sort(byTime)) filings.set(entry.id, yield* fileOne(entry, at, transaction));
    return filings;
  }

  function* fileAmong(
    entry: ReceivedEntry,
    all: { entries: readonly NewEntry[]; filings: ReadonlyMap<string, Filed> | null },
    at: number,
    transaction: Transaction,
  ): Step<Filed> {
    all.filings ??= yield* fileAll(all.entries, at, transaction);
    return all.filings.get(entry.id) ?? (yield* fileOne(entry, at, transaction));
  }

  return (entries, at, transaction) => {
    if (entries.length === 1) return entry => fileOne(entry, at, transaction);
    const all = { entries, filings: null };
    return entry => fileAmong(entry, all, at, transaction);
  };
}

/** Notices of a change come first: what they say is true of the other messages of their second. */
function byTime(one: ReceivedEntry, other: ReceivedEntry): number {
  return one.occurredAt - other.occurredAt || Number(hasChange(other)) - Number(hasChange(one));
}

function hasChange({ from }: ReceivedEntry): boolean {
  return from.change !== undefined;
}
