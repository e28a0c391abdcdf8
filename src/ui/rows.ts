import { createHash } from 'node:crypto';
import type { ShownMessage } from '../live/sources.ts';
import { numbersOf } from '../observe/account-status.ts';
import type { Counter, Fact, MessageAction, MessageView, PartView, Stage } from '../page/shape.ts';
import type { Known } from '../problems/assess.ts';
import { type AnswerPart, outcomeText } from '../views/answer-view.ts';
import { reasonText, stateText } from '../views/outgoing-view.ts';
import type { Report } from '../views/report.ts';

/** A name for a message in the page. Its id would show a phone number: WhatsApp's ids hold it, in base64. */
export function nameOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, 16);
}

/** Whether it, or an answer to it, is on its way still. */
export function isMoving({ message: { state, answer } }: ShownMessage): boolean {
  const waits = state === 'held' || state === 'pending' || state === 'sending';
  return waits || answer.some(part => part.state === 'pending' || part.state === 'sending');
}

/** How a message is shown. Nothing that its customer wrote is in it, and numbers and names are shortened. */
export function rowOf({ id, message }: ShownMessage): MessageView {
  const { state, from, name, group, type, answer, occurredAt } = message;
  const who = [from ?? 'unknown', name, group === null ? null : 'in a group'].filter(Boolean).join(' ');
  return {
    id: nameOf(id),
    text: `${who}: ${type ?? 'unreadable'}`,
    media: null,
    ...iconOf(type),
    at: Date.parse(occurredAt),
    reached: reachedBy(state, message.attempts, answer),
    state: isLost(message) ? 'failed' : state === 'settled' ? 'done' : 'moving',
    says: wordsFor(message),
    ticks: 'delivered',
    repeats: 0,
    facts: factsOf(message),
    actions: actionsFor(state, answer),
  };
}

type Shown = ShownMessage['message'];

function iconOf(type: string | null): Pick<MessageView, 'icon'> {
  if (type === 'image' || type === 'sticker' || type === 'video') return { icon: 'image' };
  if (type === 'audio') return { icon: 'mic' };
  return type === 'document' ? { icon: 'file' } : {};
}

function isLost({ state, answer }: Shown): boolean {
  return state === 'failed' || state === 'dropped' || answer.some(part => part.state === 'failed');
}

function reachedBy(state: string, attempts: number, answer: readonly AnswerPart[]): Stage {
  if (answer.length > 0 && answer.every(part => part.state === 'sent')) {
    return answer.every(({ status }) => status === 'read') ? 'ticks' : 'answer';
  }
  return state === 'settled' || state === 'sending' || attempts > 0 ? 'agent' : 'store';
}

function wordsFor({ state, attempts, reason, outcome, answer }: Shown): string {
  switch (state) {
    case 'held':
      return 'Waits for the end of its poll';
    case 'pending':
      if (attempts > 0)
        return `Failed ${attempts === 1 ? 'once' : `${attempts} times`}: ${reason ?? 'it is tried again'}`;
      return reason === null ? 'Waits for its turn' : `Waits: ${reason}`;
    case 'sending':
      return 'The agent is at work';
    case 'failed':
      return `Given up: ${reason ?? 'no reason is known'}`;
    case 'dropped':
      return reason === null ? 'Dropped' : `Dropped: ${reason}`;
    case 'unpaired':
      return 'Waits until its sender is approved';
    case 'settled':
      return capital(outcomeText(outcome, answer));
    default:
      return `Not for the agent: ${reason ?? state}`;
  }
}

function factsOf({
  ref,
  account,
  occurredAt,
  receivedAt,
  attempts,
  reason,
  retryAt,
  outcome,
  answer,
  toldWith,
  waitsFor,
}: Shown): Fact[] {
  const at = (label: string, iso: string | null): Fact[] =>
    iso === null ? [] : [{ label, at: Date.parse(iso), value: '' }];
  const said = (label: string, value: string | null): Fact[] => (value === null ? [] : [{ label, value }]);
  return [
    { label: 'Id ends with', value: ref },
    ...(account === undefined ? [] : [{ label: 'Number', value: account }]),
    ...at('Written', occurredAt),
    ...at('Kept on disk', receivedAt),
    ...said('Attempts that failed', attempts === 0 ? null : String(attempts)),
    ...said('Reason', reason),
    ...at('Next attempt', retryAt),
    ...said('Behind message', waitsFor),
    ...said('Told with message', toldWith),
    ...said('Outcome', outcome),
    ...answer.map(part => ({
      label: part.parts === 1 ? 'Answer' : `Answer, part ${part.part} of ${part.parts}`,
      value: [`by ${part.via}`, stateText(part), reasonText(part)].filter(Boolean).join(', '),
    })),
  ];
}

function actionsFor(state: string, answer: readonly AnswerPart[]): MessageAction[] {
  const failedAnswer = answer.some(part => part.state === 'failed');
  return [
    ...(state === 'failed' || state === 'dropped' ? (['retry'] as const) : []),
    ...(state === 'failed' || state === 'pending' ? (['drop'] as const) : []),
    ...(failedAnswer ? (['retry-answer', 'drop-answer'] as const) : []),
  ];
}

/** What is in the queue, in numbers. */
export function countersOf({ queue, outbox }: Report): Counter[] {
  const of = (...states: (keyof NonNullable<Report['queue']>['byState'])[]) =>
    states.reduce((sum, state) => sum + (queue?.byState[state] ?? 0), 0);
  const { pending = 0, sending = 0, failed = 0 } = outbox?.byState ?? {};
  return [
    { name: 'waiting', label: 'waiting', value: of('held', 'pending'), wanted: 'any' },
    { name: 'running', label: 'with the agent', value: of('sending'), wanted: 'any' },
    { name: 'handled', label: 'handled', value: of('settled'), wanted: 'any' },
    { name: 'answers', label: 'answers to send', value: pending + sending, wanted: 'any' },
    { name: 'failed', label: 'given up', value: of('failed'), wanted: 'none' },
    { name: 'failed-answers', label: 'answers failed', value: failed, wanted: 'none' },
  ];
}

/** How the parts fare, by what the poller says of itself. */
export function partsOf(status: Known | null): PartView[] {
  const { webhook, gateway, version = '', mode = '' } = status ?? {};
  const numbers = numbersOf(status ?? {});
  const failures = numbers.flatMap(({ account, of }) => {
    const why = of.polling?.lastError;
    return why ? (account === null ? why : `${account}: ${why}`) : [];
  });
  const failure = failures[0] ?? webhook?.lastError ?? null;
  const ways = [
    ...numbers.map(({ account, of: { polling } }) =>
      polling ? `${account === null ? '' : `${account} `}polled every ${polling.interval} s` : null,
    ),
    webhook ? `webhook at ${webhook.address}, ${webhook.accepted ?? 0} accepted` : null,
  ];
  const connected = gateway?.phase === 'connected';
  return [
    {
      name: 'kapso',
      phase: failure === null ? 'running' : 'trouble',
      says: failure ?? (capital(ways.filter(Boolean).join('; ')) || 'Nothing is received'),
      todo: null,
    },
    { name: 'poller', phase: 'running', says: `Version ${version}, mode ${mode}`, todo: null },
    {
      name: 'gateway',
      phase: connected ? 'running' : 'trouble',
      says: connected ? `Connected: ${gateway?.url}` : (gateway?.reason ?? `It is ${gateway?.phase ?? 'not known'}`),
      todo: gateway?.hint ?? null,
    },
  ];
}

function capital(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;
}
