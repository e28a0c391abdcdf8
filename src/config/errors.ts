import { type ErrorDetails, KapsoWhatsappError } from '../errors.ts';

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** The key, e.g. `polling.interval`; '' for the file as a whole. */
  key: string;
  /** The place within the key's value: `[1].name`. */
  inside?: string;
  /** The environment variable that gave the value, or that should give it. */
  variable?: string;
  file?: string;
  /** Counted from 1. */
  line?: number;
  /** Counted from 1. */
  column?: number;
  /** What is wrong and what would be right; never the value of a secret. */
  message: string;
}

/** The message lists at most this many problems. */
const mostLines = 20;

/** The configuration is wrong. The message has one line for each problem. The programs exit with 78. */
export class ConfigError extends KapsoWhatsappError {
  readonly problems: readonly Problem[];

  /** @param warnings what is odd besides and may be the cause, such as a variable with an unknown name */
  constructor(problems: readonly Problem[], warnings: readonly string[] = [], details: ErrorDetails = {}) {
    const lines = [
      ...problems.slice(0, mostLines).map(formatProblem),
      ...warnings.map(warning => `warning: ${warning}`),
    ];
    if (problems.length > mostLines) lines.push(`and ${problems.length - mostLines} more`);
    super('CONFIG_INVALID', `The configuration is wrong:\n${lines.map(line => `  ${line}`).join('\n')}`, details);
    this.problems = problems;
  }
}

/** `KAPSO_POLL_INTERVAL (polling.interval): …`, or `/etc/kapso.yaml:3:13 (polling.interval): …`. */
export function formatProblem(problem: Problem): string {
  const place = problem.variable ?? filePlace(problem);
  const key = `${problem.key}${problem.inside ?? ''}`;
  if (!place) return `${key}: ${problem.message}`;
  return `${place}${key ? ` (${key})` : ''}: ${problem.message}`;
}

function filePlace({ file, line, column }: Problem): string | undefined {
  return [file, line, column].filter(part => part !== undefined).join(':') || undefined;
}
