import { statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { readTextFile } from '../text-file.ts';
import { ConfigError } from './errors.ts';
import { looksLikePath, unreadable } from './secrets.ts';
import type { Positions } from './yaml.ts';

/** The names that are looked for, the first one first. */
export const configFileNames = ['config.yaml', 'config.yml', 'config.json'];

export interface ConfigFile {
  path: string;
  /** The parsed content; null when the file is empty. */
  values: unknown;
  /** Always set for YAML. Null for JSON, whose positions are looked up only when there is a problem to report. */
  positions: Positions | null;
  findPositions(): Promise<Positions>;
  warnings: string[];
}

export interface FileSearch {
  /** The file that the command line or the environment names; null for the default places. */
  named: { path: string; variable?: string } | null;
  env: NodeJS.ProcessEnv;
  home: string;
}

/**
 * Finds and reads the configuration file. Returns null when there is none and none was asked for.
 *
 * The YAML parser is imported only when the file is YAML: it would slow every start of the command line program.
 *
 * @throws ConfigError when a file that was asked for does not exist, or a file cannot be read or parsed
 */
export async function readConfigFile({ named, env, home }: FileSearch): Promise<ConfigFile | null> {
  if (named) {
    const path = resolve(named.path.replace(/^~(?=\/)/, home));
    if (!isThere(path)) {
      const place = named.variable ? { variable: named.variable } : { file: path };
      const shown = looksLikePath(named.path) ? `the configuration file ${path}` : 'a configuration file';
      const what = named.variable ? `names ${shown}, which does not exist` : 'does not exist';
      throw new ConfigError([{ key: '', ...place, message: `${what}; create it or name another` }]);
    }
    return await load(path, []);
  }
  const dir = configDirectory({ env, home });
  const [path, ...others] = configFileNames.map(name => join(dir, name)).filter(isThere);
  if (!path) return null;
  return await load(
    path,
    others.map(other => `${other} is ignored: ${path} is used; keep one of them`),
  );
}

/** Where a configuration file is looked for that nobody names. */
export function configDirectory({ env, home }: Pick<FileSearch, 'env' | 'home'>): string {
  // The XDG Base Directory Specification ignores a relative XDG_CONFIG_HOME.
  const xdg = env.XDG_CONFIG_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, '.config'), 'kapso-whatsapp');
}

type Loaded = Pick<ConfigFile, 'values' | 'positions' | 'warnings'>;

const empty: Loaded = { values: null, positions: null, warnings: [] };

/** A configuration has a few kilobytes. Parsing much more YAML than this would take seconds. */
const maxConfigBytes = 128 * 1024;

/** Whether a file of this name exists. It need not be readable. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // Where a directory above may not be entered, reading the file reports it. No file has a name that is too long.
    return (error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG';
  }
}

async function load(path: string, warnings: string[]): Promise<ConfigFile> {
  let text: string;
  try {
    text = readTextFile(path, maxConfigBytes, { utf16: true });
  } catch (error) {
    throw new ConfigError([{ key: '', file: path, message: unreadable(error) }]);
  }
  const parse = path.endsWith('.json') ? parseJson : parseYaml;
  const { values, positions, warnings: more } = text.trim() === '' ? empty : await parse(path, text);
  return {
    path,
    values,
    positions,
    warnings: [...warnings, ...more],
    findPositions: async () => positions ?? (await import('./yaml.ts')).positionsIn(text),
  };
}

async function parseYaml(path: string, text: string): Promise<Loaded> {
  const { readYaml } = await import('./yaml.ts');
  return readYaml(path, text);
}

async function parseJson(path: string, text: string): Promise<Loaded> {
  try {
    return { values: JSON.parse(text) as unknown, positions: null, warnings: [] };
  } catch {
    const before = text.slice(0, endOfJson(text)).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    const message = 'is not JSON from here on; look for a missing comma, quote or bracket at or before this place';
    throw new ConfigError([{ key: '', file: path, line: before.length, column, message }]);
  }
}

/** Returns how many characters of a text could be the beginning of JSON. */
function endOfJson(text: string): number {
  let known = 0;
  let wrong = text.length + 1;
  while (wrong - known > 1) {
    const middle = Math.floor((known + wrong) / 2);
    if (beginsJson(text.slice(0, middle))) known = middle;
    else wrong = middle;
  }
  return known;
}

/** The parser gives a position for some faults only. A fault at the end of the text means that the rest is missing. */
function beginsJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const message = String(error);
    const position = / at position (\d+)/.exec(message)?.[1];
    return /end of JSON input|Unterminated string/.test(message) || Number(position) === text.length;
  }
}
