/** When a problem began, when somebody is told of it, and when it is over. Everything here is pure. */
import { keyOf, type Problem, type ProblemCode, problemKinds } from './table.ts';

/** A problem over its time. Times are milliseconds since the epoch. */
export interface Incident extends Problem {
  since: number;
  /** When its count was last seen to grow. */
  grewAt: number;
  /** Since when there is something to tell: its beginning, or what came after a pause. */
  newsAt: number;
  /** When somebody was last told of it; null before. */
  toldAt: number | null;
}

/** What is to be told. */
export interface Told {
  state: 'problem' | 'over';
  incident: Incident;
}

export interface Assessment {
  problems: readonly Problem[];
  /** Of these, by their keys, it is not known whether they are there. */
  undecided: readonly string[];
}

export interface Followed {
  incidents: Incident[];
  told: Told[];
  /** Milliseconds until something has to be told, if nothing changes; null when nothing waits for its time. */
  dueIn: number | null;
}

/**
 * Milliseconds. What comes in numbers is told when its number has not grown for `settle`, at the latest after `most`: a
 * storm is told once. After `quiet` without growth, more of the same is news.
 */
const gathering = { settle: 10_000, most: 60_000, quiet: 3_600_000 };

/**
 * Brings the incidents up to date with what is wrong now. Each is told once until it is over. The one exception is what
 * comes in numbers: its number is told again when it grows after an hour in which it did not.
 *
 * @param time.after milliseconds that a problem lasts before it is told, unless it is told at once
 */
export function follow(
  open: readonly Incident[],
  { problems, undecided }: Assessment,
  { now, after }: { now: number; after: number },
): Followed {
  const told: Told[] = [];
  const incidents: Incident[] = [];
  const due: number[] = [];
  for (const problem of together(problems)) {
    const incident = grown(
      open.find(one => keyOf(one) === keyOf(problem)),
      problem,
      now,
    );
    const at = dueAt(incident, after);
    if (at !== null && at <= now) {
      incident.toldAt = now;
      told.push({ state: 'problem', incident: { ...incident } });
    } else if (at !== null) due.push(at - now);
    incidents.push(incident);
  }
  for (const incident of open) {
    if (incidents.some(one => keyOf(one) === keyOf(incident))) continue;
    if (undecided.includes(keyOf(incident))) incidents.push(incident);
    else if (incident.toldAt !== null) told.push({ state: 'over', incident });
  }
  return { incidents, told, dueIn: due.length === 0 ? null : Math.min(...due) };
}

/** Problems of one kind, of one number, are one: the first is named, and all are counted. */
function together(problems: readonly Problem[]): Problem[] {
  return [...Map.groupBy(problems, keyOf).values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : { ...first, count: others.reduce((sum, { count }) => sum + count, first.count) },
  );
}

function grown(before: Incident | undefined, problem: Problem, now: number): Incident {
  if (before === undefined) return { ...problem, since: now, grewAt: now, newsAt: now, toldAt: null };
  const grew = problem.count > before.count;
  const isNews = grew && before.toldAt !== null && now - before.grewAt >= gathering.quiet;
  return {
    ...problem,
    // A clock that was set back must not make anything last longer than it does.
    since: Math.min(before.since, now),
    grewAt: grew ? now : Math.min(before.grewAt, now),
    newsAt: isNews ? now : Math.min(before.newsAt, now),
    toldAt: isNews ? null : before.toldAt,
  };
}

/** When an incident is to be told; null when it was, or never is. */
function dueAt({ code, since, grewAt, newsAt, toldAt }: Incident, after: number): number | null {
  const { told } = problemKinds[code];
  if (toldAt !== null || told === 'never') return null;
  if (told === 'when it lasts') return since + after;
  if (!isCounted(code)) return since;
  return Math.min(grewAt + Math.min(gathering.settle, after), newsAt + gathering.most);
}

function isCounted(code: ProblemCode): boolean {
  return code === 'messages-failed' || code === 'replies-failed' || code === 'replies-in-doubt';
}
