import { accountsKey } from './account-findings.ts';
import {
  type AccountDraft,
  accountRules,
  type ConfiguredAccount,
  configureAccounts,
  fileOwnerOf,
  missingApiKey,
  ownKey,
  singleAccount,
} from './accounts.ts';
import { type Config, settings } from './config.generated.ts';
import { asksForSecret, checkRules, type Need } from './cross-field-rules.ts';
import { databasePasswords } from './database-url.ts';
import { configFileVariable, parseText, unknownVariables } from './environment.ts';
import { ConfigError, type Problem } from './errors.ts';
import { type ConfigFile, readConfigFile } from './file.ts';
import { type Given, type Layer, toConfig } from './layer.ts';
import { type HttpProxy, readProxy } from './proxy.ts';
import { exposure, resolveSecrets, secretsOf } from './secrets.ts';
import type { Setting } from './setting.ts';
import { sourceOf } from './source-words.ts';
import { absolute, fromEnvironment, fromFile, fromFlags, placeOf } from './sources.ts';
import { endsWithBlank, textDefect } from './text-defects.ts';

export type { ConfiguredAccount } from './accounts.ts';
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
   * - `none`: nothing. A secret file that cannot be read is a warning, but for the address of the database.
   */
  need: Need;
  /** For a check on a machine without the secrets: reads no secret file and reports no missing secret. */
  withoutSecrets?: boolean;
}

/** The configuration of one number, as the needs `poller` and `cli` give it. */
export type AccountConfig = Config & {
  readonly kapso: {
    readonly apiKey: string;
    readonly phoneNumberId: string;
    /** Where the key came from, for hints; see `sourceOf`. */
    readonly keyFrom?: string;
  };
};

export interface LoadedConfig<C extends Config = Config> {
  /** What holds for all numbers. With `kapso.phoneNumberId`, that of the one number. */
  config: Config;
  /** Each number with all that holds for it: at least one. */
  accounts: readonly ConfiguredAccount<C>[];
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
  const inFile = [written.layer, ...(written.accounts ?? []).map(({ layer }) => layer)];
  const warnings = [...(file?.warnings ?? []), ...unknownVariables(env), ...exposedFile(file, inFile, env)];

  const layers = sources.map(source => source.layer);
  const reads = ({ key }: { key: string }) => !withoutSecrets && (need !== 'cli' || key.startsWith('kapso.'));
  const secrets = resolveSecrets({ layers, env, reads });
  const given = withImpliedPolicy(merge([secrets.values, ...layers, defaults(env, home)]));
  const config = toConfig(new Map([...given].map(([key, { value }]) => [key, value])));
  const several = written.accounts && configureAccounts(written.accounts, given, { env, reads });
  const accounts = several?.accounts ?? [singleAccount(config)];
  // A database that is not known would be taken for none, and another inbox for the right one.
  const isVital = ({ key }: Problem) => need !== 'none' || key === 'state.database';
  for (const found of [secrets, ...(several ? [several.secrets] : [])]) {
    warnings.push(...found.warnings);
    problems.push(...found.problems.filter(isVital));
    for (const problem of found.problems) if (!isVital(problem)) warnings.push(`${problem.key}: ${problem.message}`);
  }
  warnings.push(...blankEnds(given, accounts));
  if (several !== null) problems.push(...accountRules(accounts, given));
  problems.push(...ruleProblems(accounts, given, { ...options, reported: new Set(problems.map(({ key }) => key)) }));
  const { proxy, ...readings } = readProxy(env, config.kapso.baseUrl);
  warnings.push(...readings.warnings);
  if (need !== 'none') problems.push(...readings.problems);
  if (problems.length > 0) {
    const missing = problems.filter(({ key, variable }) => accountKeys.includes(key) && !isSet(variable, env));
    const isFirst = file === null && missing.length === accountKeys.length && missing.length === problems.length;
    throw new ConfigError(problems, warnings, isFirst ? { hint: firstHint } : {});
  }
  const origins = originsOf(given);
  const complete = accounts.map(({ own, place, ...account }) => ({
    ...account,
    config: withKeySource(account, origins),
  }));
  return { config, accounts: complete, proxy, file: file?.path ?? null, origins, warnings };
}

