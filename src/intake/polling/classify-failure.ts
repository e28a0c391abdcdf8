import { KapsoApiError, KapsoError, KapsoOversizeError } from '../../kapso/http/errors.ts';
import type { FailureClass } from './poll-pass.ts';

/** What a failed request to Kapso means for the polling schedule. */
export function classifyFailure(error: unknown): FailureClass {
  const disposition = error instanceof KapsoError ? error.disposition : 'retry';
  return {
    retryAfter: error instanceof KapsoApiError ? error.retryAfter : null,
    needsOperator: disposition === 'auth' || disposition === 'permanent',
    pageRefused: disposition === 'permanent',
    tooLarge: error instanceof KapsoOversizeError,
  };
}
