import { KapsoApiError, KapsoError, KapsoOversizeError } from '../../kapso/http/errors.ts';

/** What a failed request to Kapso means for the schedule. */
export interface FailureClass {
  /** Not to ask again before this many ms; null leaves it to the back-off. */
  retryAfter: number | null;
  /** Trying again soon is of no use: the key was refused, the number does not exist. */
  needsOperator: boolean;
  /** The page was refused as such: the pass must begin anew. */
  pageRefused: boolean;
  /** The page is larger than can be read, or can come in time: one with fewer rows may not be. */
  tooLarge: boolean;
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
