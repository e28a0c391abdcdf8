import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { ConfigError } from './errors.ts';
import type { Positions } from './yaml.ts';

const names = ['config.yaml', 'config.yml', 'config.json'];

export interface ConfigFile {
  path: string;
  /** As it stands in the file; null when the file is empty. */
  values: unknown;
  /** Known at once in YAML; null in JSON, where they are looked for only when there is something to report. */
  positions: Positions | null;
  findPositions(): Promise<Positions>;
  warnings: string[];
}

export interface FileSearch {
  /** The file that was asked for, from the command line or the environment. */
  named: { path: string; variable?: string } | null;
  env: NodeJS.ProcessEnv;
  home: string;
}

/**
 * Finds and reads the configuration file; null when there is none and none was asked for.
 *
 * Nothing that only a file needs (cosmiconfig, yaml) is imported before a file is known to exist: the command line
 * program starts without. JSON does not need yaml either.
 *
 * @throws ConfigError when a file that was asked for does not exist, or a file cannot be read or parsed
 */
export async function readConfigFile({ named, env, home }: FileSearch): Promise<ConfigFile | null> {
  if (named) {
    const path = resolve(named.path.replace(/^~(?=\/)/, home));
    if (!existsSync(path)) {
      const place = named.variable ? { variable: named.variable } : { file: path };
      const what = named.variable ? `names the configuration file ${path}, which does not exist` : 'does not exist';
      throw new ConfigError([{ key: '', ...place, message: `${what}; create it or name another` }]);
    }
    return await load(path, []);
  }
  // A relative XDG_CONFIG_HOME is to be ignored (XDG Base Directory Specification).
  const xdg = env.XDG_CONFIG_HOME;
  const dir = join(xdg && isAbsolute(xdg) ? xdg : join(home, '.config'), 'kapso-whatsapp');
  const [path, ...others] = names.map(name => join(dir, name)).filter(candidate => existsSync(candidate));
  if (!path) return null;
  return await load(
    path,
    others.map(other => `${other} is ignored: ${path} is used; keep one of them`),
  );
}

interface Loaded {
  values: unknown;
  text: string;
  positions: Positions | null;
  warnings: string[];
}

/**
 * The part of cosmiconfig that reads a file. The package's front door would first look for a configuration of its own
 * in the working directory and run `.config/config.js` there: not to be done in a directory that an agent writes to.
 * Its `search` passes over a file that it may not read; `load` says so.
 */
interface ExplorerModule {
  Explorer: new (options: {
    moduleName: string;
    searchPlaces: string[];
    searchStrategy: 'none';
    loaders: Record<string, (path: string, text: string) => unknown>;
    transform: (result: unknown) => unknown;
    cache: false;
    metaConfigFilePath: null;
  }) => { load(path: string): Promise<{ config: Loaded | undefined }> };
}

async function load(path: string, warnings: string[]): Promise<ConfigFile> {
  const { Explorer } = (await import('cosmiconfig/dist/Explorer.js')) as unknown as ExplorerModule;
  const explorer = new Explorer({
    moduleName: 'kapso-whatsapp',
    searchPlaces: names,
    searchStrategy: 'none',
    loaders: { '.json': parseJson, default: parseYaml },
    transform: result => result,
    cache: false,
    metaConfigFilePath: null,
  });
  const { config } = await explorer.load(path).catch((error: unknown) => {
    if (error instanceof ConfigError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([
      { key: '', file: path, message: `cannot be read (${reason}); check the path and its permissions` },
    ]);
  });
  return {
    path,
    values: config?.values ?? null,
    positions: config?.positions ?? null,
    warnings: [...warnings, ...(config?.warnings ?? [])],
    findPositions: async () => config?.positions ?? (await import('./yaml.ts')).positionsIn(config?.text ?? ''),
  };
}

async function parseYaml(path: string, text: string): Promise<Loaded> {
  const { readYaml } = await import('./yaml.ts');
  return { text, ...readYaml(path, text) };
}

async function parseJson(path: string, text: string): Promise<Loaded> {
  try {
    return { values: JSON.parse(text) as unknown, text, positions: null, warnings: [] };
  } catch (cause) {
    // The parser's own message quotes the text, which may be a secret; only its position is taken over.
    const offset = /at position (\d+)/.exec(String(cause))?.[1];
    const before = text.slice(0, offset === undefined ? text.length : Number(offset)).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    const message = 'is not JSON from here on; look for a missing comma, quote or bracket at or before this place';
    throw new ConfigError([{ key: '', file: path, line: before.length, column, message }]);
  }
}
