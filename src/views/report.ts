import { numbersOf } from '../observe/account-status.ts';
import { type Known, problemsOf, problemsOfAlerts, silence } from '../problems/assess.ts';
import { keyOf, type Problem, problemKinds, sentenceOf, todoOf } from '../problems/table.ts';
import type { Outgoing, OutgoingState } from '../store/outbox.ts';
import type { Counts, Entry, Store } from '../store/store.ts';
import { type InstancesReport, readInstances } from './instances.ts';
import { failingProblem, failingProblems, lateProblem, lateProblems } from './problems.ts';

/** How the poller of a state directory fares. Times are milliseconds since the epoch. */
export interface Report {
  running: boolean;
  healthy: boolean;
  /** Faults, a sentence each. */
  problems: string[];
  /** The same, with their stable codes, what to do, and the page that says more. Empty while no poller runs. */
  problemDetails: ProblemDetails[];
  /** What may cause trouble later, a sentence each. */
  warnings: string[];
  stateDir: string;
  poller: Known | null;
  queue: Counts | null;
  outbox: OutboxCounts | null;
  /** Who shares the inbox; null where nobody else can, and where its database does not answer. */
  instances: InstancesReport | null;
}

export interface ProblemDetails {
  code: string;
  /** Which of several numbers it is about. */
  account?: string;
  says: string;
  todo: string;
  guide: string;
}

export interface OutboxCounts {
  byState: Record<OutgoingState, number>;
  /** When the oldest that waits was made; null when none waits. */
  oldestWaiting: number | null;
}

/** What the store says for a report. */
export interface Kept {
  queue: Counts;
  failing: Entry[];
  outbox: OutboxCounts;
  /** The oldest outgoing messages that wait. */
  waiting: Outgoing[];
  instances: InstancesReport | null;
}

/** Reads what a report needs of the store. Its cost does not depend on how much is kept. `now`: milliseconds since the epoch. */
export async function readKept(
  store: Pick<Store, 'counts' | 'failing' | 'outbox' | 'claims'>,
  now: number,
): Promise<Kept> {
  const { attempts, named } = failingProblem;
  const waiting = await store.outbox.waiting(lateProblem.looked);
  return {
    queue: await store.counts(),
    failing: await store.failing({ attempts, limit: named + 1 }),
    outbox: { byState: await store.outbox.counts(), oldestWaiting: waiting[0]?.createdAt ?? null },
    waiting,
    instances: await readInstances(store.claims, now),
  };
}

const neverRan =
  "no poller has run with this state directory; name another with --state-dir (a system service's is /var/lib/kapso-whatsapp)";

/** What a report is made of. */
export interface ReportFacts {
  running: boolean;
  /** Its status; null where there is none. */
  poller: Known | null;
  kept: Kept | null;
  stateDir: string;
  /** What is odd about the state directory, as a sentence; null when nothing is. */
  directory: string | null;
  /** Why the inbox cannot be read here, as a sentence; null or absent when it can, or there is none. */
  unread?: string | null;
}

export function reportOf(
  { running, poller, kept, stateDir, directory, unread = null }: ReportFacts,
  now: number,
): Report {
  const found = running ? allProblems(poller, kept, now) : [];
  const problems = running ? found.map(sentenceOf) : [poller || kept ? 'the poller does not run' : neverRan];
  const accesses = numbersOf(poller ?? {}).flatMap(({ account, of }) => {
    const warning = running ? (of.access?.warning ?? null) : null;
    return warning === null ? [] : account === null ? warning : `${account}: ${warning}`;
  });
  const weaknesses = (running && poller?.database?.weaknesses) || [];
  const warnings = [directory, unread, ...accesses, ...weaknesses];
  return {
    running,
    healthy: problems.length === 0,
    problems,
    problemDetails: found.map(detailsOf),
    warnings: warnings.filter(warning => warning !== null),
    stateDir,
    poller,
    queue: kept?.queue ?? null,
    outbox: kept?.outbox ?? null,
    instances: kept?.instances ?? null,
  };
}

/** What an alert was given of is named once: as it is now, where that is known. */
function allProblems(poller: Known | null, kept: Kept | null, now: number): Problem[] {
  const present = [...silence(poller, now), ...problemsOf(poller)];
  const told = problemsOfAlerts(poller ?? {}).filter(one => present.every(problem => keyOf(problem) !== keyOf(one)));
  return [...present, ...told, ...failingProblems(kept?.failing ?? [], now), ...lateProblems(kept?.waiting ?? [], now)];
}

function detailsOf(problem: Problem): ProblemDetails {
  const { code, account, says } = problem;
  return {
    code,
    ...(account !== undefined && { account }),
    says,
    todo: todoOf(problem),
    guide: problemKinds[code].guide,
  };
}
