import { settings } from './config.generated.ts';
import { getPath } from './layer.ts';
import type { LoadedConfig } from './load.ts';

export interface ShownSetting {
  key: string;
  value: string;
  origin: string;
}

/** Returns every key with its value and its source. A secret shows only that it is set, and its length. */
export function describeConfig({ config, origins }: LoadedConfig): ShownSetting[] {
  return settings
    .filter(({ fileOf }) => !fileOf)
    .map(({ key, secret }) => {
      const value = getPath(config, key);
      return { key, value: secret ? describeSecret(value) : describeValue(value), origin: origins[key] ?? 'not set' };
    });
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
