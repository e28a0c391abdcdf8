import { KapsoApiError, KapsoError, KapsoOversizeError } from '../../kapso/http/errors.ts';
import type { FailureVerdict } from './poll-pass.ts';

/** What a failed request to Kapso means for the polling schedule. */
export function judgeFailure(error: unknown): FailureVerdict {
  const disposition = error instanceof KapsoError ? error.disposition : 'retry';
  return {
    retryAfter: error instanceof KapsoApiError ? error.retryAfter : null,
    hopeless: disposition === 'auth' || disposition === 'permanent',
    pageRefused: disposition === 'permanent',
    tooLarge: error instanceof KapsoOversizeError,
  };
}
