/** What the schema says is wrong with the accounts of a configuration file. */
import { accountFields, accountSettings } from './config.generated.ts';
import { getPath, setPath, settingFor } from './layer.ts';
import { nearest } from './suggest.ts';
import type { SchemaError } from './validate.generated.js';
import { type Finding, findingWithin, wrongValue } from './value-findings.ts';

/** The section of the accounts. */
export const accountsKey = 'accounts';

/** The name of an account in messages, by its place in the list: `accounts[0]`. */
export function accountKey(at: number): string {
  return `${accountsKey}[${at}]`;
}

/** The setting or the account's own key that stands at these names within an account, with its path. */
function keyAt(names: readonly string[]): { name: string; key: string | null } | undefined {
  const paths = names.map((_, at) => names.slice(0, at + 1).join('.'));
  const setting = accountSettings.find(({ name }) => paths.includes(name));
  if (setting) return setting;
  const own = accountFields.find(({ name }) => paths.includes(name));
  return own && { name: own.name, key: null };
}

/** Returns what an error of the validator below `accounts` means. */
export function accountFinding({ instancePath, keyword, params }: SchemaError, values: unknown): Finding {
  const [, at, ...inner] = instancePath.split('/').slice(1);
  const accounts = getPath(values, accountsKey);
  if (at === undefined || !Array.isArray(accounts)) {
    return { key: accountsKey, path: [accountsKey], message: 'must be a list of accounts, each with a phoneNumberId' };
  }
  const place = { key: accountKey(Number(at)), path: [accountsKey, Number(at)] };
  const found = keyAt(inner);
  if (found === undefined) return sectionFinding(place, inner, { keyword, params });
  const { name } = found;
  const key = `${place.key}.${name}`;
  const path = [...place.path, ...name.split('.')];
  const value = getPath(accounts[Number(at)], name);
  const setting = found.key === null ? undefined : settingFor(found.key);
  if (setting === undefined) {
    const { type = 'string', expected = '' } = accountFields.find(field => field.name === name) ?? {};
    return { key, path, message: wrongValue({ key, type, env: '', expected }, value) };
  }
  if (setting.secret) return { key, path, message: wrongValue({ ...setting, key, env: '' }, value) };
  // As if it stood outside of the account, where the setting has its own path.
  const depth = setting.key.split('.').length;
  const names = [...setting.key.split('.'), ...inner.slice(name.split('.').length)];
  const nested: Record<string, unknown> = {};
  setPath(nested, setting.key, value);
  const finding = findingWithin(setting, { names, keyword, params }, nested);
  return { ...finding, key, path: [...path, ...finding.path.slice(depth)] };
}

/** What is wrong with an account as a whole, or with a section of it. */
function sectionFinding(
  { key, path }: { key: string; path: (string | number)[] },
  section: readonly string[],
  { keyword, params }: Pick<SchemaError, 'keyword' | 'params'>,
): Finding {
  const place = { key: [key, ...section].join('.'), path: [...path, ...section] };
  if (params.missingProperty !== undefined) return { ...place, message: `has no ${params.missingProperty}` };
  const keys = keysOf(section);
  if (keyword !== 'additionalProperties') return { ...place, message: `holds keys and values: ${keys.join(', ')}` };
  const name = params.additionalProperty ?? '';
  const meant = nearest(name, keys);
  const unknown = { ...place, path: [...place.path, name], unknown: true as const };
  // The name is repeated only when it nearly equals a key's: it may be a secret in the wrong place.
  if (meant === null) return { ...unknown, message: `has a key here that is not known; it holds ${keys.join(', ')}` };
  return { ...unknown, key: `${place.key}.${name}`, message: `is not a known key; did you mean ${meant}?` };
}

/** The keys of an account, or of a section of it. */
function keysOf(section: readonly string[]): string[] {
  const start = section.map(name => `${name}.`).join('');
  const names = [...accountFields, ...accountSettings].map(({ name }) => name).filter(name => name.startsWith(start));
  return [...new Set(names.map(name => name.slice(start.length).split('.')[0] ?? ''))];
}
