import { settings } from './config.generated.ts';
import { getPath, setPath, settingFor } from './layer.ts';
import type { Setting } from './setting.ts';
import { nearest } from './suggest.ts';
import { type SchemaError, validate } from './validate.generated.js';

/** A finding about one key; the caller knows which source it stands in. */
export interface Finding {
  key: string;
  /** The names that lead to the place, and the position in a list where one item of it is wrong. */
  path: (string | number)[];
  /** The key itself is not known, rather than its value wrong. */
  unknown?: true;
  message: string;
}

/**
 * Checks the values of one source against the schema, one finding a key.
 *
 * @param values nested as in the file, e.g. `{ polling: { interval: 30 } }`
 */
export function checkValues(values: unknown): Finding[] {
  if (validate(values)) return [];
  const findings = new Map<string, Finding>();
  for (const error of validate.errors ?? []) {
    const finding = findingOf(error, values);
    if (!findings.has(finding.key)) findings.set(finding.key, finding);
  }
  return [...findings.values()];
}

function findingOf({ instancePath, keyword, params }: SchemaError, values: unknown): Finding {
  const names = instancePath.split('/').slice(1);
  const item = /^\d+$/.test(names.at(-1) ?? '') ? [Number(names.pop())] : [];
  const parent = names.join('.');
  if (keyword === 'additionalProperties') return unknownKey(names, params.additionalProperty ?? '');
  const setting = settingFor(parent);
  const message = setting ? wrongValue(setting, parent ? getPath(values, parent) : values) : sectionMessage(parent);
  return { key: parent, path: [...names, ...item], message };
}

function unknownKey(parents: string[], name: string): Finding {
  const key = [...parents, name].join('.');
  const flat = settingFor(key) ? '; its parts are sections: write them on lines of their own, indented' : null;
  return { key, path: [...parents, name], unknown: true, message: `is not a known key${flat ?? unknownHint(key)}` };
}

/** `; did you mean polling.interval?`, or nothing when no known key is near. */
export function unknownHint(key: string): string {
  const keys = settings.map(setting => setting.key);
  const sections = keys.map(known => known.split('.')[0] ?? known);
  const name = key.slice(key.lastIndexOf('.') + 1);
  // `interval` at the top level is as likely as `polling.intervall`.
  const sameName = keys.find(known => known.endsWith(`.${name}`));
  const meant = nearest(key, new Set([...keys, ...sections])) ?? sameName;
  return meant ? `; did you mean ${meant}?` : '';
}

function sectionMessage(name: string): string {
  const keys = settings.filter(({ key }) => key.startsWith(`${name}.`)).map(({ key }) => key.slice(name.length + 1));
  return name ? `is a section and holds keys: ${keys.join(', ')}` : 'must hold keys and values, e.g. mode: polling';
}

/** What is wrong with the value of this setting, and what would be right. */
export function wrongValue(setting: Setting, value: unknown): string {
  const right = `must be ${setting.expected}`;
  if (value === null) return `has no value; it ${right}`;
  if (setting.secret) {
    const kind =
      typeof value === 'string' || Array.isArray(value) ? '' : ` (it is read as a ${typeof value}: put it in quotes)`;
    const path = typeof value === 'string' && value.startsWith('/');
    return `${right}${kind}${path ? `; the path of a file goes into ${setting.env}_FILE or ${setting.key}File` : ''}`;
  }
  const quoted = quote(value);
  if (!quoted) return right;
  if (isRightInQuotes(setting, value)) return `is read as a ${typeof value}: put it in quotes`;
  return `is ${quoted}; it ${right}`;
}

/** A number or a boolean that would be right as text. */
function isRightInQuotes({ key, type }: Setting, value: unknown): boolean {
  if (type !== 'string' || (typeof value !== 'number' && typeof value !== 'boolean')) return false;
  const nested: Record<string, unknown> = {};
  setPath(nested, key, String(value));
  return checkValues(nested).length === 0;
}

/** Long text without blanks is not repeated: it may be a secret that was put into the wrong place. */
function quote(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return Array.isArray(value) ? 'a list' : 'a section';
  if (value.includes('@') || value.length > (/^[./~]|:\/\//.test(value) ? 120 : 24)) return null;
  return JSON.stringify(value);
}
