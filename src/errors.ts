import { type ErrorCode, errorCodes } from './error-codes.ts';
import { type ExitCode, exitCode } from './exit-codes.ts';

export type ErrorDetails = { hint?: string | undefined; cause?: unknown };

/**
 * The base of every error this project raises on purpose.
 *
 * `code` is stable and meant for programs, `message` says what happened and to which message or setting,
 * `hint` says what the reader can do next.
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

/** The exit code that says what the caller, or systemd, can do about an error. What is not ours is a defect. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof KapsoWhatsappError ? errorCodes[error.code].exit : exitCode.software;
}
