import { KapsoWhatsappError } from '../../errors.ts';
import { describeError } from '../../observe/log.ts';
import { backoff, keepTo, vary, waits } from '../../waits.ts';
import { classifyFailure } from './classify-failure.ts';

/** What follows from a page that could not be read. */
export interface Pause {
  /** Milliseconds until the next request. */
  ms: number;
  /** Why the page could not be read, with what to do. */
  message: string;
  /** What Kapso asked for, when that is longer than the pause; else null. */
  asked: string | null;
  /** Whether it will fail until somebody mends something. */
  needsOperator: boolean;
  /** Whether the page itself was refused so often that the pass must begin anew. */
  givesUp: boolean;
}

/** After this many refusals of one page, the pass begins anew and releases what it holds. */
const refusalsOfAPage = 5;

/**
 * Returns the wait after `failures` failures of one page in a row. `interval` is the configured one in milliseconds;
 * `random` gives 0 ≤ x < 1.
 */
export function pauseAfter(
  error: unknown,
  failures: number,
  { interval, random }: { interval: number; random: () => number },
): Pause {
  const { needsOperator, pageRefused, retryAfter } = classifyFailure(error);
  const hint = error instanceof KapsoWhatsappError ? error.hint : undefined;
  const planned = needsOperator
    ? vary(waits.polling.needsOperator, waits.polling.jitter, random)
    : backoff({ ...waits.polling, first: Math.max(waits.polling.first, interval) }, random)(failures);
  const asked = keepTo(retryAfter ?? 0, waits.polling.asked);
  return {
    // When a server asks for no pause at all, the planned one is kept.
    ms: Math.max(asked.ms, asked.ms <= 0 ? planned : 1000),
    message: [describeError(error), hint].filter(part => part !== undefined).join('; '),
    asked: asked.cut,
    needsOperator,
    givesUp: pageRefused && failures >= refusalsOfAPage,
  };
}
