import { accountKey } from './account-findings.ts';
import { ownKey } from './accounts.ts';
import { accountSettings, type Config, settings } from './config.generated.ts';
import { getPath } from './layer.ts';
import type { ConfiguredAccount, LoadedConfig } from './load.ts';
import type { Setting } from './setting.ts';

export interface ShownSetting {
  key: string;
  value: string;
  origin: string;
}

/**
 * Returns every key with its value and its source, and of each account what it has itself. A secret shows only that it
 * is set, and its length.
 */
export function describeConfig({ config, accounts, origins }: LoadedConfig): ShownSetting[] {
  const common = settings
    .filter(({ fileOf }) => !fileOf)
    .map(setting => shown(setting, config, setting.key, origins[setting.key] ?? 'not set'));
  return [...common, ...accounts.flatMap(describeAccount)];
}

function describeAccount({ at, name, continues, config, origins }: ConfiguredAccount): ShownSetting[] {
  if (at === null) return [];
  const fields = Object.entries({ name: name ?? undefined, continues }).map(([field, value]) => {
    const set = value === undefined ? 'not set' : 'default';
    return { key: `${accountKey(at)}.${field}`, value: describeValue(value), origin: origins[field] ?? set };
  });
  const own = accountSettings.flatMap(({ key }) => {
    const setting = settings.find(other => other.key === key);
    const origin = origins[key];
    return setting === undefined || origin === undefined ? [] : shown(setting, config, ownKey(at, key), origin);
  });
  return [...fields, ...own];
}

function shown({ key, secret }: Setting, config: Config, called: string, origin: string): ShownSetting {
  const value = getPath(config, key);
  return { key: called, value: secret ? describeSecret(value) : describeValue(value), origin };
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'not set';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function describeSecret(value: unknown): string {
  const secrets = Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)];
  if (secrets.length === 0) return 'not set';
  return secrets.map(secret => `set (${secret.length} characters)`).join(', ');
}
