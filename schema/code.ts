import Ajv from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { leavesOf, type SchemaNode, sectionsOf, settingOf, settingType } from './schema.ts';

const banner = '// Generated from schema/kapso-whatsapp.schema.json by `npm run generate`; do not edit.\n';

/** Returns the validator as a module without imports, so that ajv is neither needed nor loaded at run time. */
export function validatorModule(schema: SchemaNode): string {
  const ajv = new Ajv.Ajv2020({
    allErrors: true,
    allowUnionTypes: true,
    messages: false,
    strict: true,
    code: { source: true, esm: true, lines: true },
  });
  const code = standaloneCode.default(ajv, ajv.compile(onlyRules(schema)));
  if (/\brequire\(|\bimport\b/.test(code)) {
    throw new Error('the validator would load a part of ajv: avoid the keyword that needs it (minLength, format, …)');
  }
  return `${banner}${code}\n`;
}

export const validatorTypes = `${banner}
/** One wrong place. \`instancePath\` is a JSON pointer. */
export interface SchemaError {
  instancePath: string;
  keyword: string;
  params: { additionalProperty?: string };
}

export declare const validate: {
  (data: unknown): boolean;
  errors: SchemaError[] | null;
};
export default validate;
`;

/** Leaves out what is for readers: ajv would copy it into the module. */
function onlyRules(node: SchemaNode): Record<string, unknown> {
  const { title, description, examples, default: _, $id, ...rest } = node;
  const rules: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (!name.startsWith('x-')) rules[name] = value;
  }
  if (node.items) rules.items = onlyRules(node.items);
  if (node.properties) {
    rules.properties = Object.fromEntries(
      Object.entries(node.properties).map(([name, property]) => [name, onlyRules(property)]),
    );
  }
  return rules;
}

/** The `Config` type and the table of settings. */
export function configModule(schema: SchemaNode): string {
  const lines = [
    banner,
    "import type { Setting } from './setting.ts';",
    '',
    '/** The configuration with its defaults. */',
  ];
  lines.push('export interface Config {');
  for (const section of sectionsOf(schema)) {
    const indent = section.name ? '    ' : '  ';
    if (section.name) lines.push(`  /** ${section.node.description} */`, `  readonly ${section.name}: {`);
    for (const { key, node } of section.leaves) {
      if (node['x-file-of']) continue;
      const unit = node['x-unit'] ? ` In ${node['x-unit']}.` : '';
      lines.push(`${indent}/** ${node.title}.${unit} */`, `${indent}readonly ${member(key, node)}`);
    }
    if (section.name) lines.push('  };');
  }
  lines.push('}', '', '/** Every key of the configuration, in the order of the schema. */');
  lines.push('export const settings: readonly Setting[] = [');
  for (const leaf of leavesOf(schema)) lines.push(`  ${JSON.stringify(settingOf(leaf))},`);
  lines.push('];', '');
  return lines.join('\n');
}

function member(key: string, node: SchemaNode): string {
  const name = key.slice(key.lastIndexOf('.') + 1);
  const type = settingType(node);
  if (type === 'list') return `${name}: readonly string[];`;
  const plain = type === 'integer' ? 'number' : type;
  const union = node.enum ? node.enum.map(value => JSON.stringify(value)).join(' | ') : plain;
  return node.default === undefined ? `${name}?: ${union} | undefined;` : `${name}: ${union};`;
}
