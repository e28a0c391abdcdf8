import { KapsoWhatsappError } from '../../errors.ts';
import { describeError } from '../../observe/log.ts';
import { backoff, keepTo, vary, waits } from '../../waits.ts';
import { classifyFailure } from '../polling/classify-failure.ts';

/** What a failed registration means. */
export interface RegistrationFailure {
  reason: string;
  hint: string | null;
  /** Milliseconds before the next attempt. */
  pause: number;
  /** For the log: how long Kapso asks to wait, when that is longer than the pause; else null. */
  asked: string | null;
}

/**
 * Reads why a registration failed and when to try it again.
 *
 * @param context.failures in a row, with this one
 * @param context.secret   removed from the reason: Kapso's answer may quote what it was sent
 * @param context.random   0 ≤ x < 1
 */
export function readFailure(
  error: unknown,
  { failures, secret, random }: { failures: number; secret: string; random: () => number },
): RegistrationFailure {
  const without = (text: string) => text.replaceAll(secret, '[secret]');
  const hint = error instanceof KapsoWhatsappError ? error.hint : undefined;
  const { needsOperator, retryAfter } = classifyFailure(error);
  const shape = waits.registration;
  const rest = needsOperator ? vary(shape.needsOperator, shape.jitter, random) : 0;
  const asked = keepTo(retryAfter ?? 0, shape.asked);
  return {
    reason: without(describeError(error)),
    hint: hint === undefined ? null : without(hint),
    pause: Math.max(asked.ms, rest, backoff(shape, random)(failures)),
    asked: asked.cut,
  };
}
