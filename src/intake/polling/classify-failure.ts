import { KapsoApiError, KapsoError, KapsoOversizeError } from '../../kapso/http/errors.ts';
import { waits } from '../../waits.ts';

/** What a failed request to Kapso means for the schedule. */
export interface FailureClass {
  /** Milliseconds to wait at least. Null leaves the wait to the back-off. */
  retryAfter: number | null;
  /** Another attempt soon is useless: the key was refused, or the number does not exist. */
  needsOperator: boolean;
  /** The page itself was refused: the pass must begin anew. */
  pageRefused: boolean;
  /** The page is too large to read, or to arrive in time. A page with fewer rows may not be. */
  tooLarge: boolean;
}

/** Whether a request that failed so often in a row may go well from another machine, with its own network and key. */
export function failsHere(error: unknown, failures: number): boolean {
  const { needsOperator, retryAfter } = classifyFailure(error);
  return retryAfter === null && (needsOperator || failures >= waits.role.failures);
}

export function classifyFailure(error: unknown): FailureClass {
  const disposition = error instanceof KapsoError ? error.disposition : 'retry';
  return {
    retryAfter: error instanceof KapsoApiError ? error.retryAfter : null,
    needsOperator: disposition === 'auth' || disposition === 'permanent',
    pageRefused: disposition === 'permanent',
    tooLarge: error instanceof KapsoOversizeError,
  };
}
