import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Leaf, objectOf, type SchemaNode } from '../src/config/schema-node.ts';
import type { Field, Setting } from '../src/config/setting.ts';

export const schemaPath = join(import.meta.dirname, 'kapso-whatsapp.schema.json');

export function readSchema(): SchemaNode {
  return JSON.parse(readFileSync(schemaPath, 'utf8')) as SchemaNode;
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
