import type { Clock } from '../../clock.ts';
import { answerFailed } from '../../domain/answer-failed.ts';
import { concernsFile, withoutCaption } from '../../domain/caption.ts';
import { readContent, writeContent } from '../../domain/outgoing-body.ts';
import { readBody, writeBody } from '../../domain/stored-body.ts';
import { isFurther, type SentStatus } from '../../kapso/inbound/sent-statuses.ts';
import { maskAddress } from '../../mask.ts';
import type { Emit } from '../../observe/events.ts';
import type { NewEntry } from '../../store/new-entry.ts';
import { captionRow, type Outgoing, type StatusReport } from '../../store/outbox.ts';
import type { Store } from '../../store/store.ts';
import { explain } from './explain.ts';

export interface SentStatusesDeps {
  store: Pick<Store, 'outbox' | 'get' | 'accept' | 'note'>;
  /** Of several numbers, the one that is reported to: whoever can report to it says nothing of another one's messages. */
  account?: string | null;
  /** The present by the best known clock, in milliseconds since the epoch. */
  now: () => number;
  /** Whether the agent is told of an answer that could not be delivered. The function is called each time. */
  tellAgent: () => boolean;
  /** Called after the commit with the lanes of the outbox that now have work. */
  wakeReplies: (lanes: readonly string[]) => void;
  clock: Pick<Clock, 'monotonic'>;
  emit: Emit;
}

export interface SentStatuses {
  /**
   * Notes what a webhook reports of sent messages. Resolves when that is on disk. A report of an unknown message is
   * kept in memory for a while: the message may become known later.
   */
  take(statuses: readonly SentStatus[]): Promise<void>;
  /** The same for what the list says, which is asked again: of unknown messages nothing is kept or told. */
  takeListed(statuses: readonly SentStatus[]): Promise<void>;
  /** Looks again for the messages of the reports that are kept. Call it regularly. */
  again(): Promise<void>;
}

/**
 * How long the report of an unknown message is kept, in milliseconds, and how many. What the agent sends itself is
 * known only when its run has ended; what others send never becomes known.
 */
const kept = { during: 3_600_000, most: 500 };

/** Brings what WhatsApp reports of sent messages into the outbox, and tells of failures. */
export function createSentStatuses(deps: SentStatusesDeps): SentStatuses {
  const { store, account = null, clock, emit } = deps;
  const unknown = new Map<string, { status: SentStatus; until: number }>();

  function keep(status: SentStatus): void {
    unknown.delete(status.id);
    unknown.set(status.id, { status, until: clock.monotonic() + kept.during });
    for (const id of unknown.keys()) {
      if (unknown.size <= kept.most) break;
      unknown.delete(id);
    }
  }

  async function isOthers({ id: sentId, mark }: SentStatus): Promise<boolean> {
    const row = account === null ? null : await store.outbox.find({ sentId, mark });
    return row !== null && row.account !== account;
  }

  /** All is written in one turn of the event loop, and so in one transaction: a note never without the failure. */
  async function record(statuses: readonly SentStatus[], onUnknown: (status: SentStatus) => void): Promise<void> {
    const own = await Promise.all(statuses.map(async status => ((await isOthers(status)) ? [] : status)));
    const prepared = await Promise.all(own.flat().map(status => prepare(deps, status)));
    const written = prepared.map(async ({ status, report, note }) => {
      const [changed] = await Promise.all([
        store.outbox.report(report),
        ...(note === null ? [] : [store.accept([note]), store.note(note.id)]),
      ]);
      if (changed !== null && report.instead !== undefined) deps.wakeReplies([changed.lane]);
      if (changed !== null && status.status === 'failed') tell(status, report, changed);
      else if (changed !== null) tellStatus(report, changed);
      else if (changed === null && (await store.outbox.find(report)) === null) onUnknown(status);
    });
    await Promise.all(written);
  }

  function tell({ id: message, code, recipient }: SentStatus, { reason }: StatusReport, row: Outgoing | null): void {
    const to = recipient === null ? null : maskAddress(recipient);
    const outgoing = row && { id: row.id, answers: row.message };
    emit({ type: 'send failed', message, code, to, explanation: reason ?? '', outgoing });
  }

  function tellStatus({ sentId, status, at }: StatusReport, { id: reply, message }: Outgoing): void {
    if (status !== 'failed') emit({ type: 'reply status', message, reply, sentId, status, at });
  }

  return {
    take: statuses =>
      record(statuses, status => {
        const before = unknown.get(status.id)?.status;
        if (before !== undefined && !isFurther(status, before)) return;
        // A failure is told at once, and once: what others have sent never becomes known.
        if (status.status === 'failed') tell(status, reportOf(status, deps.now()), null);
        keep(status);
      }),
    takeListed: statuses => record(statuses, nothing),
    again: async () => {
      const waiting = [...unknown.values()];
      for (const { status, until } of waiting) {
        const isKnown = (await store.outbox.find({ sentId: status.id, mark: status.mark })) !== null;
        if (isKnown || clock.monotonic() >= until) unknown.delete(status.id);
        if (isKnown) await record([status], nothing);
      }
    },
  };
}

const nothing = () => undefined;

interface Prepared {
  status: SentStatus;
  report: StatusReport;
  note: NewEntry | null;
}

/** Looks up what a failure needs. Any other report needs nothing. */
async function prepare(deps: SentStatusesDeps, status: SentStatus): Promise<Prepared> {
  const report = reportOf(status, deps.now());
  if (status.status !== 'failed') return { status, report, note: null };
  const known = await deps.store.outbox.find(report);
  const isNews = known !== null && known.status !== 'failed';
  if (!isNews) return { status, report, note: null };
  const note = deps.tellAgent() ? await noteFor(deps, known, report) : null;
  return { status, report: { ...report, ...captionOf(known, report) }, note };
}

/** The caption of a picture that could not be delivered is sent alone: it may be the whole answer. */
function captionOf(known: Outgoing, { code }: StatusReport): Pick<StatusReport, 'instead'> {
  const apart = code !== null && concernsFile(code) ? withoutCaption(readContent(known.body)) : null;
  if (apart === null) return {};
  return { instead: { rows: [captionRow(known, writeContent(apart.text))], body: writeContent(apart.rest) } };
}

/** WhatsApp's clock is not ahead of the present. */
function reportOf(status: SentStatus, now: number): StatusReport {
  const { id: sentId, mark, code } = status;
  const reason = status.status === 'failed' ? explain(status) : null;
  return { sentId, mark, status: status.status, at: Math.min(status.at, now), code, reason };
}

/**
 * Builds the note for the agent: context for the next message of whoever got the answer. Null for what was not the
 * agent's, and where the answered message is gone.
 */
async function noteFor(
  { store }: SentStatusesDeps,
  sent: Outgoing,
  { sentId, at, code, reason }: StatusReport,
): Promise<NewEntry | null> {
  if (sent.via === 'notice') return null;
  const answered = await store.get(sent.message);
  if (answered === null || answered.author === null || answered.account === null) return null;
  const body = readBody(answered);
  if (body.kind !== 'message') return null;
  const { account, lane, conversation, session, author } = answered;
  const failure = { sentId, sentAt: sent.begunAt ?? sent.createdAt, failedAt: at, reason: reason ?? '', code };
  const note = answerFailed(body.message, failure);
  // It has no contact: it is nothing that the contact wrote, and does not open the 24-hour window.
  return { id: note.id, account, lane, conversation, session, author, occurredAt: at, body: writeBody(note) };
}
