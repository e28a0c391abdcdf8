import { isOurs, UsageError } from '../errors.ts';
import { FileError, readTextFile } from '../text-file.ts';
import type { SendOption, SendValues } from './send-options.ts';
import type { Terminal } from './terminal.ts';

/** Bytes. A list of ten rows, a form or a request has a few thousand; a hundred contacts have fewer. */
const largest = 65_536;

/** The options that name a file with text. */
export type DataOption = Extract<SendOption, 'contact' | 'list' | 'flow' | 'file'>;

/**
 * Reads the text of the file that an option names, or standard input for `-`. A value of several lines, or that begins
 * with a brace, is the text itself: an agent that may run this program alone can write no file. Throws a `UsageError`
 * for whatever is no small regular file of UTF-8 text. Nothing of the file stands in it: the file may be another than
 * was meant.
 */
export async function readData(values: SendValues, option: DataOption, terminal: Terminal): Promise<string> {
  const path = values[option] ?? '';
  if (isText(path)) return path;
  if (path === '-') return terminal.input(largest);
  if (path === '')
    throw new UsageError(`--${option} is empty`, { hint: 'Give the path of a file, or - for standard input' });
  try {
    return readTextFile(path, largest);
  } catch (error) {
    throw new UsageError(`--${option}: ${path} ${reasonOf(error)}`, { cause: error });
  }
}

/** Reads a file of YAML or JSON. */
export async function readObject(values: SendValues, option: DataOption, terminal: Terminal): Promise<unknown> {
  const text = await readData(values, option, terminal);
  const given = values[option] ?? '';
  const name = given === '-' ? 'standard input' : isText(given) ? 'what is given' : given;
  const { readYaml } = await import('../config/yaml.ts');
  try {
    return readYaml(name, text).values;
  } catch (error) {
    // The syntax, with its place.
    if (isOurs(error)) throw new UsageError(`--${option}: ${error.message}`, { cause: error });
    throw error;
  }
}

function isText(given: string): boolean {
  return /^\s*\{|\n/.test(given);
}

function reasonOf(error: unknown): string {
  if (error instanceof FileError) return error.reason;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'is not there';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  return `cannot be read (${code ?? String(error)})`;
}
