/** What a running poller says of its settings, so that another process can compare them with a configuration. */
import { createHmac, randomBytes } from 'node:crypto';
import { asList, asRecord, asString } from '../narrow.ts';
import type { Config } from './config.generated.ts';
import { settings } from './config.generated.ts';
import { getPath, setPath, toConfig } from './layer.ts';
import type { ConfigChange } from './reloadable.ts';
import { compareSettings, type Settings } from './settings-change.ts';

/** Where each thing that listens for others does so, as the settings name it; null for what does not. */
export interface ListenSettings {
  webhook: string | null;
  metrics: string | null;
  page: string | null;
}

/** No value of a setting is in it, but addresses and the numbers' ids: each is a digest, under a salt of this answer. */
export interface RunningSettings extends Settings {
  salt: string;
  listens: ListenSettings;
}

/** Where a process with this configuration listens. */
export function listensAt({ mode, webhook, metrics, ui }: Config): ListenSettings {
  return {
    webhook: mode === 'polling' ? null : webhook.listen,
    metrics: metrics.enable ? metrics.listen : null,
    page: ui.enable ? ui.listen : null,
  };
}

/** Says which settings this process has. */
export function runningSettings(settings: Settings): RunningSettings {
  const salt = randomBytes(16).toString('hex');
  return { ...digested(settings, salt), salt, listens: listensAt(settings.config) };
}

/** Reads what a poller, of any version, has answered; null when it is nothing that can be compared. */
export function readRunningSettings(answer: unknown): RunningSettings | null {
  const { salt, listens, config, accounts } = asRecord(answer) ?? {};
  const where = asRecord(listens);
  if (asString(salt) === null || asRecord(config) === null || where === null) return null;
  const { webhook, metrics, page } = where;
  const numbers = asList(accounts).map(asRecord);
  if (numbers.length === 0 || numbers.some(one => asRecord(asRecord(one?.config)?.kapso) === null)) return null;
  return {
    salt: String(salt),
    listens: { webhook: asString(webhook), metrics: asString(metrics), page: asString(page) },
    config: config as unknown as Config,
    accounts: numbers as unknown as Settings['accounts'],
  };
}

/** What differs of a configuration from what a poller says that it runs with. Both work in the same state directory. */
export function compareWithRunning(running: RunningSettings, settings: Settings): ConfigChange {
  const { applied, needRestart } = compareSettings(running, digested(settings, running.salt));
  // It may be written in another way.
  return { applied, needRestart: needRestart.filter(key => key !== 'state.dir') };
}

function digested({ config, accounts }: Settings, salt: string): Settings {
  const each = accounts.map(({ name, continues, at, config: own }) => {
    return { name, continues, at, config: digestedConfig(own, salt), origins: {} };
  });
  return { config: digestedConfig(config, salt), accounts: each as unknown as Settings['accounts'] };
}

function digestedConfig(config: Config, salt: string): Config {
  const digests: Record<string, unknown> = { ...toConfig(new Map()) };
  for (const { key, fileOf } of settings) {
    const value = getPath(config, key);
    if (fileOf || value === undefined) continue;
    const digest = createHmac('sha256', salt).update(JSON.stringify(value)).digest('hex');
    setPath(digests, key, key === 'kapso.phoneNumberId' ? value : digest);
  }
  return digests as unknown as Config;
}