/** Notes where the API key of an account came from. */
function withKeySource({ at, config, origins }: ConfiguredAccount, common: Readonly<Record<string, string>>): Config {
  const key = 'kapso.apiKey';
  const own = origins[key];
  const called = at === null || own === undefined ? key : ownKey(at, key);
  const source = sourceOf(called, own ?? common[key]);
  if (source === null) return config;
  const kapso: Config['kapso'] & { keyFrom: string } = { ...config.kapso, keyFrom: source.where };
  return { ...config, kapso };
}

/** Checks the rules for each account. What is wrong with the settings for all is told once. */
function ruleProblems(
  accounts: readonly AccountDraft[],
  given: ReadonlyMap<string, Given>,
  { need, env, withoutSecrets = false, reported }: LoadOptions & { reported: ReadonlySet<string> },
): Problem[] {
  const secrets = accounts.flatMap(({ config }) => secretsOf(config));
  const called = accounts
    .flatMap(({ name, config }) => [name, config.kapso.phoneNumberId ?? null])
    .filter(one => one !== null);
  const found = new Map<string, Problem>();
  for (const { at, own, config, continues } of accounts) {
    for (const problem of checkRules(config, {
      need,
      env,
      called,
      secrets,
      account: fileOwnerOf({ continues, config }),
    })) {
      if (withoutSecrets && asksForSecret(problem.key)) continue;
      // The schema asks an account for it, and a list of accounts that is wrong has some.
      if (problem.key === 'kapso.phoneNumberId' && (at !== null || reported.has(accountsKey))) continue;
      const isOwn = at !== null && own.has(problem.key);
      const lacksKey = at !== null && problem.key === 'kapso.apiKey' && config.kapso.apiKey === undefined;
      const { key, inside, message } = lacksKey ? missingApiKey(at, env) : problem;
      const called = isOwn ? ownKey(at, key) : key;
      const place = own.get(key)?.place ?? given.get(key)?.place ?? placeOf(key);
      const one = { key: called, ...(inside === undefined ? {} : { inside }), ...place, message };
      // A key with a wrong value is reported once. What only follows from that value is not.
      if (!reported.has(problem.key) && !reported.has(called)) found.set(JSON.stringify(one), one);
    }
  }
  return [...found.values()];
}

/** Warns of signing secrets with a blank at their end. */
function blankEnds(given: ReadonlyMap<string, Given>, accounts: readonly AccountDraft[]): string[] {
  const key = 'webhook.secret';
  const blank = 'ends with a blank, which is taken as a part of it; take it off unless Kapso has it too';
  const ofAll = accounts.every(({ own }) => own.has(key)) ? [] : [{ called: key, given: given.get(key) }];
  const own = accounts.map(account => ({ called: ownKey(account.at ?? 0, key), given: account.own.get(key) }));
  return [...ofAll, ...own].flatMap(({ called, given: secret }) => {
    const ends = secret !== undefined && [secret.value].flat().some(value => endsWithBlank(String(value)));
    return ends ? [`${called} (${secret.origin}) ${blank}`] : [];
  });
}

/** For somebody who has just installed the program. */
const firstHint = 'There is no configuration file yet: kapso-whatsapp-cli config init sets it up.';

/** What no program can do without. */
const accountKeys = ['kapso.apiKey', 'kapso.phoneNumberId'];

/** Whether the environment has anything for a setting. */
function isSet(variable: string | undefined, env: NodeJS.ProcessEnv): boolean {
  return variable === undefined || Boolean(env[variable] || env[`${variable}_FILE`]);
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

/** The secrets of a configuration, which must never be written anywhere. */
export function allSecretsOf({ config, accounts }: Pick<LoadedConfig, 'config' | 'accounts'>): string[] {
  return [config, ...accounts.map(account => account.config)].flatMap(secretsOf);
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
function exposedFile(file: ConfigFile | null, layers: readonly Layer[], env: NodeJS.ProcessEnv): string[] {
  const isExposed = (key: string) => layers.some(layer => isSecret(key, layer.get(key)?.value));
  const secret = settings.find(({ key, secret }) => secret && isExposed(key));
  if (!file || !secret) return [];
  const warning = exposure({ path: file.path, env });
  return warning ? [`${secret.key} stands in the configuration file: ${warning}`] : [];
}

/** Whether the value of a secret setting must be kept secret: the address of a database need not have a password in it. */
function isSecret(key: string, value: unknown): boolean {
  return key === 'state.database' ? databasePasswords(String(value ?? '')).length > 0 : value !== undefined;
}
