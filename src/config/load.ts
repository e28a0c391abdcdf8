import { type Config, settings } from './config.generated.ts';
import { asksForSecret, checkRules, type Need } from './cross-field-rules.ts';
import { configFileVariable, parseText, unknownVariables } from './environment.ts';
import { ConfigError } from './errors.ts';
import { type ConfigFile, readConfigFile } from './file.ts';
import { type Given, type Layer, toConfig } from './layer.ts';
import { type HttpProxy, readProxy } from './proxy.ts';
import { exposure, resolveSecrets } from './secrets.ts';
import type { Setting } from './setting.ts';
import { absolute, fromEnvironment, fromFile, fromFlags, placeOf } from './sources.ts';
import { endsWithBlank, textDefect } from './text-defects.ts';

export type { Config } from './config.generated.ts';
export type { Need } from './cross-field-rules.ts';

export interface LoadOptions {
  env: NodeJS.ProcessEnv;
  /** The home directory, for the default paths and `~/`. */
  home: string;
  /** The value of `--config`. It comes before `KAPSO_CONFIG`. */
  configFile?: string;
  /** Values from the command line by key, e.g. `polling.interval`. Text is read as in the environment. */
  flags?: Record<string, unknown>;
  /**
   * Decides what is required.
   *
   * - `poller`: all that the mode needs.
   * - `registration`: the same without the signing secret, which the registration makes.
   * - `cli`: API key and phone number id. Other secrets are not read from files. The gateway's variables are ignored:
   *   they may be OpenClaw's own.
   * - `none`: nothing. A secret file that cannot be read is a warning.
   */
  need: Need;
  /** For a check on a machine without the secrets: reads no secret file and reports no missing secret. */
  withoutSecrets?: boolean;
}

/** A configuration with an account, as the needs `poller` and `cli` give it. */
export type AccountConfig = Config & { readonly kapso: { readonly apiKey: string; readonly phoneNumberId: string } };

export interface LoadedConfig<C extends Config = Config> {
  config: C;
  /** The path of the configuration file; null when there is none. */
  file: string | null;
  /** Where each key's value comes from: `environment variable KAPSO_MODE`, `/etc/kapso.yaml:3`, `default`, `not set`. */
  origins: Record<string, string>;
  /** The proxy to Kapso that the environment names; null for a direct connection. */
  proxy: HttpProxy | null;
  /** What is odd but no error. The caller logs it. */
  warnings: string[];
}

/**
 * Reads the configuration: defaults, then file, then environment, then flags. Each source is checked against the schema
 * by itself. So a wrong value is reported even where a stronger source overrides it.
 *
 * @throws ConfigError with every problem found
 */
export function loadConfig(
  options: LoadOptions & { need: 'poller' | 'registration' | 'cli' },
): Promise<LoadedConfig<AccountConfig>>;
export function loadConfig(options: LoadOptions): Promise<LoadedConfig>;
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { env, home, configFile, flags = {}, need, withoutSecrets = false } = options;
  const file = await readConfigFile({ named: named(configFile, env), env, home });
  const written = await fromFile(file, home);
  const sources = [fromFlags(flags, home), fromEnvironment(env, need, home), written];
  const problems = sources.flatMap(source => source.problems);
  const warnings = [...(file?.warnings ?? []), ...unknownVariables(env), ...exposedFile(file, written.layer, env)];

  const layers = sources.map(source => source.layer);
  const reads = ({ key }: { key: string }) => !withoutSecrets && (need !== 'cli' || key.startsWith('kapso.'));
  const secrets = resolveSecrets({ layers, env, reads });
  warnings.push(...secrets.warnings);
  if (need === 'none') warnings.push(...secrets.problems.map(({ key, message }) => `${key}: ${message}`));
  else problems.push(...secrets.problems);

  const given = withImpliedPolicy(merge([secrets.values, ...layers, defaults(env, home)]));
  const config = toConfig(new Map([...given].map(([key, { value }]) => [key, value])));
  if (config.webhook.secret.some(endsWithBlank)) {
    const blank = 'ends with a blank, which is taken as a part of it; take it off unless Kapso has it too';
    warnings.push(`webhook.secret (${given.get('webhook.secret')?.origin}) ${blank}`);
  }
  const reported = new Set(problems.map(({ key }) => key));
  for (const { key, inside, message } of checkRules(config, need, env)) {
    if (withoutSecrets && asksForSecret(key)) continue;
    // A key with a wrong value is reported once. What only follows from that value is not.
    const place = given.get(key)?.place ?? placeOf(key);
    if (!reported.has(key)) problems.push({ key, ...(inside === undefined ? {} : { inside }), ...place, message });
  }
  const { proxy, ...readings } = readProxy(env, config.kapso.baseUrl);
  warnings.push(...readings.warnings);
  if (need !== 'none') problems.push(...readings.problems);
  if (problems.length > 0) throw new ConfigError(problems, warnings);
  return { config, proxy, file: file?.path ?? null, origins: originsOf(given), warnings };
}

