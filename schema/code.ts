import Ajv from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { accountSections, leavesOf, objectOf, type SchemaNode } from '../src/config/schema-node.ts';
import { expectedOf, settingOf, settingType } from './schema.ts';

const banner = '// Generated from schema/kapso-whatsapp.schema.json by `npm run generate`; do not edit.\n';

/** Returns the validator as a module without imports, so that ajv is neither needed nor loaded at run time. */
export function validatorModule(schema: SchemaNode): string {
  const ajv = new Ajv.Ajv2020({
    allErrors: true,
    allowUnionTypes: true,
    messages: false,
    strict: true,
    inlineRefs: false,
    code: { source: true, esm: true, lines: true },
  });
  const code = standaloneCode.default(ajv, ajv.compile(rulesOf(schema)));
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
  params: { additionalProperty?: string; missingProperty?: string };
}

export declare const validate: {
  (data: unknown): boolean;
  errors: SchemaError[] | null;
};
export default validate;
`;

interface Rules {
  properties: Record<string, object>;
  $defs: { account: { properties: Record<string, object> } } & Record<string, object>;
}

/** A section that an account has too becomes one function of the validator, and not two. */
function rulesOf(schema: SchemaNode): Record<string, unknown> {
  const rules = onlyRules(schema);
  const { properties, $defs } = rules as unknown as Rules;
  for (const { name, of } of accountSections(schema)) {
    const section = of === null ? undefined : properties[of];
    if (of === null || section === undefined) continue;
    $defs[of] = section;
    properties[of] = { $ref: `#/$defs/${of}` };
    $defs.account.properties[name] = { $ref: `#/$defs/${of}` };
  }
  return rules;
}

/** Leaves out what is for readers: ajv would copy it into the module. */
function onlyRules(node: SchemaNode): Record<string, unknown> {
  const { title, description, examples, default: _, $id, ...rest } = node;
  const rules: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (!name.startsWith('x-')) rules[name] = value;
  }
  if (node.items) rules.items = onlyRules(node.items);
  for (const keyword of ['properties', 'patternProperties', '$defs'] as const) {
    const nodes = node[keyword];
    if (!nodes) continue;
    rules[keyword] = Object.fromEntries(Object.entries(nodes).map(([name, inner]) => [name, onlyRules(inner)]));
  }
  return rules;
}

/** The `Config` type and the table of settings. */
export function configModule(schema: SchemaNode): string {
  const lines = [
    banner,
    "import type { Field, Setting } from './setting.ts';",
    '',
    '/** The configuration with its defaults. */',
  ];
  lines.push('export interface Config {', ...members(schema, '  '));
  lines.push('}', '', '/** Every key of the configuration, in the order of the schema. */');
  lines.push('export const settings: readonly Setting[] = [');
  for (const leaf of leavesOf(schema)) lines.push(`  ${JSON.stringify(settingOf(leaf))},`);
  lines.push('];', '', ...accountLines(schema));
  return lines.join('\n');
}

/** The table of what an account may have. */
function accountLines(schema: SchemaNode): string[] {
  const leaves = accountSections(schema).flatMap(section => section.leaves);
  const settings = leaves.flatMap(({ name, of }) => (of === null ? [] : { name, key: of }));
  const own = leaves.flatMap(({ name, of, node }) =>
    of === null ? { name, type: settingType(node), expected: expectedOf(node) } : [],
  );
  return [
    '/** The keys of an account in `accounts` by their path within it, each with the setting in whose place it is. */',
    'export const accountSettings: readonly { readonly name: string; readonly key: string }[] = [',
    ...settings.map(setting => `  ${JSON.stringify(setting)},`),
    '];',
    '',
    '/** The keys that only an account has. */',
    "export const accountFields: readonly (Field & Pick<Setting, 'type'>)[] = [",
    ...own.map(field => `  ${JSON.stringify(field)},`),
    '];',
    '',
  ];
}

/** The members of the type of a section, and of the sections within it. */
function members(section: SchemaNode, indent: string): string[] {
  return Object.entries(section.properties ?? {}).flatMap(([key, node]) => {
    if (key.startsWith('$') || node['x-file-of']) return [];
    if (node['x-env'] !== undefined) {
      const unit = node['x-unit'] ? ` In ${node['x-unit']}.` : '';
      return [`${indent}/** ${node.title}.${unit} */`, `${indent}readonly ${member(key, node)}`];
    }
    if (node.properties === undefined) return [];
    const inner = members(node, `${indent}  `);
    return [`${indent}/** ${node.description} */`, `${indent}readonly ${key}: {`, ...inner, `${indent}};`];
  });
}

function member(name: string, node: SchemaNode): string {
  const type = settingType(node);
  if (type === 'list') return `${name}: readonly string[];`;
  if (type === 'objects') return `${name}: readonly ${objectType(node)}[];`;
  if (type === 'named-objects') return `${name}: Readonly<Record<string, ${objectType(node)}>>;`;
  const plain = type === 'integer' ? 'number' : type;
  return node.default === undefined
    ? `${name}?: ${unionOf(node, plain)} | undefined;`
    : `${name}: ${unionOf(node, plain)};`;
}

function unionOf(node: SchemaNode, plain: string): string {
  return node.enum ? node.enum.map(value => JSON.stringify(value)).join(' | ') : plain;
}

function objectType(node: SchemaNode): string {
  const object = objectOf(node);
  const fields = Object.entries(object?.properties ?? {}).map(([name, field]) => {
    const type = unionOf(field, 'string');
    return object?.required?.includes(name) ? `readonly ${name}: ${type}` : `readonly ${name}?: ${type} | undefined`;
  });
  return `{ ${fields.join('; ')} }`;
}
