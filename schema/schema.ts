import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Setting, SettingValue } from '../src/config/setting.ts';

/** The part of JSON Schema that the configuration schema uses, and our own keywords. */
export interface SchemaNode {
  $schema?: string;
  $id?: string;
  title: string;
  description: string;
  type: string | string[];
  properties?: Record<string, SchemaNode>;
  additionalProperties?: boolean;
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
  /** A default that depends on where the program runs, in addition to the literal one. */
  'x-dynamic-default'?: string;
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
  name: string;
  node: SchemaNode;
  leaves: Leaf[];
}

export const schemaPath = join(import.meta.dirname, 'kapso-whatsapp.schema.json');

export function readSchema(): SchemaNode {
  return JSON.parse(readFileSync(schemaPath, 'utf8')) as SchemaNode;
}

/** Returns the sections in the schema's order. `$schema` is for editors and is no setting. */
export function sectionsOf(schema: SchemaNode): Section[] {
  const entries = Object.entries(schema.properties ?? {}).filter(([name]) => !name.startsWith('$'));
  const root: Section = { name: '', node: schema, leaves: [] };
  const sections = [root];
  for (const [name, node] of entries) {
    if (!node.properties) root.leaves.push({ key: name, node });
    else {
      const leaves = Object.entries(node.properties).map(([key, leaf]) => ({ key: `${name}.${key}`, node: leaf }));
      sections.push({ name, node, leaves });
    }
  }
  return sections;
}

export function leavesOf(schema: SchemaNode): Leaf[] {
  return sectionsOf(schema).flatMap(section => section.leaves);
}

export function settingOf({ key, node }: Leaf): Setting {
  const env = node['x-env'];
  if (!env) throw new Error(`${key} has no x-env`);
  return {
    key,
    type: settingType(node),
    env,
    expected: expectedOf(node),
    ...(node['x-secret'] ? { secret: true as const } : {}),
    ...(node.default === undefined ? {} : { default: node.default }),
    ...(node['x-file-of'] ? { fileOf: node['x-file-of'] } : {}),
  };
}

export function settingType(node: SchemaNode): Setting['type'] {
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
