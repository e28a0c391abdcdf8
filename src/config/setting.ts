export type SettingValue = string | number | boolean | readonly string[];

/** One key of the configuration, as generated from the schema. */
export interface Setting {
  /** The key's path, e.g. `polling.interval`. */
  readonly key: string;
  /** `list` takes one string or several. */
  readonly type: 'string' | 'integer' | 'boolean' | 'list';
  /** The environment variable that sets it. */
  readonly env: string;
  /** The right values in words. */
  readonly expected: string;
  readonly secret?: true;
  readonly default?: SettingValue;
  /** The secret that the named file holds. Set only on a key that names a file. */
  readonly fileOf?: string;
}
