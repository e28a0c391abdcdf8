/** Says what is wrong, from what the poller says of itself and from what its store and its disk hold. Everything here is pure. */

import { maskNumbers } from '../mask.ts';
import { numbersOf } from '../observe/account-status.ts';
import type { AlertWay, Status } from '../observe/status.ts';
import { span } from '../span.ts';
import { isProblemCode, keyOf, type Problem, type ProblemCode } from './table.ts';

/** The status as any version of the poller may have written it. */
export type Known = { readonly [K in keyof Status]?: Partial<NonNullable<Status[K]>> | Status[K] | null };

const one = (code: ProblemCode, says: string, hint: string | null | undefined = null): Problem => ({
  code,
  says: maskNumbers(says),
  hint: hint ? maskNumbers(hint) : null,
  count: 1,
});

/** Milliseconds for which a poll may be overdue before its silence is a problem. */
const overdueAfter = 30_000;

/** Says that the poller should have written its status since: the disk may be full, and it hides that. */
export function silence(poller: Known | null, now: number): Problem[] {
  const due = numbersOf(poller ?? {}).flatMap(({ of }) => of.polling?.nextAt ?? []);
  const overdue = now - Math.min(now, ...due);
  if (overdue < overdueAfter) return [];
  const since = `the poller was to poll ${span(overdue)} ago, and has written no status since`;
  return [one('poller-silent', `${since}: its disk may be full, or it hangs; see its log`)];
}

/** What of a poller is looked at: what it alone has, or how receiving fares, which one of several does for all. */
export type Concern = 'process' | 'intake';

const everything: readonly Concern[] = ['process', 'intake'];

/** Returns what the poller itself says is wrong. */
export function problemsOf(poller: Known | null, concerns = everything): Problem[] {
  if (!poller) return [one('poller-silent', 'the poller has written no status')];
  const numbers = numbersOf(poller);
  const [own, intake] = everything.map(concern => concerns.includes(concern));
  const ofEach = (find: (known: Known) => Problem[]) =>
    numbers.flatMap(({ account, of }) =>
      find(of).map(problem => (account === null ? problem : named(problem, account))),
    );
  return [
    ...(own ? [...ofTheDatabase(poller), ...ofTheGateway(poller), ...ofTheClock(poller), ...ofEach(ofObstacle)] : []),
    ...ofEach(known => [...(intake ? ofPolling(known) : []), ...(own ? ofSending(known) : [])]),
    ...(own ? ofWays(poller) : []),
    ...(intake ? ofEach(ofRegistration) : []),
  ];
}

/** The problem of one of several numbers. */
export function named(problem: Problem, account: string): Problem {
  return { ...problem, account, says: `${account}: ${problem.says}` };
}

/** Returns what somebody was told of by an alert and is not over, and an alert that could not be given. */
export function problemsOfAlerts({ alerts }: Known): Problem[] {
  const { open = [], undelivered = null } = alerts ?? {};
  const told = open.flatMap(({ code, account, says }) =>
    isProblemCode(code) ? { ...one(code, says), ...(account !== undefined && { account }) } : [],
  );
  if (undelivered === null) return told;
  const { code, way, reason } = undelivered;
  return [...told, one('alert-not-given', `the alert ${code} could not be given by ${wayNames[way]}: ${reason}`)];
}

/** How the ways of alerts are called in sentences. */
const wayNames: Record<AlertWay, string> = { command: 'alerts.command', whatsapp: 'WhatsApp' };

function ofTheDatabase({ database }: Known): Problem[] {
  return database?.error ? [one('store-unwritable', `the inbox cannot be used: ${database.error}`)] : [];
}

function ofTheGateway({ gateway }: Known): Problem[] {
  if (!gateway || gateway.phase === 'connected') return [];
  const why = gateway.reason ? `: ${gateway.reason}` : '';
  // An attempt that has failed was none that goes well.
  const how = gateway.phase === 'connecting' && gateway.reason ? 'away' : (gateway.phase ?? 'in an unknown state');
  return [one('gateway-away', `the gateway is ${how}${why}`, gateway.hint)];
}

function ofTheClock({ clock }: Known): Problem[] {
  if (typeof clock?.ahead !== 'number') return [];
  const way = clock.ahead > 0 ? 'ahead of' : 'behind';
  const says = `this machine's clock is ${span(Math.abs(clock.ahead))} ${way} Kapso's: set it (timedatectl set-ntp true)`;
  return [one('clock-wrong', says)];
}

function ofObstacle({ delivery }: Known): Problem[] {
  if (!delivery?.reason) return [];
  const what = delivery.agent === undefined ? 'no messages' : `no messages for the agent ${delivery.agent}`;
  return [one('gateway-takes-nothing', `the gateway takes ${what}: ${delivery.reason}`, delivery.hint)];
}

