export type SettingValue =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly Readonly<Record<string, unknown>>[]
  | Readonly<Record<string, unknown>>;

/** One key of an object that is a part of a setting's value. Its value is text. */
export interface Field {
  readonly name: string;
  /** The right values in words. */
  readonly expected: string;
}

/** One key of the configuration, as generated from the schema. */
export interface Setting {
  /** The key's path, e.g. `polling.interval`. */
  readonly key: string;
  /**
   * `list` takes one string or several, `objects` a list of objects, `named-objects` objects under free keys. In the
   * environment the last two are JSON.
   */
  readonly type: 'string' | 'integer' | 'boolean' | 'list' | 'objects' | 'named-objects';
  /** The environment variable that sets it. */
  readonly env: string;
  /** The right values in words. */
  readonly expected: string;
  readonly secret?: true;
  readonly default?: SettingValue;
  /** The secret that the named file holds. Set only on a key that names a file. */
  readonly fileOf?: string;
  /** A list that the environment may also give with commas between its items. Set but empty, it is an empty list. */
  readonly commas?: true;
  /** The keys of each object, of `objects` and `named-objects`. */
  readonly fields?: readonly Field[];
  /** The right free keys in words, of `named-objects`. */
  readonly nameExpected?: string;
}
