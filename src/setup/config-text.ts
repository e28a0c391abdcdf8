/** A new configuration file with the given settings, each under its explanation. */
import { type Leaf, type SchemaNode, sectionsOf } from '../config/schema-node.ts';
import { comment, yamlValue } from '../config/yaml-text.ts';

/** What is to stand in the file, by key: `polling.interval`; undefined for a key that is taken out of a file that is there. */
export type Settings = ReadonlyMap<string, unknown>;

/**
 * Returns the text of a YAML file. Sections and keys are in the schema's order.
 *
 * @param head lines of the comment at the beginning
 */
export function configText(schema: SchemaNode, settings: Settings, head: readonly string[]): string {
  const lines = [`# yaml-language-server: $schema=${schema.$id}`, '#', ...head.flatMap(line => comment(line, ''))];
  const sections = sectionsOf(schema);
  const isUsed = (name: string) => [...settings.keys()].some(key => key.startsWith(`${name}.`));
  for (const { name, node, leaves } of sections) {
    const given = leaves.filter(({ key }) => settings.has(key));
    if (name !== '' && !isUsed(name)) continue;
    const depth = name === '' ? 0 : name.split('.').length;
    const indent = '  '.repeat(depth);
    if (depth > 0) {
      const above = indent.slice(2);
      lines.push('', ...comment(node.description, above), `${above}${name.slice(name.lastIndexOf('.') + 1)}:`);
    }
    for (const [at, leaf] of given.entries()) {
      if (at > 0 || depth === 0) lines.push('');
      lines.push(...settingLines(leaf, settings.get(leaf.key), indent));
    }
  }
  return `${lines.join('\n')}\n`;
}

function settingLines({ key, node }: Leaf, value: unknown, indent: string): string[] {
  const name = key.slice(key.lastIndexOf('.') + 1);
  return [...comment(node.description, indent), ...valueLines(name, value, indent)];
}

/** A list or an object stands on lines of its own; anything within it on one line. */
function valueLines(name: string, value: unknown, indent: string): string[] {
  if (Array.isArray(value) && value.length > 0 && value.every(isPlainObject)) {
    const items = value.flatMap(item =>
      Object.entries(item).map(([part, inner], at) => `${indent}  ${at === 0 ? '- ' : '  '}${part}: ${scalar(inner)}`),
    );
    return [`${indent}${name}:`, ...items];
  }
  if (isPlainObject(value) && Object.keys(value).length > 0) {
    return [
      `${indent}${name}:`,
      ...Object.entries(value).map(([part, inner]) => `${indent}  ${part}: ${scalar(inner)}`),
    ];
  }
  return [`${indent}${name}: ${scalar(value)}`];
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** YAML 1.2 reads these words as something else than text, and other readers some more. */
const notText = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off']);

function scalar(value: unknown): string {
  return typeof value === 'string' && notText.has(value) ? JSON.stringify(value) : yamlValue(value);
}
