/** What the customer got, or is to get, for a message. */
import { maskNumbers } from '../mask.ts';
import { type DeliveryStatus, deliveryStatuses, type Outgoing } from '../store/outbox.ts';
import { outgoingRefs, reasonText } from './outgoing-view.ts';

/** A part of the answer as it is printed. */
export interface AnswerPart {
  /** Names it for `outbox show`. */
  ref: string;
  /** `relay`, `agent` or `notice`. */
  via: string;
  state: string;
  /** What WhatsApp says of it; null when that is nothing. */
  status: DeliveryStatus | null;
  part: number;
  parts: number;
  reason: string | null;
  code: number | null;
  /** Only with `--full`. */
  id?: string;
  /** WhatsApp's id. */
  sentId?: string | null;
}

/** Returns the parts of the last answer in `rows`, which all answer one message. Earlier answers do not count. */
export function answerOf(rows: readonly Outgoing[], full: boolean): AnswerPart[] {
  const last = lastAnswer(rows);
  const refs = outgoingRefs(last);
  return last.map(({ id, via, state, status, part, parts, reason, code, sentId }) => ({
    ...{ ref: refs.get(id) ?? id, via, state, status, part, parts },
    ...{ reason: reason !== null && !full ? maskNumbers(reason) : reason, code },
    ...(full ? { id, sentId } : {}),
  }));
}

/** Returns those of a message's rows that belong to its last answer: it ran again after each earlier one. */
export function lastAnswer(rows: readonly Outgoing[]): Outgoing[] {
  return rows.filter(({ answer }) => answer === rows.at(-1)?.answer);
}

/** Returns the outcome with how the answer fares, e.g. `answered by relay, delivered`; '' when there is nothing to say. */
export function outcomeText(outcome: string | null, answer: readonly AnswerPart[]): string {
  const [first] = answer;
  if (!first) return outcome ?? '';
  const way = outcome === null ? first.via : `${outcome} by ${first.via}`;
  return `${way}, ${progressOf(answer)}`;
}

function progressOf(answer: readonly AnswerPart[]): string {
  const several = answer.length > 1;
  const lost = answer.find(({ state }) => state === 'failed' || state === 'dropped');
  const unsent = lost ?? answer.find(({ state }) => state !== 'sent');
  if (unsent) {
    const which = several ? `part ${unsent.part} of ${answer.length} ` : '';
    const why = reasonText(unsent);
    return `${which}${unsent.state}${why && `: ${why}`}`;
  }
  // As far as all of them have come.
  const steps = answer.map(({ status }) => deliveryStatuses.indexOf(status ?? 'sent'));
  return `${several ? `${answer.length} parts ` : ''}${deliveryStatuses[Math.min(...steps)]}`;
}
