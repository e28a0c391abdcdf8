export type SettingValue = string | number | boolean | readonly string[];

/** One key of the configuration, as generated from the schema. */
export interface Setting {
  /** Path of the key, e.g. `polling.interval`. */
  readonly key: string;
  /** `list` takes one string or several. */
  readonly type: 'string' | 'integer' | 'boolean' | 'list';
  /** The environment variable that sets it. */
  readonly env: string;
  /** What a right value is, in words. */
  readonly expected: string;
  readonly secret?: true;
  readonly default?: SettingValue;
  /** Set on a key that names a file: the secret that the file holds. */
  readonly fileOf?: string;
}
