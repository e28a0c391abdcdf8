import { docsOf, type ErrorCode } from '../error-codes.ts';
import { exitCodeOf, isOurs } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import { KapsoApiError } from '../kapso/http/errors.ts';
import { createScrub } from '../observe/scrub.ts';
import { escapeControls } from '../printable.ts';
import { keepTo, waits } from '../waits.ts';
import { toJson } from './format.ts';
import type { Terminal } from './terminal.ts';

/** An error as an object for programs. */
export interface FailureReport {
  error: {
    code: ErrorCode;
    message: string;
    hint?: string;
    /** Where the code is explained, in the repository and the package; `kapso-whatsapp-cli explain CODE` says the same. */
    docs: string;
    /** The HTTP status of Kapso's answer; absent when there was none. */
    httpStatus?: number;
    /** Meta's `error.code`. */
    metaCode?: number;
    /** Seconds to wait before the next attempt, at most an hour, whatever Kapso asks for. */
    retryAfter?: number;
  };
  exitCode: ExitCode;
}

export function describeFailure(error: unknown): FailureReport {
  const known = isOurs(error);
  const code = known ? error.code : 'DEFECT';
  const report: FailureReport = {
    error: { code, message: messageOf(error), docs: docsOf(code) },
    exitCode: exitCodeOf(error),
  };
  if (known && error.hint !== undefined) report.error.hint = error.hint;
  if (error instanceof KapsoApiError) {
    report.error.httpStatus = error.httpStatus;
    if (error.metaCode !== null) report.error.metaCode = error.metaCode;
    if (error.retryAfter !== null)
      report.error.retryAfter = Math.ceil(keepTo(error.retryAfter, waits.send.passedOn).ms / 1000);
  }
  return report;
}

function messageOf(error: unknown): string {
  if (isOurs(error)) return error.message;
  return `a defect in this program: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

export interface FailureContext {
  terminal: Terminal;
  /** JSON on standard output instead of a line on standard error. */
  json: boolean;
  /** Values that must not appear. */
  secrets?: Iterable<string>;
  /** Text before the message, e.g. `part 2 of 3 was not sent: `. */
  before?: string;
  /** Text after the hint, e.g. what was sent before. */
  after?: string;
  /** Further fields of the JSON form. */
  fields?: object;
}

/** Says what happened and what to do, to a person or a program. Returns the exit code. */
export function reportFailure(error: unknown, context: FailureContext): ExitCode {
  const report = describeFailure(error);
  const { code, message, hint } = report.error;
  const scrub = createScrub(context.secrets ?? []);
  if (context.json) {
    context.terminal.out(`${scrub(toJson({ ...report, ...context.fields }))}\n`);
    return report.exitCode;
  }
  const what = printable(code, message);
  const said = [`${context.before ?? ''}${what}`, hint && lines(hint), context.after, pointerTo(code)];
  const sentences = said.filter(part => part !== undefined).map(asSentence);
  context.terminal.err(`kapso-whatsapp-cli: ${scrub(sentences.join(what.includes('\n') ? '\n' : ' '))}\n`);
  return report.exitCode;
}

/** A wrong command line has its own help, which its hint names. */
function pointerTo(code: ErrorCode): string | undefined {
  return code === 'USAGE' ? undefined : `More: kapso-whatsapp-cli explain ${code}`;
}

/** Only our own text may have several lines. A value from the command line must not move the cursor either. */
function printable(code: ErrorCode, message: string): string {
  if (code !== 'CONFIG_INVALID' && code !== 'DEFECT') return escapeControls(message);
  return lines(message);
}

function lines(text: string): string {
  return text.split('\n').map(escapeControls).join('\n');
}

function asSentence(text: string): string {
  return /[.!?\u2026:]$|\n/.test(text) ? text : `${text}.`;
}
