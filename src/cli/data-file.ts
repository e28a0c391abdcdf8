import { isOurs, UsageError } from '../errors.ts';
import { type Bounds, openWithin } from '../media/open-within.ts';
import { FileError, readOpenTextFile } from '../text-file.ts';
import type { SendOption, SendValues } from './send-options.ts';
import type { Terminal } from './terminal.ts';

/** Bytes. A list of ten rows, a form or a request has a few thousand; a hundred contacts have fewer. */
const largest = 65_536;

/** The options that name a file with text. */
export type DataOption = Extract<SendOption, 'contact' | 'list' | 'flow' | 'file'>;

/** With what data are read. */
export interface DataGiven {
  values: SendValues;
  terminal: Terminal;
  /** From where files may be sent. */
  bounds: () => Promise<Bounds>;
}

/**
 * Reads the text of the file that an option names, or standard input for `-`. A value of several lines, or that begins
 * with a brace, is the text itself: an agent that may run this program alone can write no file. Nothing of the file
 * stands in an error: the file may be another than was meant. An agent's file is in the places from which it may send
 * files: the contacts of its user are elsewhere.
 *
 * Throws a `UsageError`, or `SEND_FILE_REFUSED`, for whatever is no small regular file of UTF-8 text.
 */
export async function readData(option: DataOption, { values, terminal, bounds }: DataGiven): Promise<string> {
  const path = values[option] ?? '';
  if (isText(path)) return path;
  if (path === '-') return terminal.input(largest);
  if (path === '') {
    throw new UsageError(`--${option} is empty`, { hint: 'Give the path of a file, or - for standard input' });
  }
  try {
    const { handle } = await openWithin(path, await bounds());
    try {
      return readOpenTextFile(handle.fd, path, largest);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof FileError) throw new UsageError(`--${option}: ${path} ${error.reason}`, { cause: error });
    if (!isOurs(error) || error.code !== 'SEND_FILE_UNREADABLE') throw error;
    throw new UsageError(`--${option}: ${error.message}`, { hint: error.hint, cause: error });
  }
}

/** Reads a file of YAML or JSON. */
export async function readObject(option: DataOption, data: DataGiven): Promise<unknown> {
  const text = await readData(option, data);
  const given = data.values[option] ?? '';
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
