import { KapsoWhatsappError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { KapsoApiError, KapsoError, KapsoNetworkError } from '../kapso/errors.ts';
import { createScrub } from '../observe/scrub.ts';
import { plain } from './plain-text.ts';
import type { Terminal } from './terminal.ts';

/** The command line is wrong. */
export class UsageError extends KapsoWhatsappError {
  constructor(message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super('USAGE', message, options);
  }
}

/** The exit code that says what a caller can do about an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return exitCode.usage;
  if (error instanceof KapsoNetworkError) return error.sent === 'no' ? exitCode.unavailable : exitCode.tryAgain;
  if (error instanceof KapsoError) {
    switch (error.disposition) {
      case 'auth':
        return exitCode.noPermission;
      case 'window':
      case 'permanent':
        return exitCode.unavailable;
      case 'retry':
      case 'wait':
      case 'unknown':
        return exitCode.tryAgain;
    }
  }
  if (!(error instanceof KapsoWhatsappError)) return exitCode.software;
  if (error.code === 'CONFIG_INVALID') return exitCode.configuration;
  if (error.code === 'recipient' || error.code === 'text') return exitCode.usage;
  if (passingStoreCodes.has(error.code)) return exitCode.tryAgain;
  return error.code.startsWith('STORE_') ? exitCode.unavailable : exitCode.software;
}

const passingStoreCodes: ReadonlySet<string> = new Set(['STORE_BUSY', 'STORE_LOCKED', 'STORE_FULL']);

/** An error as an object for programs. */
export interface FailureReport {
  error: {
    code: string;
    message: string;
    hint?: string;
    /** Of Kapso's answer, where there was one. */
    httpStatus?: number;
    /** Meta's `error.code`. */
    metaCode?: number;
    /** Seconds to wait before the next try. */
    retryAfter?: number;
  };
  exitCode: ExitCode;
}

export function describeFailure(error: unknown): FailureReport {
  const known = error instanceof KapsoWhatsappError;
  const report: FailureReport = {
    error: { code: known ? error.code : 'DEFECT', message: messageOf(error) },
    exitCode: exitCodeOf(error),
  };
  if (known && error.hint !== undefined) report.error.hint = error.hint;
  if (error instanceof KapsoApiError) {
    report.error.httpStatus = error.httpStatus;
    if (error.metaCode !== null) report.error.metaCode = error.metaCode;
    if (error.retryAfter !== null) report.error.retryAfter = Math.ceil(error.retryAfter / 1000);
  }
  return report;
}

function messageOf(error: unknown): string {
  if (error instanceof KapsoWhatsappError) return error.message;
  return `a defect in this program: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

export interface FailureContext {
  terminal: Terminal;
  /** As JSON on standard output instead of a line on standard error. */
  json: boolean;
  /** Values that must not appear. */
  secrets?: readonly (string | undefined)[];
  /** Stands before the message, e.g. `part 2 of 3 was not sent: `. */
  before?: string;
  /** Stands after the hint, e.g. what was sent before. */
  after?: string;
  /** What the JSON form has besides. */
  fields?: object;
}

/** Says what happened and what to do, to a person or a program; returns the exit code. */
export function reportFailure(error: unknown, context: FailureContext): ExitCode {
  const report = describeFailure(error);
  const { message, hint } = report.error;
  const scrub = createScrub(context.secrets ?? []);
  if (context.json) {
    context.terminal.out(`${scrub(JSON.stringify({ ...report, ...context.fields }))}\n`);
    return report.exitCode;
  }
  const said = [`${context.before ?? ''}${printable(report.error.code, message)}`, hint, context.after];
  context.terminal.err(
    `kapso-whatsapp-cli: ${scrub(
      said
        .filter(part => part !== undefined)
        .map(asSentence)
        .join(' '),
    )}\n`,
  );
  return report.exitCode;
}

/** Only what is ours to write may have several lines; what was given on the command line must not move the cursor either. */
function printable(code: string, message: string): string {
  if (code !== 'CONFIG_INVALID' && code !== 'DEFECT') return plain(message);
  return message.split('\n').map(plain).join('\n');
}

function asSentence(text: string): string {
  return /[.!?…:]$|\n/.test(text) ? text : `${text}.`;
}
