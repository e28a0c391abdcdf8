import type { ToolCall } from '../../agents/agent.ts';
import { type Clock, sleep } from '../../clock.ts';
import { isOurs } from '../../errors.ts';
import type { ListedMessage } from '../../kapso/outbound/listed.ts';
import { isUnderWay, readMarks } from '../../state/send-marks.ts';
import { backoff, waits } from '../../waits.ts';
import { type Contact, isSame } from './recipients.ts';
import { recordedSends } from './recorded.ts';

/** What a run has sent to its contact by itself. */
export type OwnSends =
  | { kind: 'none' }
  /** WhatsApp's ids, at least one. */
  | { kind: 'sent'; ids: string[] }
  /** It may have sent something, and nothing can tell. `reason` is a sentence for the operator. */
  | { kind: 'unclear'; reason: string }
  /** It cannot be said yet. Nothing may be relayed before. */
  | { kind: 'ask again'; reason: string };

export interface EndedRun extends Contact {
  calls: readonly ToolCall[] | null;
  /** Milliseconds since the epoch. */
  begunAt: number;
  /** Milliseconds since the epoch. */
  endedAt: number;
}

export interface OwnSendsOptions {
  /** Meta's `phone_number_id`. */
  account: string;
  /** What people call the number, where it is one of several; null otherwise. */
  label?: string | null;
  stateDir: string;
  kapso: {
    /**
     * Returns all messages that were sent since a time of this machine's clock, in milliseconds since the epoch; null
     * when they are too many to read. Throws a KapsoWhatsappError when they cannot be read.
     */
    listSent(since: number, signal: AbortSignal): Promise<readonly ListedMessage[] | null>;
  };
  clock: Clock;
}

/**
 * Finds what a run has sent to its contact, by recipient and time, never by text. `isTaken` says that a message is
 * known already: it is an answer to another message, or was sent by the poller. Rejects with the signal's reason when
 * it aborts. Takes some seconds where absence in Kapso's list must be sure.
 */
export type FindOwnSends = (
  run: EndedRun,
  isTaken: (id: string) => boolean | Promise<boolean>,
  signal: AbortSignal,
) => Promise<OwnSends>;

/** The beginning of the marks with which the poller sends. */
export const replyMark = 'reply-';

export function createOwnSends({ account, label = null, stateDir, kapso, clock }: OwnSendsOptions): FindOwnSends {
  // What went out by another number answers nobody who wrote to this one.
  const isOther = (from: string) => label !== null && from !== label && from !== account;
  return async (run, isTaken, signal) => {
    const recorded = recordedSends(run.calls ?? [], run, isOther);
    if (recorded.ids.length > 0) return { kind: 'sent', ids: recorded.ids };
    // No tool, no send.
    if (run.calls?.length === 0) return { kind: 'none' };

    const untaken = async (ids: readonly string[]) => {
      const taken = await Promise.all(ids.map(isTaken));
      return ids.filter((_, at) => !taken[at]);
    };
    const marked = () =>
      readMarks(stateDir, { since: run.begunAt }).filter(
        mark =>
          mark.account === account &&
          isSame(run, mark.contact) === true &&
          mark.begunAt <= run.endedAt + waits.ownSends.listLag,
      );
    const inList = async (): Promise<string[] | null> => {
      const rows = await kapso.listSent(run.begunAt, signal);
      const own = rows?.filter(row => isOwn(row, run)).map(({ id }) => id);
      return own === undefined ? null : untaken(own);
    };

    const pause = backoff(waits.ownSends, () => 0);
    const certainAfter = Math.min(waits.ownSends.listLag, run.endedAt + waits.ownSends.listLag - clock.now());
    const certainAt = clock.monotonic() + certainAfter;
    for (let reading = 1; ; reading += 1) {
      // Read first: what is listed later than this counts only in the next reading.
      const certain = clock.monotonic() >= certainAt;
      const marks = marked();
      const ids = await untaken(marks.flatMap(mark => mark.ids));
      if (ids.length > 0) return { kind: 'sent', ids };
      try {
        const listed = await inList();
        // They become more, not less.
        if (listed === null) return { kind: 'unclear', reason: 'Kapso lists too many sent messages to read' };
        if (listed.length > 0) return { kind: 'sent', ids: listed };
      } catch (error) {
        if (signal.aborted || !isOurs(error)) throw error;
        return { kind: 'ask again', reason: `Kapso's list of sent messages cannot be read: ${error.message}` };
      }
      if (certain) {
        const open = marks.filter(({ state }) => state === 'sending' || state === 'unknown');
        if (open.some(mark => isUnderWay(mark, clock.now()))) {
          return { kind: 'ask again', reason: 'a send of the agent is still under way' };
        }
        const failed = marks.filter(({ state }) => state === 'failed').length;
        return open.length > 0 || recorded.open > failed ? unclear : { kind: 'none' };
      }
      await sleep(clock, Math.min(pause(reading), certainAt - clock.monotonic()), signal);
    }
  };
}

const unclear: OwnSends = {
  kind: 'unclear',
  reason: 'the agent ran kapso-whatsapp-cli send, and whether a message went out cannot be told',
};

/**
 * Whether the row may be an answer of the run: to its contact, not by this poller, and not by a person on the business's
 * phone. A reaction answers nothing.
 */
function isOwn({ to, userId, mark, origin, type }: ListedMessage, run: EndedRun): boolean {
  if (type === 'reaction') return false;
  if (origin === 'business_app' || mark?.startsWith(replyMark)) return false;
  return isSame(run, to) === true || isSame(run, userId) === true;
}
