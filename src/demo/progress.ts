import type { Counter, Fact, MessageView, Mode, Stage, Ticks } from '../page/shape.ts';
import type { Outgoing } from '../store/outbox.ts';
import type { Entry } from '../store/store.ts';
import type { Letter } from './letters.ts';
import type { Run, Sight } from './sight.ts';

/** How far one message has come, from what the parts know. Times are milliseconds since the epoch. */
export interface Progress {
  letter: Letter;
  entry: Entry | null;
  /** By which way the poller got it; null while that is not known. */
  via: Mode | null;
  /** Its runs at the simulated gateway, without those that a kill of the gateway cut off. */
  runs: readonly Run[];
  runAt: number | null;
  /** What was sent in answer. */
  answers: readonly Outgoing[];
  /** It was marked as read. */
  read: boolean;
  /** What the phone has reported of all that was sent in answer: the least of it. */
  receipts: Receipt;
}

/** How far an answer has come. */
export type Receipt = 'sent' | 'delivered' | 'read';

/** Milliseconds after which a webhook that was answered belongs to a later delivery. */
const sameDelivery = 1500;

/** Finds what the parts know of a message. */
export function progressOf(
  letter: Letter,
  sight: Sight,
  { mode, receiptOf }: { mode: Mode; receiptOf: (sentId: string) => Receipt },
): Progress {
  const { wamid } = letter;
  const entry = wamid === null ? null : (sight.entries.get(wamid) ?? null);
  const answers = sight.outgoing.filter(({ message, sentId }) => message === wamid && sentId !== null);
  const ours = sight.runs.filter(({ key }) => wamid !== null && (key === wamid || key === entry?.runKey));
  const runs = ours.filter(({ status }) => status !== 'lost');
  return {
    ...{ letter, entry, runs, answers },
    via: entry === null ? null : wayOf(entry, sight, mode),
    runAt: ours[0]?.at ?? entry?.begunAt ?? null,
    read: wamid !== null && sight.read.has(wamid),
    receipts: leastOf(answers.map(({ sentId }) => receiptOf(sentId ?? ''))),
  };
}

function leastOf(receipts: readonly Receipt[]): Receipt {
  return (['sent', 'delivered'] as const).find(receipt => receipts.includes(receipt)) ?? 'read';
}

function wayOf(entry: Entry, { webhookAttempts }: Sight, mode: Mode): Mode | null {
  const brought = webhookAttempts.some(
    ({ event, messageIds, at, status }) =>
      event === 'whatsapp.message.received' &&
      status === 200 &&
      messageIds.includes(entry.id) &&
      at - entry.receivedAt < sameDelivery,
  );
  if (brought) return 'webhook';
  // The record of a delivery comes after its answer.
  return mode === 'polling' || Date.now() - entry.receivedAt > sameDelivery ? 'polling' : null;
}

/** Whether nothing more will happen to it by itself. */
export function isOver({ entry, receipts }: Progress): boolean {
  if (entry === null || !['settled', 'failed', 'dropped'].includes(entry.state)) return false;
  return entry.outcome !== 'answered' || receipts === 'read';
}

/** Whether it was answered, kept from the agent for good, or given up. */
export function isSettled({ entry }: Progress): boolean {
  return entry !== null && ['settled', 'failed', 'dropped'].includes(entry.state) && entry.outcome !== 'answering';
}

function ticksOf({ letter, entry, read }: Progress): Ticks {
  if (read) return 'read';
  if (entry !== null) return 'delivered';
  return letter.wamid === null ? 'waiting' : 'sent';
}

function reachedBy({ letter, entry, runAt, answers, receipts }: Progress): Stage | null {
  if (answers.length > 0) return receipts === 'read' ? 'ticks' : 'answer';
  if (runAt !== null) return 'agent';
  if (entry !== null) return 'store';
  return letter.wamid === null ? null : 'kapso';
}

/** Whether the parts run, for the words of what waits. */
export interface Running {
  mode: Mode;
  kapso: boolean;
  /** When the poller was last started, milliseconds since the epoch. */
  pollerSince: number;
  poller: boolean;
  gateway: boolean;
}

/** What the page shows of a message. */
export function viewOf(progress: Progress, running: Running): MessageView {
  const { letter, entry } = progress;
  const failed = entry?.state === 'failed' || entry?.state === 'dropped';
  return {
    id: letter.id,
    text: letter.text,
    media: letter.media,
    at: letter.writtenAt,
    reached: reachedBy(progress),
    state: failed ? 'failed' : isOver(progress) ? 'done' : 'moving',
    says: wordsFor(progress, running),
    ticks: ticksOf(progress),
    repeats: letter.repeats,
    facts: factsOf(progress),
  };
}

