import { settings } from './config.generated.ts';
import { getPath, setPath, settingFor } from './layer.ts';
import type { Setting } from './setting.ts';
import { nearest } from './suggest.ts';
import { type SchemaError, validate } from './validate.generated.js';

/** One wrong key. The caller knows which source it stands in. */
export interface Finding {
  key: string;
  /** The names from the root to the place, with the index where one item of a list is wrong. */
  path: (string | number)[];
  /** The key is unknown. Without this, its value is wrong. */
  unknown?: true;
  message: string;
}

/** Nobody reads more, and thousands of wrong keys in one file would take long to report. */
const mostFindings = 100;

/**
 * Checks the values of one source against the schema. Returns one finding a key.
 *
 * @param values nested as in the file, e.g. `{ polling: { interval: 30 } }`
 */
export function checkValues(values: unknown): Finding[] {
  if (validate(values)) return [];
  const findings = new Map<string, Finding>();
  for (const error of validate.errors ?? []) {
    if (findings.size === mostFindings) break;
    const finding = findingOf(error, values);
    const name = finding.unknown ? finding.path.join('.') : finding.key;
    if (!findings.has(name)) findings.set(name, finding);
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

/** Repeats the name only when it nearly equals a key's: it may be a secret in the wrong place. */
function unknownKey(parents: string[], name: string): Finding {
  const key = [...parents, name].join('.');
  const path = [...parents, name];
  const hint = settingFor(key)
    ? '; its parts are sections: write them on lines of their own, indented'
    : unknownHint(key);
  if (hint) return { key, path, unknown: true, message: `is not a known key${hint}` };
  const section = parents.join('.');
  const holds = section ? `; it holds ${keysOf(section)}` : '';
  return { key: section, path, unknown: true, message: `has a key here that is not known${holds}` };
}

/** Returns `; did you mean polling.interval?`, or '' when no known key is near. */
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
  return name ? `is a section and holds keys: ${keysOf(name)}` : 'must hold keys and values, e.g. mode: polling';
}

function keysOf(section: string): string {
  const keys = settings.filter(({ key }) => key.startsWith(`${section}.`));
  return keys.map(({ key }) => key.slice(section.length + 1)).join(', ');
}

/** Says what is wrong with the value of this setting, and what would be right. */
export function wrongValue(setting: Setting, value: unknown): string {
  const right = `must be ${setting.expected}`;
  if (value === null) return `has no value; it ${right}`;
  if (setting.secret) {
    const kind =
      typeof value === 'string' || Array.isArray(value) ? '' : ` (it is read as a ${typeof value}: put it in quotes)`;
    const path = typeof value === 'string' && value.startsWith('/');
    return `${right}${kind}${path ? `; the path of a file goes into ${setting.env}_FILE or ${setting.key}File` : ''}`;
  }
  if (typeof value === 'string' && addresses.has(setting.key)) return `${wrongAddress(setting, value)}${right}`;
  if (isRightInQuotes(setting, value)) return `is read as a ${typeof value}: put it in quotes`;
  const quoted = quote(value);
  if (!quoted) return right;
  return `is ${quoted}; it ${right}`;
}

/** Whether this number or boolean would be right as text. */
function isRightInQuotes({ key, type }: Setting, value: unknown): boolean {
  if (type !== 'string' || (typeof value !== 'number' && typeof value !== 'boolean')) return false;
  const nested: Record<string, unknown> = {};
  setPath(nested, key, String(value));
  return checkValues(nested).length === 0;
}

const addresses: ReadonlySet<string> = new Set(['kapso.baseUrl', 'gateway.url', 'webhook.publicUrl']);

/** Says which part of an address is too much. The part is not repeated: gateways take tokens in each of them. */
function wrongAddress({ key }: Setting, value: string): string {
  const part = /^[^/?#]*\/\/[^/?#]*@/.test(value)
    ? 'a user name or password'
    : value.includes('?')
      ? 'a query (what follows the ?)'
      : value.includes('#')
        ? 'a fragment (what follows the #)'
        : null;
  if (part === null) return '';
  const token = key === 'gateway.url' ? ', a token goes into OPENCLAW_TOKEN' : '';
  return `has ${part}: leave that out${token}; it `;
}

/**
 * Repeats a wrong value only when it can be no misplaced secret: a short number with or without its unit, a word of
 * this configuration or nearly one, a word for yes or no. Otherwise null.
 */
function quote(value: unknown): string | null {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return String(value).length <= 9 ? String(value) : null;
  if (typeof value !== 'string') return Array.isArray(value) ? 'a list' : 'a section';
  const isNumber = /^[-+]?\d{1,8}([.,]\d{1,3})?\s?[a-z]{0,7}$/i.test(value);
  const isWord = value.length <= 20 && nearest(value, words(), Math.min(2, Math.floor(value.length / 3))) !== null;
  return isNumber || isWord ? JSON.stringify(value) : null;
}

function words(): Set<string> {
  const choices = settings.flatMap(({ key, expected }) => [
    ...key.split('.'),
    ...(/^one of (.+)$/.exec(expected)?.[1]?.split(', ') ?? []),
  ]);
  return new Set([...choices, 'yes', 'no', 'on', 'off', 'enabled', 'disabled', 'none', 'null', 'default']);
}
