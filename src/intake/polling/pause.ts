import { KapsoWhatsappError } from '../../errors.ts';
import { describeError } from '../../observe/log.ts';
import { backoff, keepTo, vary, waits } from '../../waits.ts';
import { classifyFailure } from './classify-failure.ts';

/** What follows from a page that could not be had. */
export interface Pause {
  /** Until it is asked for again, ms. */
  ms: number;
  /** Why it could not be had, with what can be done about it. */
  message: string;
  /** What Kapso asked for, where that is longer than is kept to. */
  asked: string | null;
  /** Whether it will fail until somebody puts something right. */
  needsOperator: boolean;
  /** Whether the page was refused as such so often that the pass must begin anew. */
  givesUp: boolean;
}

/** Refusals of the same page after which the pass begins anew and what it holds is released. */
const refusalsOfAPage = 5;

/** How long to wait after so many failures in a row of one page. `interval` is the configured one, ms; `random` gives 0 ≤ x < 1. */
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
    // A server that asks for no pause at all is not taken at its word.
    ms: Math.max(asked.ms, asked.ms <= 0 ? planned : 1000),
    message: [describeError(error), hint].filter(part => part !== undefined).join('; '),
    asked: asked.cut,
    needsOperator,
    givesUp: pageRefused && failures >= refusalsOfAPage,
  };
}
