/** What the schema and the present configuration say of one key, or of a section. */
import { accountFields } from './config.generated.ts';
import { settingFor } from './layer.ts';
import type { LoadedConfig } from './load.ts';
import { isLive } from './reloadable.ts';
import { accountSections, leavesOf, objectOf, type SchemaNode, sectionsOf } from './schema-node.ts';
import { credentialName } from './secrets.ts';
import { describeConfig } from './show.ts';
import { nearest } from './suggest.ts';

export interface ExplainedSetting {
  key: string;
  title: string;
  description: string;
  /** The right values in words. */
  expected: string;
  unit: string | null;
  /** The default; null without one. */
  default: unknown;
  /** When it must be set, or what its default depends on; null where there is no more to say. */
  required: string | null;
  examples: readonly unknown[];
  variable: string;
  secret: boolean;
  /** For a secret: the other places from which it may come, the strongest first. */
  alternatives: readonly string[];
  /** The keys of each object within it. */
  fields: readonly { name: string; description: string; required: boolean }[];
  /** Whether a change takes effect only at the next start. */
  needsRestart: boolean;
  /** The present value, not of a secret, and where it comes from; null where the configuration cannot be read. */
  now: { value: string; origin: string } | null;
}

export interface ExplainedSection {
  /** '' for the whole configuration. */
  section: string;
  description: string;
  keys: readonly { key: string; title: string }[];
}

export type Explained = ExplainedSetting | ExplainedSection;

/**
 * Explains a setting by its key or its variable, or a section by its name; '' lists the sections. Null when there is none
 * of that name.
 */
export function explain(schema: SchemaNode, name: string, loaded: LoadedConfig | null): Explained | null {
  const ofAccount = /^accounts(?:\[(\d*)\])?(?:\.(.+))?$/.exec(name);
  if (ofAccount) return explainAccount(schema, { at: ofAccount[1], key: ofAccount[2] }, loaded);
  const leaves = leavesOf(schema);
  const leaf = leaves.find(({ key, node }) => key === name || node['x-env'] === name);
  if (leaf !== undefined) return explainSetting(leaf.key, leaf.node, loaded);
  const sections = sectionsOf(schema);
  const section = sections.find(other => other.name === name);
  if (section === undefined) return null;
  const within = sections.filter(
    other => other.name !== '' && (name === '' || other.name === name || other.name.startsWith(`${name}.`)),
  );
  const keys = [...(name === '' ? section.leaves : []), ...within.flatMap(other => other.leaves)];
  const accounts = schema.properties?.accounts;
  if (name === '' && accounts) keys.push({ key: 'accounts', node: accounts });
  return {
    section: name,
    description: section.node.description,
    keys: keys.map(({ key, node }) => ({ key, title: node.title })),
  };
}

/** Explains what an account may have, or one key of it: `accounts[0].agent`, or without the number of an account. */
function explainAccount(
  schema: SchemaNode,
  { at = '', key }: { at?: string | undefined; key?: string | undefined },
  loaded: LoadedConfig | null,
): Explained | null {
  const sections = accountSections(schema);
  const called = (name: string) => `accounts[${at}].${name}`;
  if (key === undefined) {
    const keys = sections.flatMap(({ name, of, node, leaves }) =>
      of === null ? leaves.map(leaf => ({ name: leaf.name, node: leaf.node })) : [{ name, node }],
    );
    return {
      section: 'accounts',
      description: schema.properties?.accounts?.description ?? '',
      keys: keys.map(({ name, node }) => ({ key: called(name), title: node.title })),
    };
  }
  const leaf = sections.flatMap(section => section.leaves).find(({ name }) => name === key);
  if (leaf === undefined) return null;
  const { of, node: own } = leaf;
  const explained = explainSetting(of ?? key, own, of === null ? null : loaded);
  const isSecret = own['x-secret'] === true;
  return {
    ...explained,
    key: called(key),
    expected: accountFields.find(({ name }) => of === null && name === key)?.expected ?? explained.expected,
    // No variable gives an account anything.
    variable: '',
    alternatives:
      isSecret && of !== null ? [called(`${key}File`), `systemd credential ${credentialName(of)}-NAME`] : [],
    now: loaded === null ? null : (ofAccounts(loaded, at, key) ?? explained.now ?? noAccount),
  };
}

const noAccount = { value: 'not set', origin: 'no account has it' };

/** What the account at this place has, or without a place what each of them has; null where none has it. */
function ofAccounts(loaded: LoadedConfig, at: string, name: string): ExplainedSetting['now'] {
  const own = describeConfig(loaded).filter(({ key }) => /^accounts\[(\d+)\]\.(.+)$/.exec(key)?.[2] === name);
  const [first, another] = at === '' ? own : own.filter(({ key }) => key === `accounts[${at}].${name}`);
  if (first === undefined) return null;
  if (another === undefined) return { value: first.value, origin: first.origin };
  const origins = [...new Set(own.map(({ origin }) => origin))].join(', ');
  return { value: own.map(({ key, value }) => `${key}: ${value}`).join(', '), origin: origins };
}

function explainSetting(key: string, node: SchemaNode, loaded: LoadedConfig | null): ExplainedSetting {
  const setting = settingFor(key);
  const of = node['x-file-of'];
  const object = objectOf(node);
  const { env = '' } = setting ?? {};
  return {
    key,
    title: node.title,
    description: node.description,
    expected: setting?.expected ?? '',
    unit: node['x-unit'] ?? null,
    default: node.default ?? null,
    required: node['x-required'] ?? node['x-dynamic-default'] ?? null,
    examples: node.examples ?? [],
    variable: env,
    secret: node['x-secret'] === true,
    alternatives: node['x-secret'] ? [`${env}_FILE`, `${key}File`, `systemd credential ${credentialName(key)}`] : [],
    fields: Object.entries(object?.properties ?? {}).map(([field, { description }]) => ({
      name: field,
      description,
      required: object?.required?.includes(field) === true,
    })),
    needsRestart: !isLive(of ?? key),
    now: loaded === null ? null : valueNow(of ?? key, loaded),
  };
}

function valueNow(key: string, loaded: LoadedConfig): ExplainedSetting['now'] {
  const shown = describeConfig(loaded).find(setting => setting.key === key);
  return shown === undefined ? null : { value: shown.value, origin: shown.origin };
}

/** The keys and sections that an unknown name may mean, the nearest first, at most three. */
export function nearKeys(schema: SchemaNode, name: string): string[] {
  const known = leavesOf(schema).flatMap(({ key, node }) => [key, node['x-env'] ?? key]);
  const names = new Set([...sectionsOf(schema).flatMap(section => section.name || []), ...known, 'accounts']);
  const last = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const alike = [...names].filter(key => last.length > 2 && key.toLowerCase().endsWith(`.${last}`));
  const found: string[] = [];
  for (let next = nearest(name, names); next !== null && found.length < 3; next = nearest(name, names)) {
    found.push(next);
    names.delete(next);
  }
  return [...new Set([...found, ...alike])].slice(0, 3);
}
