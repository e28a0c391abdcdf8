import { dirname, join, resolve } from 'node:path';
import { accountKey, accountsKey } from './account-findings.ts';
import {
  type AccountSource,
  accountsIn,
  fieldsOf,
  inAccount,
  type PlacedValue,
  settingsOf,
} from './account-sources.ts';
import { settings } from './config.generated.ts';
import type { Need } from './cross-field-rules.ts';
import { parseText, readEnvironment } from './environment.ts';
import type { Problem } from './errors.ts';
import type { ConfigFile } from './file.ts';
import { getPath, type Layer, type Place, setPath, settingFor } from './layer.ts';
import { checkValues, unknownHint } from './schema-findings.ts';
import type { Setting, SettingValue } from './setting.ts';
import { hiddenCharacter, textDefect } from './text-defects.ts';
import { type Finding, placeWithin } from './value-findings.ts';

/** The right values of one source, and the problems with its other values. */
export interface Source {
  layer: Layer;
  problems: Problem[];
}

/** The configuration file's values, and those of its accounts. */
export interface FileSource extends Source {
  /** Null without `accounts`. */
  accounts: readonly AccountSource[] | null;
}

/** Reads the values of the configuration file, if there is one. */
export async function fromFile(file: ConfigFile | null, home: string): Promise<FileSource> {
  if (!file) return { layer: new Map(), problems: [], accounts: null };
  const values = withoutEmptySections(file.values);
  const places = settings.map(({ key }) => ({ key, path: key.split('.'), value: getPath(values, key) }));
  const layer = layerOf(file, places);
  const given = accountsIn(values);
  const layers = given?.map((account, at) => layerOf(file, settingsOf(account, at))) ?? [];
  const findings = [
    ...defects(layer, false),
    ...layers.flatMap((own, at) => defects(own, false).map(finding => inAccount(finding, at))),
    ...checkValues(values),
  ];
  // Only now are the positions in JSON looked up.
  const positions = findings.length > 0 ? await file.findPositions() : null;
  const problems = distinct(findings).map(({ key, path, inside, unknown, message }) => {
    const position = unknown ? positions?.key(path) : positions?.value(path);
    return { key, ...(inside ? { inside } : {}), file: file.path, ...position, message };
  });
  const wrong = new Set(findings.map(({ key }) => key));
  leaveOut(wrong, layer, key => key);
  resolvePaths(layer, dirname(file.path), home);
  const accounts = layers.map((own, at): AccountSource => {
    leaveOut(wrong, own, key => inAccount({ key, path: [], message: '' }, at).key);
    resolvePaths(own, dirname(file.path), home);
    const fields = layerOf(file, fieldsOf(given?.[at], at));
    leaveOut(wrong, fields, key => `${accountKey(at)}.${key}`);
    return { layer: own, fields, place: { file: file.path, ...file.positions?.key([accountsKey, at]) } };
  });
  return { layer, problems, accounts: given && accounts };
}

/** The values that a file gives to these keys. */
function layerOf(file: ConfigFile, places: readonly PlacedValue[]): Layer {
  const layer: Layer = new Map();
  for (const { key, path, value } of places) {
    if (value === undefined) continue;
    const position = file.positions?.key(path) ?? null;
    const origin = position ? `${file.path}:${position.line}` : file.path;
    layer.set(key, { value: value as SettingValue, origin, place: { file: file.path, ...position } });
  }
  return layer;
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
  problems.push(
    ...distinct(findings).map(({ key, inside, message }) => ({
      key,
      ...(inside ? { inside } : {}),
      ...layer.get(key)?.place,
      message,
    })),
  );
  leaveOut(new Set(findings.map(({ key }) => key)), layer, key => key);
  resolvePaths(layer, process.cwd(), home);
  return { layer, problems };
}

