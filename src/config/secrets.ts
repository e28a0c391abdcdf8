import { existsSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { FileError, readTextFile } from '../text-file.ts';
import { trimEndOf } from '../trim-end.ts';
import { type Config, settings } from './config.generated.ts';
import { databasePasswords } from './database-url.ts';
import { parseText } from './environment.ts';
import type { Problem } from './errors.ts';
import { type Given, getPath, type Layer, type Place, setPath } from './layer.ts';
import { proxyPasswords } from './proxy.ts';
import { checkValues } from './schema-findings.ts';
import type { Setting } from './setting.ts';
import { textDefect } from './text-defects.ts';

export interface SecretSources {
  /** From the strongest to the weakest. */
  layers: readonly Layer[];
  /** Whether the program reads files and credentials for this secret. A secret that is not needed need not be readable. */
  reads: (setting: Setting) => boolean;
  env: NodeJS.ProcessEnv;
  /** Whose secrets they are; without it, those of the whole configuration. */
  account?: SecretOwner;
}

/** An account that has secrets of its own, which no variable gives it. */
export interface SecretOwner {
  /** The key of a setting within the account: `accounts[0].apiKey`. */
  keyOf: (setting: string) => string;
  /** The end of the names of its credentials; null where it has none. */
  name: string | null;
}

export interface ResolvedSecrets {
  values: Layer;
  problems: Problem[];
  warnings: string[];
}

/**
 * Finds every secret. The first of these that is set counts:
 *
 * 1. the value in the environment
 * 2. the file that `<VARIABLE>_FILE` names
 * 3. the value in the configuration file
 * 4. the file that `<key>File` names there
 * 5. the systemd credential `$CREDENTIALS_DIRECTORY/<name>`; of an account `<name>-<name of the account>`
 *
 * A secret file holds the value alone or `VARIABLE=value`, as nix-openclaw reads it. Trailing newlines are left out.
 */
export function resolveSecrets(sources: SecretSources): ResolvedSecrets {
  const resolved: ResolvedSecrets = { values: new Map(), problems: [], warnings: [] };
  for (const setting of settings) {
    if (!setting.secret) continue;
    const given = resolveSecret(setting, sources, resolved);
    if (given) resolved.values.set(setting.key, given);
  }
  return resolved;
}

/** The name of the systemd credential: `webhook.verifyToken` is `webhook-verify-token`. */
export function credentialName(key: string): string {
  return key.replace('.', '-').replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
}

/** Returns the values that must never be written anywhere. The log redacts them. */
export function secretsOf(config: Config): string[] {
  return settings.flatMap(({ key, secret }) => {
    const value = secret ? getPath(config, key) : undefined;
    return Array.isArray(value) ? (value as string[]) : typeof value === 'string' ? withPassword(key, value) : [];
  });
}

/** The password in an address is a secret without the rest of it too. */
function withPassword(key: string, value: string): string[] {
  return key === 'state.database' ? [value, ...databasePasswords(value)] : [value];
}

/** Returns the secrets in the environment, those of a proxy too. It works when the configuration cannot be read. */
export function secretsIn(env: NodeJS.ProcessEnv): string[] {
  const ofSettings = settings.flatMap(({ key, env: variable, secret }) =>
    secret && env[variable] ? env[variable].split(/\r?\n/).flatMap(line => withPassword(key, line)) : [],
  );
  return [...ofSettings, ...proxyPasswords(env)];
}

function resolveSecret(setting: Setting, sources: SecretSources, report: ResolvedSecrets): Given | null {
  const { layers, reads, env, account } = sources;
  const key = account?.keyOf(setting.key) ?? setting.key;
  const common = { key, variable: account === undefined ? setting.env : null, env };
  for (const layer of layers) {
    const value = layer.get(setting.key);
    const file = layer.get(`${setting.key}File`);
    if (value) {
      if (file) report.warnings.push(`${key}File (${file.origin}) is ignored: ${key} is set beside it`);
      return pathAsValue(setting, { key, given: value }, report);
    }
    if (!file) continue;
    if (!reads(setting)) return null;
    const path = String(file.value);
    const name = file.place.variable ?? `${key}File, ${file.origin}`;
    const { written = path, place } = file;
    return readSecret(
      setting,
      { ...common, called: name, path, written, place, origin: `file ${path} (${name})` },
      report,
    );
  }
  const directory = env.CREDENTIALS_DIRECTORY;
  if (!directory || account?.name === null || !reads(setting)) return null;
  const name = [credentialName(setting.key), ...(account === undefined ? [] : [account.name])].join('-');
  const path = join(directory, name);
  if (!existsSync(path)) return null;
  const place = { file: path };
  return readSecret(
    setting,
    { ...common, called: `credential ${name}`, path, written: path, place, origin: `credential ${name}` },
    report,
  );
}

/**
 * A path can stand where the secret should. nix-openclaw puts a file's content into the variable, but its path when the
 * file did not exist at that moment. People mistake the two as well. A path sent as a secret would only be rejected.
 */
function pathAsValue(
  setting: Setting,
  { key, given }: { key: string; given: Given },
  { problems }: ResolvedSecrets,
): Given | null {
  const { value, place } = given;
  if (typeof value !== 'string' || !isAbsolute(value) || !existsSync(value)) return given;
  const instead = place.variable ? `${setting.env}_FILE` : `${key}File`;
  problems.push({ key, ...place, message: `is the path of a file; set ${instead} to it instead` });
  return null;
}

interface SecretFile {
  /** What names the file, as a warning has it. */
  called: string;
  /** The key under which a problem is told. */
  key: string;
  /** The variable that could give the secret too; null for that of an account. */
  variable: string | null;
  path: string;
  /** The path as it was given. */
  written: string;
  place: Place;
  origin: string;
  env: NodeJS.ProcessEnv;
}

function readSecret(setting: Setting, file: SecretFile, { problems, warnings }: ResolvedSecrets): Given | null {
  const { called, key, variable, path, written, place, origin } = file;
  const refuse = (message: string) => {
    problems.push({ key, ...place, message });
    return null;
  };
  let text: string;
  try {
    text = readTextFile(path);
  } catch (error) {
    if (looksLikePath(written)) return refuse(`the file ${path} ${unreadable(error)}`);
    const secret = `if it is the secret itself, that goes into ${variable === null ? '' : `${variable} or `}${key}`;
    return refuse(`the file that it names ${unreadable(error)}; ${secret}`);
  }
  const content = trimEndOf(text, '\r\n').replace(new RegExp(`^${setting.env}=`), '');
  if (content === '') return refuse(`the file ${path} is empty; it must hold the value of ${setting.env}`);
  const value = parseText(setting, content);
  const defect = [value]
    .flat()
    .map(line => textDefect(setting, String(line), true))
    .find(Boolean);
  if (defect) return refuse(`the content of the file ${path} ${defect}`);
  const nested: Record<string, unknown> = {};
  setPath(nested, setting.key, value);
  if (checkValues(nested).length > 0) return refuse(`the content of the file ${path} must be ${setting.expected}`);
  const warning = exposure(file);
  if (warning) warnings.push(`${called}: ${warning}`);
  return { value, origin, place };
}

/** Returns the end of a sentence about a file that cannot be read, with what to do. */
export function unreadable(error: unknown): string {
  if (error instanceof FileError) return error.reason;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist; create it or name another';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this user; change its owner or permissions';
    default:
      // The error's own message has the path in it.
      return `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}); check the path and the disk`;
  }
}

/** Whether a text is a path that may be shown. Otherwise it may be a secret in the wrong place. */
export function looksLikePath(text: string): boolean {
  if (text.length > 1024) return false;
  if (text.startsWith('/nix/store/')) return true;
  const random = text.split(/[/._-]/).some(part => part.length >= 20 && /\d/.test(part) && /[a-z]/i.test(part));
  return !random && (/^(~|\.{1,2})?\//.test(text) || /\.(ya?ml|json|conf|txt|key|token|secret)$/.test(text));
}

/** Says who else than the owner can read the file, or null. systemd makes credentials 0440, which is right. */
export function exposure({ path, env }: { path: string; env: NodeJS.ProcessEnv }): string | null {
  const real = realpathSync(path);
  if (real.startsWith('/nix/store/')) {
    return `the file ${path} is in the Nix store, where everybody can read it; keep secrets out of the store`;
  }
  const credentials = env.CREDENTIALS_DIRECTORY;
  if (credentials && path.startsWith(join(credentials, '/'))) return null;
  if ((statSync(real).mode & 0o077) === 0) return null;
  return `the file ${path} can be read by other users; run: chmod 600 ${path}`;
}
