import type { ErrorCode } from '../error-codes.ts';
import { type ErrorDetails, isOurs, KapsoWhatsappError } from '../errors.ts';

/**
 * Why a media file was not obtained.
 *
 * - `refused`: the address, or what came from it, is none that may be fetched. It never will be.
 * - `too-large`: it is above the limit.
 * - `not-found`: there is nothing at the address, or no address yet.
 * - `expired`: the address is no longer valid. A new one can be asked for.
 * - `network`: the other side is away or has a passing fault. Try again with back-off.
 * - `slow`: it took too long. Try again with back-off.
 * - `disk`: the file could not be written.
 */
export type MediaErrorKind = 'refused' | 'too-large' | 'not-found' | 'expired' | 'network' | 'slow' | 'disk';

const codes: Readonly<Record<MediaErrorKind, ErrorCode>> = {
  refused: 'MEDIA_REFUSED',
  'too-large': 'MEDIA_TOO_LARGE',
  'not-found': 'MEDIA_NOT_FOUND',
  expired: 'MEDIA_EXPIRED',
  network: 'MEDIA_UNREACHABLE',
  slow: 'MEDIA_SLOW',
  disk: 'MEDIA_NOT_WRITTEN',
};

export class MediaError extends KapsoWhatsappError {
  readonly kind: MediaErrorKind;
  /** Milliseconds to wait before the next attempt, where the server says it. */
  readonly retryAfter: number | null;

  constructor(kind: MediaErrorKind, message: string, options: ErrorDetails & { retryAfter?: number | null } = {}) {
    super(codes[kind], message, options);
    this.kind = kind;
    this.retryAfter = options.retryAfter ?? null;
  }
}

/**
 * Whether it is a MediaError. It looks at the code: each file of the built programs has its own copy of the class.
 */
export function isMediaError(error: unknown): error is MediaError {
  return isOurs(error) && error.code.startsWith('MEDIA_') && 'kind' in error;
}

/** Whether the same file may be obtained later. */
export function mayPass({ kind }: MediaError): boolean {
  return kind === 'network' || kind === 'slow' || kind === 'expired' || kind === 'not-found' || kind === 'disk';
}

/** Returns the failure of a request to Kapso as what it means for a file; null for an error that is a defect. */
export function asMediaError(error: unknown): MediaError | null {
  if (isMediaError(error)) return error;
  if (!isOurs(error)) return null;
  const { disposition, retryAfter } = error as { disposition?: unknown; retryAfter?: unknown };
  return new MediaError(disposition === 'permanent' ? 'not-found' : 'network', error.message, {
    hint: error.hint,
    cause: error,
    retryAfter: typeof retryAfter === 'number' ? retryAfter : null,
  });
}
