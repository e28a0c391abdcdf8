import { type ErrorCode, errorCodes } from './error-codes.ts';
import { type ExitCode, exitCode } from './exit-codes.ts';

export type ErrorDetails = { hint?: string | undefined; cause?: unknown };

/**
 * The base of every error that this project raises on purpose.
 *
 * `code` is stable and for programs. `message` says what happened, and to which message or setting. `hint` says what
 * the reader can do next.
 */
export class KapsoWhatsappError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorDetails = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
  }
}

/** The command line is wrong. */
export class UsageError extends KapsoWhatsappError {
  constructor(message: string, options: ErrorDetails = {}) {
    super('USAGE', message, options);
  }
}

/**
 * Whether this project raised the error. It looks at the code, since each file of the built command line has its own
 * copy of the classes.
 */
export function isOurs(error: unknown): error is KapsoWhatsappError {
  return error instanceof Error && Object.hasOwn(errorCodes, (error as { code?: PropertyKey }).code ?? '');
}

/** Returns the exit code that tells the caller, or systemd, what to do about an error. An error that is not ours is a defect. */
export function exitCodeOf(error: unknown): ExitCode {
  return isOurs(error) ? errorCodes[error.code].exit : exitCode.software;
}
