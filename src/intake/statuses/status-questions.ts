import type { Clock } from '../../clock.ts';
import type { KapsoClient } from '../../kapso/client.ts';
import { readRowStatus } from '../../kapso/inbound/sent-statuses.ts';
import type { Log } from '../../observe/log.ts';
import type { Outgoing } from '../../store/outbox.ts';
import type { Store } from '../../store/store.ts';
import { backoff, waits } from '../../waits.ts';
import type { KapsoTime } from '../kapso-time.ts';
import type { SentStatuses } from './sent-statuses.ts';

export interface StatusQuestionsDeps {
  kapso: Pick<KapsoClient, 'listMessages' | 'limitNear'>;
  store: Pick<Store, 'outbox'>;
  /** The number that sent the messages. */
  phoneNumberId: string;
  sentStatuses: Pick<SentStatuses, 'takeListed'>;
  kapsoTime: KapsoTime;
  /** Rows of the outbox that one question looks at: the oldest that are awaited. The default is 1000. */
  maxRows?: number;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
}

/** Asks Kapso's list what became of sent messages, where no webhook says it. Failures are only logged. */
export interface StatusQuestions {
  /** Asks if something is due. Call it regularly. Resolves like `once`, which takes as long as Kapso takes. */
  tick(): Promise<void>;
  /** Asks now. Resolves when the answer is on disk, or could not be had. */
  once(): Promise<void>;
  /** Asks nothing more. Resolves when no question is under way. */
  stop(): Promise<void>;
}

const day = 86_400_000;
/** Milliseconds by which a message may be older for Kapso than for us. */
const margin = 120_000;
/** A page has 100 rows. Above this many messages a day, the oldest are not asked for. */
const maxPages = 20;
/** The older a message is, the less often it is asked for: after this share of its age. Most are never read. */
const patience = 1 / 8;

export function createStatusQuestions(deps: StatusQuestionsDeps): StatusQuestions {
  const { kapsoTime, store, phoneNumberId, maxRows = 1000, clock, log } = deps;
  const stopped = new AbortController();
  const readList = createListReader(deps, stopped.signal);
  const pause = backoff(waits.statuses, deps.random);
  /** When each awaited message was last asked for, by the monotonic clock. */
  let asked = new Map<string, number>();
  let failures = 0;
  let notBefore = Number.NEGATIVE_INFINITY;
  let underWay: Promise<void> | null = null;

  function isDue({ id, ...row }: Outgoing): boolean {
    const before = asked.get(id);
    const every = Math.max(waits.statuses.first, patience * ageOf(row, clock));
    return before === undefined || clock.monotonic() - before >= every;
  }

  /** Returns whether anything was due. */
  async function ask(): Promise<boolean> {
    const present = kapsoTime.byKapso();
    if (present === null) return false;
    const awaited = await store.outbox.awaiting(phoneNumberId, { since: clock.now() - day, limit: maxRows });
    const rows = awaited.filter(row => ageOf(row, clock) < day);
    const due = rows.filter(isDue);
    // Newer messages than a full list of awaited ones are always due: nothing is known of them.
    if (awaited.length === maxRows) due.push(...awaited.slice(-1));
    if (due.length === 0) return false;
    const oldest = Math.min(day, Math.max(...due.map(row => ageOf(row, clock))));
    const at = clock.monotonic();
    if (!(await readList(present - oldest - margin))) return true;
    asked = new Map(
      rows.flatMap(row => {
        const last = ageOf(row, clock) <= oldest ? at : asked.get(row.id);
        return last === undefined ? [] : [[row.id, last]];
      }),
    );
    return true;
  }

  async function attempt(): Promise<void> {
    try {
      if (!(await ask())) return;
      failures = 0;
      notBefore = clock.monotonic() + waits.statuses.first;
    } catch (error) {
      if (stopped.signal.aborted) return;
      failures += 1;
      notBefore = clock.monotonic() + pause(failures);
      log.debug({ error }, 'What became of sent messages could not be asked');
    }
  }

  function once(): Promise<void> {
    if (stopped.signal.aborted) return Promise.resolve();
    underWay ??= attempt().finally(() => {
      underWay = null;
    });
    return underWay;
  }

  return {
    tick: () => (clock.monotonic() < notBefore ? Promise.resolve() : once()),
    once,
    stop: async () => {
      stopped.abort(new Error('the program stops'));
      await underWay;
    },
  };
}

/**
 * The returned function reads what was sent since a time. It returns whether that was read as far as it is ever read.
 * Near Kapso's limit, messages need the requests more.
 */
function createListReader(deps: StatusQuestionsDeps, signal: AbortSignal): (since: number) => Promise<boolean> {
  const { kapso, kapsoTime, phoneNumberId, sentStatuses } = deps;
  return async since => {
    let after: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      if (kapso.limitNear()) return false;
      const answer = await kapso.listMessages({ direction: 'outbound', since, after, signal });
      kapsoTime.observe(answer.serverTime);
      const context = { phoneNumberId, now: kapsoTime.now() };
      await sentStatuses.takeListed(answer.rows.flatMap(row => readRowStatus(row, context) ?? []));
      if (answer.after === null) break;
      ({ after } = answer);
    }
    return true;
  };
}

/** Milliseconds since it was sent. */
function ageOf({ begunAt, createdAt }: Pick<Outgoing, 'begunAt' | 'createdAt'>, clock: Clock): number {
  return Math.max(0, clock.now() - (begunAt ?? createdAt));
}