function wordsFor(progress: Progress, { mode, kapso, poller, gateway }: Running): string {
  const { letter, entry, runAt, answers, receipts } = progress;
  if (letter.wamid === null) return 'Waits for Kapso';
  if (entry === null) {
    if (!poller) return 'Waits for the poller';
    return mode === 'polling' ? 'Waits for the next poll' : 'Is being delivered';
  }
  if (entry.state === 'failed') return `Given up: ${entry.reason ?? 'no reason is known'}`;
  if (entry.state === 'dropped') return 'Dropped by hand';
  const [answer] = answers;
  if (answer !== undefined) {
    const words = { read: 'Answered and read', delivered: 'Answer delivered', sent: 'Answer sent' };
    return words[receipts];
  }
  if (entry.outcome === 'answering') return kapso ? 'Answer on its way' : 'Answer waits for Kapso';
  if (entry.state === 'settled') return entry.outcome === 'silent' ? 'The agent said nothing' : 'Handled';
  if (!poller) return 'Waits for the poller';
  if (!gateway) return 'Waits for the gateway';
  return runAt === null ? 'Kept on disk' : 'The agent is at work';
}

function factsOf({ letter, entry, via, runs, runAt, answers }: Progress): Fact[] {
  const [run] = runs;
  const facts: (Fact | null | undefined)[] = [
    letter.wamid === null ? null : { label: 'WhatsApp’s id', value: letter.wamid },
    { label: 'Written', at: letter.writtenAt, value: '' },
    entry && { label: 'Kept on disk', at: entry.receivedAt, value: via === null ? '' : `by ${via}` },
    entry?.attempts ? { label: 'Attempts that failed', value: `${entry.attempts}: ${entry.reason ?? ''}` } : null,
    runAt === null ? null : { label: 'Run began', at: runAt, value: '' },
    run && { label: 'The agent got', value: run.text, verbatim: true },
    run && run.images.length > 0 ? { label: 'The agent saw', value: run.images.map(imageText).join(', ') } : null,
    ...answers.map(({ via: by, createdAt, status }) => ({
      label: by === 'agent' ? 'Sent by the CLI' : 'Sent by relay',
      at: createdAt,
      value: `as far as the poller knows: ${status ?? 'sent'}`,
    })),
  ];
  return facts.filter(fact => fact !== null && fact !== undefined);
}

function imageText({ mimeType, bytes }: { mimeType: string; bytes: number }): string {
  return `${mimeType}, ${bytes.toLocaleString('en')} bytes`;
}

/** Counts what became of all messages. */
export function countersOf(
  all: readonly Progress[],
  sight: Sight,
  { echo, pollerSince }: { echo: boolean; pollerSince: number },
): Counter[] {
  const count = (is: (progress: Progress) => boolean) => all.filter(is).length;
  const any = 'any' as const;
  return [
    { name: 'written', label: 'written', value: all.length, wanted: any },
    { name: 'kept', label: 'kept', value: count(({ entry }) => entry !== null), wanted: any },
    { name: 'run', label: 'run', value: count(({ runAt }) => runAt !== null), wanted: any },
    { name: 'answered', label: 'answered', value: count(({ answers }) => answers.length > 0), wanted: any },
    { name: 'lost', label: 'lost', value: count(progress => isLost(progress, sight, pollerSince)), wanted: 'none' },
    { name: 'doubled', label: 'doubled', value: doubled(all, sight, echo), wanted: 'none' },
  ];
}

/**
 * A message is lost when Kapso has handed it over and the poller does not have it, when it was given up, or when it counts as
 * answered and nothing was sent.
 */
function isLost({ letter, entry, answers }: Progress, { webhookAttempts, lists }: Sight, pollerSince: number): boolean {
  const { wamid, takenAt } = letter;
  if (wamid === null || takenAt === null) return false;
  if (entry !== null) {
    return (
      entry.state === 'failed' || (entry.state === 'settled' && entry.outcome === 'answered' && answers.length === 0)
    );
  }
  const acknowledged = webhookAttempts.some(({ messageIds, status }) => status === 200 && messageIds.includes(wamid));
  // The first list may have been made before it came, and the second is being read. A poller that was killed reads no more.
  return acknowledged || lists.filter(at => at > Math.max(takenAt, pollerSince)).length > 2;
}

/** Counts what happened once too often: runs of one message, answers to one message, and sends of one answer. */
function doubled(all: readonly Progress[], { sent }: Sight, echo: boolean): number {
  const marks = sent.map(({ callbackData }) => callbackData).filter(mark => mark !== null);
  const sentAgain = marks.length - new Set(marks).size;
  // An agent of the user's own may answer in several messages.
  if (!echo) return sentAgain;
  const runs = all.reduce((sum, progress) => sum + Math.max(0, progress.runs.length - 1), 0);
  const settled = all.every(isSettled);
  const answered = all.filter(({ answers }) => answers.length > 0).length;
  return Math.max(sentAgain, settled ? sent.length - answered : 0) + runs;
}
