import type { Problem } from './table.ts';

/** What polling has brought since the last delivery by webhook. Times are milliseconds since the epoch. */
export interface Missed {
  /** Passes that found messages. */
  passes: number;
  messages: number;
  since: number;
}

/** Adds what a pass has found that no delivery brought. */
export function missedMore(missed: Missed | null, found: number, now: number): Missed {
  const { passes, messages, since } = missed ?? { passes: 0, messages: 0, since: now };
  return { passes: passes + 1, messages: messages + found, since };
}

/**
 * One pass that finds messages proves nothing: it may have been faster than the delivery, or the delivery was lost with
 * an outage. A second one, with no delivery between, is a webhook that does not deliver.
 */
export function problemsOfMissed(missed: Missed | null, account: string | null = null): Problem[] {
  if (missed === null || missed.passes < 2) return [];
  const says = `no delivery comes by webhook: ${missed.messages} messages were found by polling alone`;
  if (account === null) return [{ code: 'webhook-silent', says, hint: null, count: 1 }];
  return [{ code: 'webhook-silent', account, says: `${account}: ${says}`, hint: null, count: 1 }];
}
