import type { ErrorCode } from '../error-codes.ts';
import { type ErrorDetails, KapsoWhatsappError } from '../errors.ts';

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
