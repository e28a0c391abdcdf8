import { accountFinding, accountsKey } from './account-findings.ts';
import { settings } from './config.generated.ts';
import { settingFor } from './layer.ts';
import type { Setting } from './setting.ts';
import { nearest } from './suggest.ts';
import { type SchemaError, validate } from './validate.generated.js';
import { type Finding, findingWithin } from './value-findings.ts';

/** Nobody reads more, and thousands of wrong keys in one file would take long to report. */
const mostFindings = 100;

/**
 * Checks the values of one source against the schema. Returns one finding a key, and for each place within a value.
 *
 * @param values nested as in the file, e.g. `{ polling: { interval: 30 } }`
 */
export function checkValues(values: unknown): Finding[] {
  if (validate(values)) return [];
  const findings = new Map<string, Finding>();
  for (const error of validate.errors ?? []) {
    if (findings.size === mostFindings) break;
    const finding = findingOf(error, values);
    const name = finding.unknown ? finding.path.join('.') : `${finding.key}${finding.inside ?? ''}`;
    if (!findings.has(name)) findings.set(name, finding);
  }
  return [...findings.values()];
}

function findingOf(error: SchemaError, values: unknown): Finding {
  const { instancePath, keyword, params } = error;
  const names = instancePath.split('/').slice(1);
  if (names[0] === accountsKey) return accountFinding(error, values);
  const setting = settingAt(names);
  if (setting) return findingWithin(setting, { names, keyword, params }, values);
  if (keyword === 'additionalProperties') return unknownKey(names, params.additionalProperty ?? '');
  const section = names.join('.');
  return { key: section, path: names, message: sectionMessage(section) };
}

/** The setting whose value, or a part of whose value, stands at this place. */
function settingAt(names: readonly string[]): Setting | undefined {
  return names.map((_, at) => settingFor(names.slice(0, at + 1).join('.'))).find(Boolean);
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
  const sections = keys.flatMap(known => known.split('.').map((_, at, names) => names.slice(0, at + 1).join('.')));
  const name = key.slice(key.lastIndexOf('.') + 1);
  // `interval` at the top level is as likely as `polling.intervall`.
  const sameName = keys.find(known => known.endsWith(`.${name}`));
  const meant = nearest(key, new Set([...sections, accountsKey])) ?? sameName;
  return meant ? `; did you mean ${meant}?` : '';
}

function sectionMessage(name: string): string {
  return name ? `is a section and holds keys: ${keysOf(name)}` : 'must hold keys and values, e.g. mode: polling';
}

function keysOf(section: string): string {
  const keys = settings.filter(({ key }) => key.startsWith(`${section}.`));
  return [...new Set(keys.map(({ key }) => key.slice(section.length + 1).split('.')[0]))].join(', ');
}