/** `KAPSO_CONFIG` is no setting, but its text is checked like one. */
const fileSetting: Setting = {
  key: '--config',
  type: 'string',
  env: configFileVariable,
  expected: 'the path of a file',
};

function named(configFile: string | undefined, env: NodeJS.ProcessEnv): { path: string; variable?: string } | null {
  if (configFile !== undefined) return { path: configFile };
  const path = env[configFileVariable] ? parseText(fileSetting, env[configFileVariable]) : '';
  if (!path) return null;
  const defect = textDefect(fileSetting, String(path), true);
  if (defect) throw new ConfigError([{ key: '', variable: configFileVariable, message: defect }]);
  return { path: String(path), variable: configFileVariable };
}

/** A literal default has no place of its own. An error about it names the variable. */
function defaults(env: NodeJS.ProcessEnv, home: string): Layer {
  const layer: Layer = new Map();
  for (const setting of settings) {
    if (setting.default === undefined) continue;
    layer.set(setting.key, { value: setting.default, origin: 'default', place: placeOf(setting.key) });
  }
  const [systemd] = env.STATE_DIRECTORY?.split(':') ?? [];
  const place = placeOf('state.dir');
  if (systemd) layer.set('state.dir', { value: systemd, origin: 'systemd ($STATE_DIRECTORY)', place });
  else
    layer.set('state.dir', {
      value: absolute(String(layer.get('state.dir')?.value), '/', home),
      origin: 'default',
      place,
    });
  return layer;
}

/** Takes each key's value from the strongest layer that has one. Secrets come from their own layer only. */
function merge([secrets, ...layers]: readonly [Layer, ...Layer[]]): Map<string, Given> {
  const merged = new Map<string, Given>();
  for (const { key, secret, fileOf } of settings) {
    const given = secret ? secrets.get(key) : layers.find(layer => layer.has(key))?.get(key);
    if (given && !fileOf) merged.set(key, given);
  }
  return merged;
}

/** Who may write is not left open where somebody has said who may. */
function withImpliedPolicy(given: Map<string, Given>): Map<string, Given> {
  const [policy, list] = [given.get('access.policy'), given.get('access.allowFrom')];
  if (!list || policy?.origin !== 'default') return given;
  const origin = `because access.allowFrom is given (${list.origin})`;
  return given.set('access.policy', { ...policy, value: 'allowlist', origin });
}

function originsOf(given: ReadonlyMap<string, Given>): Record<string, string> {
  const keys = settings.filter(({ fileOf }) => !fileOf).map(({ key }) => key);
  return Object.fromEntries(keys.map(key => [key, given.get(key)?.origin ?? 'not set']));
}

/** A configuration file with a secret in it needs the same protection as a secret file. */
function exposedFile(file: ConfigFile | null, layer: Layer, env: NodeJS.ProcessEnv): string[] {
  const secret = settings.find(({ key, secret }) => secret && layer.has(key));
  if (!file || !secret) return [];
  const warning = exposure({ path: file.path, env });
  return warning ? [`${secret.key} stands in the configuration file: ${warning}`] : [];
}
