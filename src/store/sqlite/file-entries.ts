import type { Filed, NewEntry, ReceivedEntry } from '../new-entry.ts';
import type { Transaction } from './group-commit.ts';
import type { Recognition } from './recognition.ts';
import { wholeMilliseconds } from './time.ts';

/** Says where a received entry belongs. */
export type Filings = (entry: ReceivedEntry) => Filed;

/** Finds out whose the new ones of these entries are, and where they belong, when it is asked for the first. */
export type FileEntries = (entries: readonly NewEntry[], at: number, transaction: Transaction) => Filings;

/** `isKnown`: whether the inbox has an entry with this id. */
export function createFileEntries(recognition: Recognition, isKnown: (id: string) => boolean): FileEntries {
  function fileOne(entry: ReceivedEntry, at: number, transaction: Transaction): Filed {
    const { id: message, account, from } = entry;
    const occurredAt = wholeMilliseconds(entry.occurredAt, `the time of ${message}`);
    return entry.file(recognition.of({ account, from, message, occurredAt, at }, transaction));
  }

  /** A list may begin with the newest: what an earlier message shows of a person must be known at a later one. */
  function fileAll(entries: readonly NewEntry[], at: number, transaction: Transaction): ReadonlyMap<string, Filed> {
    const received = entries.flatMap(entry => (entry.from !== undefined && !isKnown(entry.id) ? entry : []));
    return new Map(received.toSorted(byTime).map(entry => [entry.id, fileOne(entry, at, transaction)]));
  }

  return (entries, at, transaction) => {
    let filings: ReadonlyMap<string, Filed> | null = null;
    return entry => {
      if (entries.length === 1) return fileOne(entry, at, transaction);
      filings ??= fileAll(entries, at, transaction);
      return filings.get(entry.id) ?? fileOne(entry, at, transaction);
    };
  };
}

/** Notices of a change come first: what they say is true of the other messages of their second. */
function byTime(one: ReceivedEntry, other: ReceivedEntry): number {
  return one.occurredAt - other.occurredAt || Number(hasChange(other)) - Number(hasChange(one));
}

function hasChange({ from }: ReceivedEntry): boolean {
  return from.change !== undefined;
}
