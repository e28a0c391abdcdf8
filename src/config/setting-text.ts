import type { SchemaNode } from './schema-node.ts';

/** How a setting is described in words, on every page and in every file. */

/** The default in words, in backquotes: `30` seconds; `none`, or when it is required. */
export function defaultText(node: SchemaNode): string {
  if (node.default === undefined) return node['x-required'] ?? 'none';
  const unit = node['x-unit'] ? ` ${node['x-unit']}` : '';
  const dynamic = node['x-dynamic-default'] ? `; ${node['x-dynamic-default']}` : '';
  const literal = typeof node.default === 'object' ? JSON.stringify(node.default) : node.default;
  return `\`${literal}\`${unit}${dynamic}`;
}

/** The end of a sentence with the right values of a number or a choice; empty where its description says them. */
export function rangeText(node: SchemaNode): string {
  if (node.enum) return ` One of ${node.enum.map(value => `\`${value}\``).join(', ')}.`;
  if (node.minimum === undefined) return '';
  const unit = node['x-unit'] ? ` ${node['x-unit']}` : '';
  return ` From ${node.minimum} to ${node.maximum}${unit}.`;
}
