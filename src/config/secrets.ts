import { existsSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { FileError, readTextFile } from '../text-file.ts';
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
  /** Whether files and credentials are read for this secret; what is not needed need not be readable. */
  reads: (setting: Setting) => boolean;
  env: NodeJS.ProcessEnv;
}

export interface ResolvedSecrets {
  values: Layer;
  problems: Problem[];
  warnings: string[];
}

/**
 * Finds every secret: in each layer the value itself and then the file that the layer names, at last the systemd
 * credential. So a value in the environment comes before `<VARIABLE>_FILE`, that before the configuration file's
 * value, that before its `<key>File`, and that before `$CREDENTIALS_DIRECTORY/<name>`.
 *
 * A secret file may hold the value alone or `VARIABLE=value`, as nix-openclaw reads it; trailing newlines are left out.
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

/** The values that must never be written anywhere: for the redaction of logs. */
export function secretsOf(config: Config): string[] {
  return settings.flatMap(({ key, secret }) => {
    const value = secret ? getPath(config, key) : undefined;
    return Array.isArray(value) ? (value as string[]) : typeof value === 'string' ? [value] : [];
  });
}

/** Those that stand in the environment, whether or not the configuration comes to be read. */
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
 * nix-openclaw puts the content of a file into the variable, but the path when the file was not there at that moment;
 * and a path is easily put where a value belongs. To send the path as the secret would help nobody.
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
  /** As it was given. */
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
  const content = text.replace(/[\r\n]+$/, '').replace(new RegExp(`^${setting.env}=`), '');
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

/** The end of a sentence about a file that cannot be read, with what to do. */
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
      // Not the message, which has the path.
      return `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}); check the path and the disk`;
  }
}

/** Whether a text is a path to be shown, and no secret that was put into a path's place. */
export function looksLikePath(text: string): boolean {
  if (text.length > 1024) return false;
  if (text.startsWith('/nix/store/')) return true;
  const random = text.split(/[/._-]/).some(part => part.length >= 20 && /\d/.test(part) && /[a-z]/i.test(part));
  return !random && (/^(~|\.{1,2})?\//.test(text) || /\.(ya?ml|json|conf|txt|key|token|secret)$/.test(text));
}

/** Who else can read the file, when that is more than its owner. Credentials are 0440 by systemd's doing. */
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
