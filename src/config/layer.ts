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
  const dot = key.lastIndexOf('.');
  sectionIn(target, dot < 0 ? '' : key.slice(0, dot))[key.slice(dot + 1)] = value;
}

/** The section of this name, which is made where it is missing. */
function sectionIn(target: Record<string, unknown>, section: string): Record<string, unknown> {
  let found = target;
  for (const name of section ? section.split('.') : []) {
    const inner = (found[name] ?? {}) as Record<string, unknown>;
    found[name] = inner;
    found = inner;
  }
  return found;
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
    else if (key.includes('.')) sectionIn(config, key.slice(0, key.lastIndexOf('.')));
  }
  return config as unknown as Config;
}
