import { type Config, settings } from './config.generated.ts';
import type { Problem } from './errors.ts';
import type { Setting, SettingValue } from './setting.ts';

/** One value and where it stands. */
export interface Given {
  value: SettingValue;
  /** The source for people: `environment variable KAPSO_MODE`, `/etc/kapso.yaml:3`, `default`. */
  origin: string;
  /** The source for an error. */
  place: Place;
  /** A path as it was given, before it was made absolute. */
  written?: string;
}

export type Place = Pick<Problem, 'variable' | 'file' | 'line' | 'column'>;

/** Every value that one source (file, environment, flags) gives, by key. */
export type Layer = Map<string, Given>;

/** The setting of this key. */
export function settingFor(key: string): Setting | undefined {
  return settings.find(setting => setting.key === key);
}

/** Puts `polling.interval` into `{ polling: { interval } }`. */
export function setPath(target: Record<string, unknown>, key: string, value: unknown): void {
  const dot = key.indexOf('.');
  if (dot < 0) {
    target[key] = value;
    return;
  }
  const name = key.slice(0, dot);
  const section = (target[name] ?? {}) as Record<string, unknown>;
  target[name] = section;
  section[key.slice(dot + 1)] = value;
}

/** The value at `polling.interval`; undefined when a part of the path is not there. */
export function getPath(source: unknown, key: string): unknown {
  let value = source;
  for (const name of key.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** Builds the configuration from one value a key. Every section exists, even when none of its keys has a value. */
export function toConfig(values: ReadonlyMap<string, SettingValue>): Config {
  const config: Record<string, unknown> = {};
  for (const { key, type, fileOf } of settings) {
    if (fileOf) continue;
    const value = values.get(key);
    if (type === 'list') setPath(config, key, value === undefined ? [] : typeof value === 'string' ? [value] : value);
    else if (value !== undefined) setPath(config, key, value);
    else if (key.includes('.')) config[key.slice(0, key.indexOf('.'))] ??= {};
  }
  return config as unknown as Config;
}
