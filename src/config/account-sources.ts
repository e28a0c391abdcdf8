/** The values of the accounts in a configuration file. */
import { accountKey, accountsKey } from './account-findings.ts';
import { accountFields, accountSettings } from './config.generated.ts';
import { getPath, type Layer, type Place } from './layer.ts';
import type { Finding } from './value-findings.ts';

/** What the file says of one account. */
export interface AccountSource {
  /** The settings that it has itself, by the key of the setting. */
  layer: Layer;
  /** What only accounts have, by its name. */
  fields: Layer;
  place: Place;
}

/** The accounts that a file gives, as they stand there; null without any. */
export function accountsIn(values: unknown): unknown[] | null {
  const given = getPath(values, accountsKey);
  return Array.isArray(given) ? given : null;
}

/** A value with the place where it stands, or would stand. */
export interface PlacedValue {
  key: string;
  path: (string | number)[];
  value: unknown;
}

/** Every setting that an account can have. */
export function settingsOf(account: unknown, at: number): PlacedValue[] {
  return accountSettings.map(({ name, key }) => ({
    key,
    path: [accountsKey, at, ...name.split('.')],
    value: getPath(account, name),
  }));
}

/** Everything that only an account has. */
export function fieldsOf(account: unknown, at: number): PlacedValue[] {
  return accountFields.map(({ name }) => ({ key: name, path: [accountsKey, at, name], value: getPath(account, name) }));
}

/** The same finding, with the key and the path that the setting has in an account. */
export function inAccount(finding: Finding, at: number): Finding {
  const found = accountSettings.find(({ key }) => key === finding.key);
  const name = found?.name ?? finding.key;
  const depth = finding.key.split('.').length;
  const path = [accountsKey, at, ...name.split('.'), ...finding.path.slice(depth)];
  return { ...finding, key: `${accountKey(at)}.${name}`, path };
}