function ofPolling({ polling }: Known): Problem[] {
  return polling?.lastError ? [one(pollingCode(polling.errorCode), `polling fails: ${polling.lastError}`)] : [];
}

function ofSending({ sending }: Known): Problem[] {
  return sending?.reason ? [one('key-refused', `Kapso refuses every answer: ${sending.reason}`)] : [];
}

function pollingCode(code: string | null | undefined): ProblemCode {
  if (code === 'KAPSO_UNAUTHORIZED') return 'key-refused';
  return code?.startsWith('STORE_') ? 'store-unwritable' : 'polling-fails';
}

/** What is wrong with the way in by webhook that all numbers have. */
function ofWays({ webhook, tunnel }: Known): Problem[] {
  const problems: Problem[] = [];
  if (webhook?.lastError) problems.push(one('store-unwritable', `the webhook server fails: ${webhook.lastError}`));
  if (tunnel?.reason) problems.push(one('tunnel-down', `the tunnel fails: ${tunnel.reason}`, tunnel.hint));
  return problems;
}

function ofRegistration({ registration }: Known): Problem[] {
  const problems: Problem[] = [];
  if (registration?.off) problems.push(one('webhook-off', `Kapso's webhook delivered nothing: ${registration.off}`));
  if (registration?.reason) {
    problems.push(
      one('webhook-not-registered', `the webhook is not registered: ${registration.reason}`, registration.hint),
    );
  }
  return problems;
}

/** What the store holds and the disk has, as far as it could be looked at. */
export interface Holdings {
  /** Messages that were given up. */
  failedMessages: number;
  /** Answers that customers did not get. */
  failedReplies: number;
  /** Answers of which it is unknown for long whether they were sent. */
  doubtfulReplies: number;
}

export function problemsOfHoldings({ failedMessages, failedReplies, doubtfulReplies }: Holdings): Problem[] {
  const counted = (code: ProblemCode, count: number, says: string): Problem[] =>
    count > 0 ? [{ code, says: `${count} ${says}`, hint: null, count }] : [];
  const many = (count: number, single: string, several: string) => (count === 1 ? single : several);
  return [
    ...counted(
      'messages-failed',
      failedMessages,
      many(failedMessages, 'message was given up: no agent has it', 'messages were given up: no agent has them'),
    ),
    ...counted(
      'replies-failed',
      failedReplies,
      many(failedReplies, 'answer did not reach its customer', 'answers did not reach their customers'),
    ),
    ...counted(
      'replies-in-doubt',
      doubtfulReplies,
      many(doubtfulReplies, 'answer may or may not have been sent', 'answers may or may not have been sent'),
    ),
  ];
}

/** Bytes of a disk. */
export interface Space {
  free: number;
  total: number;
}

/** Below this many free bytes a disk is nearly full; a small one when a tenth is left. */
const littleSpace = 1e9;

/** `wasLow`: it was said before. Then it is over only with some space more, so that it is not said again and again. */
export function problemsOfSpace({ free, total }: Space, wasLow: boolean): Problem[] {
  const limit = Math.min(littleSpace, total / 10) * (wasLow ? 1.1 : 1);
  if (free >= limit) return [];
  return [one('disk-low', `the disk of the state directory is nearly full: ${Math.floor(free / 1e6)} MB are left`)];
}

/**
 * Returns the problems, by their keys, of which a poller that has just started cannot know yet whether it has them. Until
 * it does, they are neither there nor over.
 */
export function undecided(
  status: Status,
  {
    now,
    waiting,
    concerns = everything,
  }: { now: number; waiting: { messages: number; replies: number }; concerns?: readonly Concern[] },
): string[] {
  const { gateway, startedAt, webhook } = status;
  const young = now - startedAt < firstMinutes;
  const keys: string[] = [];
  if (gateway.phase === 'connecting' && gateway.reason === null) keys.push('gateway-away');
  for (const { account, of } of numbersOf(status)) {
    const { delivery, polling, sending, registration } = of;
    const codes: ProblemCode[] = [];
    if (delivery === undefined && waiting.messages > 0) codes.push('gateway-takes-nothing');
    const asked = polling !== null && (polling.lastSuccess !== null || polling.lastError !== null);
    if (sending === undefined && waiting.replies > 0) codes.push('key-refused');
    if (concerns.includes('intake')) {
      if (young && !asked) codes.push('polling-fails', 'key-refused', 'store-unwritable');
      // A poll that fails for another reason does not show that Kapso takes the key.
      if (polling?.lastError) codes.push('key-refused');
      if (young && webhook !== null && registration === undefined) codes.push('webhook-not-registered', 'webhook-off');
      if (webhook !== null && webhook.accepted === 0) codes.push('webhook-silent');
    }
    keys.push(...codes.map(code => keyOf(account === null ? { code } : { code, account })));
  }
  return keys;
}

/** Milliseconds after the start in which Kapso may not have answered yet. */
const firstMinutes = 120_000;
