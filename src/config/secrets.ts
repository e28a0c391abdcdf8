import { existsSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { FileError, readTextFile } from '../text-file.ts';
import { trimEndOf } from '../trim-end.ts';
import { type Config, settings } from './config.generated.ts';
import { parseText } from './environment.ts';
import type { Problem } from './errors.ts';
import { type Given, getPath, type Layer, type Place, setPath } from './layer.ts';
import { checkValues } from './schema-findings.ts';
import type { Setting } from './setting.ts';
import { textDefect } from './text-defects.ts';

export interface SecretSources {
  /** From the strongest to the weakest. */
  layers: readonly Layer[];
  /** Whether the program reads files and credentials for this secret. A secret that is not needed need not be readable. */
  reads: (setting: Setting) => boolean;
  env: NodeJS.ProcessEnv;
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
 * 5. the systemd credential `$CREDENTIALS_DIRECTORY/<name>`
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
    return Array.isArray(value) ? (value as string[]) : typeof value === 'string' ? [value] : [];
  });
}

/** Returns the secrets in the environment. It works when the configuration cannot be read. */
export function secretsIn(env: NodeJS.ProcessEnv): string[] {
  return settings.flatMap(({ env: variable, secret }) => (secret && env[variable] ? env[variable].split(/\r?\n/) : []));
}

function resolveSecret(setting: Setting, { layers, reads, env }: SecretSources, report: ResolvedSecrets): Given | null {
  const fileKey = `${setting.key}File`;
  for (const layer of layers) {
    const value = layer.get(setting.key);
    const file = layer.get(fileKey);
    if (value) {
      if (file) report.warnings.push(`${fileKey} (${file.origin}) is ignored: ${setting.key} is set beside it`);
      return pathAsValue(setting, value, report);
    }
    if (!file) continue;
    if (!reads(setting)) return null;
    const path = String(file.value);
    const name = file.place.variable ?? `${fileKey}, ${file.origin}`;
    const { written = path } = file;
    return readSecret(setting, { path, written, place: file.place, origin: `file ${path} (${name})`, env }, report);
  }
  const directory = env.CREDENTIALS_DIRECTORY;
  if (!directory || !reads(setting)) return null;
  const name = credentialName(setting.key);
  const path = join(directory, name);
  if (!existsSync(path)) return null;
  return readSecret(setting, { path, written: path, place: { file: path }, origin: `credential ${name}`, env }, report);
}

/**
 * A path can stand where the secret should. nix-openclaw puts a file's content into the variable, but its path when the
 * file did not exist at that moment. People mistake the two as well. A path sent as a secret would only be rejected.
 */
function pathAsValue(setting: Setting, given: Given, { problems }: ResolvedSecrets): Given | null {
  const { value, place } = given;
  if (typeof value !== 'string' || !isAbsolute(value) || !existsSync(value)) return given;
  const instead = place.variable ? `${setting.env}_FILE` : `${setting.key}File`;
  problems.push({ key: setting.key, ...place, message: `is the path of a file; set ${instead} to it instead` });
  return null;
}

interface SecretFile {
  path: string;
  /** The path as it was given. */
  written: string;
  place: Place;
  origin: string;
  env: NodeJS.ProcessEnv;
}

function readSecret(setting: Setting, file: SecretFile, { problems, warnings }: ResolvedSecrets): Given | null {
  const { path, written, place, origin } = file;
  const refuse = (message: string) => {
    problems.push({ key: setting.key, ...place, message });
    return null;
  };
  let text: string;
  try {
    text = readTextFile(path);
  } catch (error) {
    if (looksLikePath(written)) return refuse(`the file ${path} ${unreadable(error)}`);
    const secret = `if it is the secret itself, that goes into ${setting.env} or ${setting.key}`;
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
  if (warning) warnings.push(`${setting.env}: ${warning}`);
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
