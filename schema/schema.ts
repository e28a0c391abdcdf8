import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Field, Setting, SettingValue } from '../src/config/setting.ts';

/** The part of JSON Schema that the configuration schema uses, and our own keywords. */
export interface SchemaNode {
  $schema?: string;
  $id?: string;
  title: string;
  description: string;
  type: string | string[];
  properties?: Record<string, SchemaNode>;
  additionalProperties?: boolean;
  /** Free keys: the values of the keys of each form. */
  patternProperties?: Record<string, SchemaNode>;
  required?: string[];
  enum?: SettingValue[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  items?: SchemaNode;
  default?: SettingValue;
  examples?: SettingValue[];
  'x-env'?: string;
  'x-secret'?: boolean;
  /** The secret that the named file holds. */
  'x-file-of'?: string;
  'x-unit'?: string;
  /** The right values in words, where the type alone does not say it. */
  'x-expected'?: string;
  /** The right names in words, where the keys are free. */
  'x-name-expected'?: string;
  /** What stands between the items of a list in the environment, in addition to line ends. */
  'x-separator'?: 'comma';
  /** A default that depends on where the program runs, in addition to the literal one. */
  'x-dynamic-default'?: string;
  /** True when the default depends on another key, so that to give the literal one is not the same as to give none. */
  'x-default-depends'?: boolean;
  /** When the key is required. */
  'x-required'?: string;
  /** True when the key is in the short list of variables in docs/reference/configuration.md. */
  'x-documented'?: boolean;
}

export interface Leaf {
  key: string;
  node: SchemaNode;
}

/** One block of the reference. The keys at the root have the name ''. */
export interface Section {
  /** `polling`; of a section within a section `access.pairing`. */
  name: string;
  node: SchemaNode;
  leaves: Leaf[];
}

export const schemaPath = join(import.meta.dirname, 'kapso-whatsapp.schema.json');

export function readSchema(): SchemaNode {
  return JSON.parse(readFileSync(schemaPath, 'utf8')) as SchemaNode;
}

/**
 * Returns the sections in the schema's order, each before those within it. `$schema` is for editors and is no setting.
 * A section has keys of the schema's; a setting may hold objects too, and has a variable.
 */
export function sectionsOf(schema: SchemaNode, name = ''): Section[] {
  const entries = Object.entries(schema.properties ?? {})
    .filter(([key]) => !key.startsWith('$'))
    .map(([key, node]) => ({ key: name ? `${name}.${key}` : key, node }));
  const isSection = ({ node }: Leaf) => node['x-env'] === undefined;
  const own: Section = { name, node: schema, leaves: entries.filter(entry => !isSection(entry)) };
  return [own, ...entries.filter(isSection).flatMap(({ key, node }) => sectionsOf(node, key))];
}

export function leavesOf(schema: SchemaNode): Leaf[] {
  return sectionsOf(schema).flatMap(section => section.leaves);
}

export function settingOf({ key, node }: Leaf): Setting {
  const env = node['x-env'];
  if (!env) throw new Error(`${key} has no x-env`);
  const object = objectOf(node);
  return {
    key,
    type: settingType(node),
    env,
    expected: expectedOf(node),
    ...(node['x-secret'] ? { secret: true as const } : {}),
    ...(node.default === undefined ? {} : { default: node.default }),
    ...(node['x-file-of'] ? { fileOf: node['x-file-of'] } : {}),
    ...(node['x-separator'] ? { commas: true as const } : {}),
    ...(object ? { fields: fieldsOf(object) } : {}),
    ...(node['x-name-expected'] ? { nameExpected: node['x-name-expected'] } : {}),
  };
}

/** The object that a list of objects has as its items, or that free keys have as their values. */
export function objectOf(node: SchemaNode): SchemaNode | undefined {
  const [free] = Object.values(node.patternProperties ?? {});
  const object = free ?? node.items;
  return object?.type === 'object' ? object : undefined;
}

function fieldsOf(object: SchemaNode): Field[] {
  return Object.entries(object.properties ?? {}).map(([name, node]) => {
    if (node.type !== 'string') throw new Error(`"${node.title}": a field is text`);
    return { name, expected: expectedOf(node) };
  });
}

export function settingType(node: SchemaNode): Setting['type'] {
  if (objectOf(node)) return node.type === 'array' ? 'objects' : 'named-objects';
  if (Array.isArray(node.type)) return 'list';
  if (node.type === 'integer' || node.type === 'boolean' || node.type === 'string') return node.type;
  throw new Error(`"${node.title}": no setting can have the type ${node.type}`);
}

export function expectedOf(node: SchemaNode): string {
  if (node['x-expected']) return node['x-expected'];
  if (node.type === 'boolean') return 'true or false';
  if (node.enum) return `one of ${node.enum.join(', ')}`;
  if (node.type === 'integer') {
    const unit = node['x-unit'] ? ` of ${node['x-unit']}, without the unit` : '';
    return `a whole number${unit}, at least ${node.minimum} and at most ${node.maximum}`;
  }
  throw new Error(`"${node.title}" needs x-expected`);
}
