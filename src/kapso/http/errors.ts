import type { ErrorCode } from '../../error-codes.ts';
import { type ErrorDetails, KapsoWhatsappError } from '../../errors.ts';
import { blankControls } from '../../printable.ts';

/**
 * What a caller can do about a failure.
 *
 * - `retry`: a passing fault, surely not sent. Try again with back-off.
 * - `wait`: a rate limit. Try again, but not before `retryAfter`.
 * - `auth`: the API key or its rights are refused. Stop and tell the operator.
 * - `window`: the 24-hour window is closed. Only a template can be sent until the customer writes.
 * - `permanent`: the same request will never be accepted.
 * - `unknown`: a message may or may not have been sent. Do not repeat it blindly.
 */
export type Disposition = 'retry' | 'wait' | 'auth' | 'window' | 'permanent' | 'unknown';

/** The base of every error that this folder throws about Kapso. */
export class KapsoError extends KapsoWhatsappError {
  readonly disposition: Disposition;

  constructor(code: ErrorCode, disposition: Disposition, message: string, options: ErrorDetails = {}) {
    super(code, message, options);
    this.disposition = disposition;
  }
}

const refusalCode: Readonly<Record<Disposition, ErrorCode>> = {
  retry: 'KAPSO_UNAVAILABLE',
  wait: 'KAPSO_RATE_LIMITED',
  auth: 'KAPSO_UNAUTHORIZED',
  window: 'KAPSO_WINDOW_CLOSED',
  permanent: 'KAPSO_REFUSED',
  unknown: 'SEND_OUTCOME_UNKNOWN',
};

/** The API refused. */
export class KapsoApiError extends KapsoError {
  readonly httpStatus: number;
  /** Meta's `error.code`; null when Kapso itself refused. */
  readonly metaCode: number | null;
  /** Milliseconds to wait before the next attempt: the server's value, else the known one for the code; null without either. */
  readonly retryAfter: number | null;

  constructor(
    message: string,
    details: {
      httpStatus: number;
      metaCode: number | null;
      retryAfter: number | null;
      disposition: Disposition;
    } & ErrorDetails,
  ) {
    super(refusalCode[details.disposition], details.disposition, message, details);
    this.httpStatus = details.httpStatus;
    this.metaCode = details.metaCode;
    this.retryAfter = details.retryAfter;
  }
}

/** The network failed. */
export class KapsoNetworkError extends KapsoError {
  /** `no`: no byte of the request left, so it can be repeated. `maybe`: it may have reached Kapso. */
  readonly sent: 'no' | 'maybe';

  constructor(sent: 'no' | 'maybe', message: string, options: ErrorDetails & { code?: ErrorCode } = {}) {
    super(options.code ?? (sent === 'no' ? 'KAPSO_UNREACHABLE' : 'KAPSO_NO_ANSWER'), 'retry', message, options);
    this.sent = sent;
  }
}

/** A successful answer that is too large to hold, or to arrive in time. A request for less may succeed. */
export class KapsoOversizeError extends KapsoNetworkError {
  constructor(message: string, options: ErrorDetails = {}) {
    super('maybe', message, { ...options, code: 'KAPSO_ANSWER_TOO_LARGE' });
  }
}

/** The API answered with success, but not as its documentation says. */
export class KapsoResponseError extends KapsoError {
  constructor(message: string, options: ErrorDetails = {}) {
    super('KAPSO_ANSWER_UNREADABLE', 'retry', message, options);
  }
}

/** A message may have been sent, and the look-up could not settle whether it was. */
export class SendOutcomeUnknownError extends KapsoError {
  constructor(message: string, options: ErrorDetails = {}) {
    super('SEND_OUTCOME_UNKNOWN', 'unknown', message, options);
  }
}

const maxQuoted = 300;

/**
 * Prepares foreign text for an error message: one line of at most about 300 characters, without control or
 * text-direction characters and without the secrets.
 */
export function quote(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) if (secret) clean = clean.replaceAll(secret, '[secret]');
  // Cut first: a hostile answer of megabytes is not worth two passes.
  clean = blankControls(clean.slice(0, 4 * maxQuoted))
    .replace(/\s+/g, ' ')
    .trim();
  return (clean.length <= maxQuoted ? clean : `${clean.slice(0, maxQuoted - 1)}…`).toWellFormed();
}
