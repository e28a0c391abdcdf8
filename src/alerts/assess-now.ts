import type { AccountConfig } from '../config/load.ts';
import { scrubbedJson } from '../observe/scrub.ts';
import type { Status } from '../observe/status.ts';
import { type Concern, problemsOf, problemsOfHoldings, problemsOfSpace, undecided } from '../problems/assess.ts';
import type { Assessment } from '../problems/incidents.ts';
import { problemsOfMissed } from '../problems/silent-webhook.ts';
import { spaceOf } from '../state/directory.ts';
import type { Store } from '../store/store.ts';
import { type Counted, countHoldings } from './holdings.ts';
import type { MissedDeliveries } from './missed-deliveries.ts';

export interface AssessOptions {
  stateDir: string;
  settings: () => AccountConfig['alerts'];
  status: () => Status;
  store: Pick<Store, 'counts' | 'outbox'>;
  /** Removes secrets from others' text. */
  scrub: (text: string) => string;
}

/** `wasLow`: that the disk is nearly full is known. */
export interface Looking {
  now: number;
  wasLow: boolean;
}

/** Looks at all that concerns a poller that has its store alone: its status, its store and its disk. */
export async function assessAll(
  options: AssessOptions,
  { now, wasLow }: Looking,
  missed: readonly MissedDeliveries[],
): Promise<Assessment> {
  const holdings = await holdingsOf(options, now);
  return together(
    ofStatus(options, { now, holdings, concerns: ['process', 'intake'] }),
    { problems: missed.flatMap(one => problemsOfMissed(one.missed, one.account)), undecided: [] },
    ofHoldings(holdings),
    ofSpace(options, wasLow),
  );
}

/** Looks at what concerns this process alone, where several share the store. */
export async function assessProcess(options: AssessOptions, { now, wasLow }: Looking): Promise<Assessment> {
  const holdings = await holdingsOf(options, now);
  return together(ofStatus(options, { now, holdings, concerns: ['process'] }), ofSpace(options, wasLow));
}

/** Looks at what concerns all processes that share the store: what it holds, and how receiving fares (`intake`). */
export async function assessCommon(
  options: AssessOptions,
  { now }: Looking,
  intake: () => Promise<Assessment>,
): Promise<Assessment> {
  return together(await intake(), ofHoldings(await holdingsOf(options, now)));
}

function together(...parts: readonly Assessment[]): Assessment {
  return {
    problems: parts.flatMap(({ problems }) => problems),
    undecided: parts.flatMap(one => one.undecided),
  };
}

function holdingsOf({ store, settings }: AssessOptions, now: number): Promise<Counted | null> {
  return countHoldings(store, now - settings().after * 1000);
}

function ofStatus(
  options: AssessOptions,
  { now, holdings, concerns }: { now: number; holdings: Counted | null; concerns: readonly Concern[] },
): Assessment {
  const status = scrubbed(options);
  const waiting = holdings?.waiting ?? { messages: 1, replies: 1 };
  return { problems: problemsOf(status, concerns), undecided: undecided(status, { now, waiting, concerns }) };
}

/** Before numbers are masked: a secret of which a part was replaced would not be found. */
export function scrubbed({ status, scrub }: Pick<AssessOptions, 'status' | 'scrub'>): Status {
  return JSON.parse(scrubbedJson(status(), scrub)) as Status;
}

function ofHoldings(holdings: Counted | null): Assessment {
  if (holdings !== null) return { problems: problemsOfHoldings(holdings), undecided: [] };
  return { problems: [], undecided: ['messages-failed', 'replies-failed', 'replies-in-doubt'] };
}

function ofSpace({ stateDir }: AssessOptions, wasLow: boolean): Assessment {
  const space = spaceOf(stateDir);
  return space === null
    ? { problems: [], undecided: ['disk-low'] }
    : { problems: problemsOfSpace(space, wasLow), undecided: [] };
}
