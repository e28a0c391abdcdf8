/** Reads a file of environment variables as systemd's `EnvironmentFile=` and shells read it. Nothing in it is run. */
import { ConfigError, type Problem } from '../config/errors.ts';

/** One assignment. */
export interface Assignment {
  name: string;
  value: string;
  /** Counted from 1. */
  line: number;
  /** The file whose content is the value, where it is written as `$(cat FILE)`. */
  contentOf?: string;
}

/** `export` before an assignment, as a shell takes it. */
const assignment = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*$/;
/** What a shell would put in: a variable, the output of a command. */
const expansion = /[$`]/;
const fromFile = /^\$\((?:cat\s+|<\s*)((?:~\/|\/)[^\s()$`;|&<>"'\\]+)\)$/;

/**
 * Reads the assignments. Supported: blank lines, comments (`#`, `;`), `export`, values without quotes, in single or in double
 * quotes with a backslash before `"`, `\`, `$` and a backquote, and `$(cat FILE)`. Everything else is refused, and all of it
 * is named by its line, without its content: it may be a secret.
 *
 * @throws ConfigError
 */
export function readEnvFile(path: string, text: string): Assignment[] {
  const found: Assignment[] = [];
  const problems: Problem[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const [, name = '', written = ''] = assignment.exec(line) ?? [];
    const value = name === '' ? { wrong: 'is no assignment; write NAME=value' } : readValue(written);
    if ('wrong' in value) problems.push({ key: '', file: path, line: at + 1, message: value.wrong });
    else found.push({ name, line: at + 1, ...value });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return found;
}

type Value = { value: string; contentOf?: string } | { wrong: string };

const more = 'a value that goes on in the next line is not read; write it on one line';
const ambiguous =
  'a blank or # in a value without quotes is read in two ways, by shells and by systemd; put it in quotes';
const notRun = 'has $ or a backquote, and nothing is run or put in here; write the value itself, in single quotes';

function readValue(written: string): Value {
  const quote = written[0];
  if (quote === "'") {
    const inner = /^'([^']*)'$/.exec(written)?.[1];
    return inner === undefined ? { wrong: `the single quotes do not fit: ${more}` } : { value: inner };
  }
  if (quote === '"') {
    const inner = /^"((?:[^"\\]|\\.)*)"$/.exec(written)?.[1];
    if (inner === undefined) return { wrong: `the double quotes do not fit: ${more}` };
    const file = fromFile.exec(inner)?.[1];
    if (file !== undefined) return { value: '', contentOf: file };
    if (expansion.test(inner.replace(/\\./g, ''))) return { wrong: notRun };
    // A backslash before anything else is itself.
    return { value: inner.replace(/\\(["\\$`])/g, '$1') };
  }
  const file = fromFile.exec(written)?.[1];
  if (file !== undefined) return { value: '', contentOf: file };
  if (written.endsWith('\\')) return { wrong: more };
  if (expansion.test(written)) return { wrong: notRun };
  if (/[\s"'\\]|\s#/.test(written)) return { wrong: /\s/.test(written) ? ambiguous : 'put the whole value in quotes' };
  return { value: written };
}
