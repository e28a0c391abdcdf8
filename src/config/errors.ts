import { KapsoWhatsappError } from '../errors.ts';

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** The key, e.g. `polling.interval`; '' for the file as a whole. */
  key: string;
  /** The environment variable it came from, or should be given in. */
  variable?: string;
  file?: string;
  /** Counted from 1. */
  line?: number;
  /** Counted from 1. */
  column?: number;
  /** What is wrong and what would be right; never the value of a secret. */
  message: string;
}

/** Who has more to mend begins with these. */
const mostLines = 20;

/** The configuration is wrong; the message has one line for each problem. The programs exit with 78 on it. */
export class ConfigError extends KapsoWhatsappError {
  readonly problems: readonly Problem[];

  /** `warnings`: what is odd besides, and may be the cause, such as a variable whose name nobody knows. */
  constructor(problems: readonly Problem[], warnings: readonly string[] = []) {
    const lines = [
      ...problems.slice(0, mostLines).map(formatProblem),
      ...warnings.map(warning => `warning: ${warning}`),
    ];
    if (problems.length > mostLines) lines.push(`and ${problems.length - mostLines} more`);
    super('CONFIG_INVALID', `The configuration is wrong:\n${lines.map(line => `  ${line}`).join('\n')}`);
    this.problems = problems;
  }
}

/** `KAPSO_POLL_INTERVAL (polling.interval): …`, or `/etc/kapso.yaml:3:13 (polling.interval): …`. */
function formatProblem(problem: Problem): string {
  const place = problem.variable ?? filePlace(problem);
  if (!place) return `${problem.key}: ${problem.message}`;
  return `${place}${problem.key ? ` (${problem.key})` : ''}: ${problem.message}`;
}

function filePlace({ file, line, column }: Problem): string | undefined {
  return [file, line, column].filter(part => part !== undefined).join(':') || undefined;
}
