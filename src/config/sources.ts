import { dirname, join, resolve } from 'node:path';
import { settings } from './config.generated.ts';
import type { Need } from './cross-field-rules.ts';
import { parseText, readEnvironment } from './environment.ts';
import type { Problem } from './errors.ts';
import type { ConfigFile } from './file.ts';
import { getPath, type Layer, type Place, setPath, settingFor } from './layer.ts';
import { checkValues, type Finding, unknownHint } from './schema-findings.ts';
import type { SettingValue } from './setting.ts';
import { textDefect } from './text-defects.ts';

/** The right values of one source, and the problems with its other values. */
export interface Source {
  layer: Layer;
  problems: Problem[];
}

/** Reads the values of the configuration file, if there is one. */
export async function fromFile(file: ConfigFile | null, home: string): Promise<Source> {
  const layer: Layer = new Map();
  if (!file) return { layer, problems: [] };
  const values = withoutEmptySections(file.values);
  for (const { key } of settings) {
    const value = getPath(values, key) as SettingValue | undefined;
    if (value === undefined) continue;
    const position = file.positions?.key(key.split('.')) ?? null;
    const origin = position ? `${file.path}:${position.line}` : file.path;
    layer.set(key, { value, origin, place: { file: file.path, ...position } });
  }
  const findings = [...defects(layer, false), ...checkValues(values)];
  // Only now are the positions in JSON looked up.
  const positions = findings.length > 0 ? await file.findPositions() : null;
  const problems = distinct(findings).map(({ key, path, unknown, message }) => {
    const position = unknown ? positions?.key(path) : positions?.value(path);
    return { key, file: file.path, ...position, message };
  });
  leaveOut(findings, layer);
  resolvePaths(layer, dirname(file.path), home);
  return { layer, problems };
}

/**
 * Reads the values of the environment.
 *
 * The CLI ignores the gateway's variables: it does not use them, and in an agent's environment they may be OpenClaw's
 * own.
 */
export function fromEnvironment(env: NodeJS.ProcessEnv, need: Need, home: string): Source {
  const layer = readEnvironment(env);
  if (need === 'cli') for (const key of [...layer.keys()]) if (key.startsWith('gateway.')) layer.delete(key);
  return checked(layer, home, []);
}

/** Reads the values of the command line, by key. */
export function fromFlags(flags: Record<string, unknown>, home: string): Source {
  const layer: Layer = new Map();
  const problems: Problem[] = [];
  for (const [key, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    const setting = settingFor(key);
    if (!setting) problems.push({ key, message: `is not a known key${unknownHint(key)}` });
    else if (setting.secret) {
      const message = `is a secret and cannot be given on the command line, which others can read; use ${setting.env}_FILE`;
      problems.push({ key, message });
    } else {
      const parsed = typeof value === 'string' ? parseText(setting, value) : (value as SettingValue);
      layer.set(key, { value: parsed, origin: 'command line', place: {} });
    }
  }
  return checked(layer, home, problems);
}

/** Returns the place to name for a key without a value: its variable. */
export function placeOf(key: string): Place {
  const setting = settingFor(key);
  return setting ? { variable: setting.env } : {};
}

function checked(layer: Layer, home: string, problems: Problem[]): Source {
  const nested: Record<string, unknown> = {};
  for (const [key, { value }] of layer) setPath(nested, key, value);
  const findings = [...defects(layer, true), ...checkValues(nested)];
  problems.push(...distinct(findings).map(({ key, message }) => ({ key, ...layer.get(key)?.place, message })));
  leaveOut(findings, layer);
  resolvePaths(layer, process.cwd(), home);
  return { layer, problems };
}

/** Finds wrong characters in values. They come before what else is wrong with the same value. */
function defects(layer: Layer, raw: boolean): Finding[] {
  return [...layer].flatMap(([key, { value }]) => {
    const setting = settingFor(key);
    const texts = typeof value === 'string' ? [value] : Array.isArray(value) ? value.map(String) : [];
    const message = setting && texts.map(text => textDefect(setting, text, raw)).find(Boolean);
    return message ? [{ key, path: key.split('.'), message }] : [];
  });
}

/** Keeps the first finding of each key. Each unknown key is kept. */
function distinct(findings: readonly Finding[]): Finding[] {
  return findings.filter(
    ({ key, unknown }, at) => unknown || findings.findIndex(other => !other.unknown && other.key === key) === at,
  );
}

function leaveOut(findings: readonly Finding[], layer: Layer): void {
  for (const { key } of findings) layer.delete(key);
}

/** In YAML, a section whose keys are all commented out is null. */
function withoutEmptySections(values: unknown): unknown {
  if (values === null) return {};
  if (typeof values !== 'object' || Array.isArray(values)) return values;
  return Object.fromEntries(
    Object.entries(values).filter(
      ([name, value]) => value !== null || !settings.some(({ key }) => key.startsWith(`${name}.`)),
    ),
  );
}

function resolvePaths(layer: Layer, base: string, home: string): void {
  for (const [key, given] of layer) {
    if (key !== 'state.dir' && !settingFor(key)?.fileOf) continue;
    const written = String(given.value);
    layer.set(key, { ...given, value: absolute(written, base, home), written });
  }
}

/** Expands `~/` and makes a path absolute. */
export function absolute(path: string, base: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : resolve(base, path);
}