/** Finds wrong characters in values. They come before what else is wrong with the same value. */
function defects(layer: Layer, raw: boolean): Finding[] {
  return [...layer].flatMap(([key, { value }]) => {
    const setting = settingFor(key);
    if (!setting) return [];
    if (setting.fields && typeof value !== 'string') return defectsWithin(setting, value);
    const texts = typeof value === 'string' ? [value] : Array.isArray(value) ? value.map(String) : [];
    const wrong = texts.map(text => textDefect(setting, text, raw));
    const at = wrong.findIndex(Boolean);
    const parts = Array.isArray(value) && !setting.secret ? [at] : [];
    return at < 0 ? [] : [findingAt(setting, parts, String(wrong[at]))];
  });
}

function findingAt(setting: Setting, parts: readonly (string | number)[], message: string): Finding {
  return { key: setting.key, path: [...setting.key.split('.'), ...parts], ...placeWithin(parts), message };
}

/** Finds invisible characters in the texts of objects. Blanks and line ends may be meant there. */
function defectsWithin(setting: Setting, value: unknown): Finding[] {
  const findings: Finding[] = [];
  const look = (inner: unknown, parts: readonly (string | number)[]) => {
    if (Array.isArray(inner)) for (const [at, item] of inner.entries()) look(item, [...parts, at]);
    else if (typeof inner === 'object' && inner !== null)
      for (const [name, item] of Object.entries(inner)) if (isKnown(setting, parts, name)) look(item, [...parts, name]);
    const message = typeof inner === 'string' ? hiddenCharacter(setting, inner) : null;
    if (message !== null) findings.push(findingAt(setting, parts, message));
  };
  look(value, []);
  return findings;
}

/** Whether a key may be named. One that is not known may be a secret; the check against the schema finds it. */
function isKnown({ type, fields = [] }: Setting, parts: readonly (string | number)[], name: string): boolean {
  return (type === 'named-objects' && parts.length === 0) || fields.some(field => field.name === name);
}

/** Keeps the first finding of each key, and of each place within its value. Each unknown key is kept. */
function distinct(findings: readonly Finding[]): Finding[] {
  const same = (a: Finding, b: Finding) => !b.unknown && a.key === b.key && a.inside === b.inside;
  return findings.filter((finding, at) => finding.unknown || findings.findIndex(other => same(finding, other)) === at);
}

/** `called` says by which key a problem with a value of the layer is told. */
function leaveOut(wrong: ReadonlySet<string>, layer: Layer, called: (key: string) => string): void {
  for (const key of [...layer.keys()]) if (wrong.has(called(key))) layer.delete(key);
}

/** In YAML, a section whose keys are all commented out is null. */
function withoutEmptySections(values: unknown, section = ''): unknown {
  if (values === null) return {};
  if (typeof values !== 'object' || Array.isArray(values)) return values;
  const isSection = (name: string) => settings.some(({ key }) => key.startsWith(`${section}${name}.`));
  const isList = (name: string) => section === '' && name === accountsKey;
  const inner = (name: string, value: unknown) => {
    // An account has sections of the same names.
    if (isList(name) && Array.isArray(value)) return value.map(account => withoutEmptySections(account));
    return isSection(name) ? withoutEmptySections(value, `${section}${name}.`) : value;
  };
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name, value]) => value !== null || !(isSection(name) || isList(name)))
      .map(([name, value]) => [name, inner(name, value)]),
  );
}

function resolvePaths(layer: Layer, base: string, home: string): void {
  for (const [key, given] of layer) {
    const { value } = given;
    if (key === 'media.sendFrom') {
      const places = (Array.isArray(value) ? value : [value]).map(place => absolute(String(place), base, home));
      layer.set(key, { ...given, value: places });
    }
    if (key !== 'state.dir' && !settingFor(key)?.fileOf) continue;
    const written = String(value);
    layer.set(key, { ...given, value: absolute(written, base, home), written });
  }
}

/** Expands `~/` and makes a path absolute. */
export function absolute(path: string, base: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : resolve(base, path);
}
