/**
 * The base of every error this project raises on purpose.
 *
 * `code` is stable and meant for programs, `message` says what happened and to which message or setting,
 * `hint` says what the reader can do next.
 */
export class KapsoWhatsappError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
  }
}
