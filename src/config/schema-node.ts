import type { SettingValue } from './setting.ts';

/** The part of JSON Schema that the configuration schema uses, and our own keywords. */
export interface SchemaNode {
  $schema?: string;
  $id?: string;
  /** Another node of the same schema in the place of this one: `#/properties/access`. */
  $ref?: string;
  $defs?: Record<string, SchemaNode>;
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

/**
 * Returns the sections in the schema's order, each before those within it. `$schema` is for editors and is no setting.
 * A section has keys of the schema's; a setting may hold objects too, and has a variable. `accounts` is neither: see
 * `accountSections`.
 */
export function sectionsOf(schema: SchemaNode, name = ''): Section[] {
  const entries = Object.entries(schema.properties ?? {})
    .filter(([key]) => !key.startsWith('$'))
    .map(([key, node]) => ({ key: name ? `${name}.${key}` : key, node }));
  const isSection = ({ node }: Leaf) => node.properties !== undefined;
  const own: Section = { name, node: schema, leaves: entries.filter(({ node }) => node['x-env'] !== undefined) };
  return [own, ...entries.filter(isSection).flatMap(({ key, node }) => sectionsOf(node, key))];
}

export function leavesOf(schema: SchemaNode): Leaf[] {
  return sectionsOf(schema).flatMap(section => section.leaves);
}

/** One key of an account. */
export interface AccountLeaf {
  /** Its path within the account: `access.policy`. */
  name: string;
  /** The setting in whose place it is for this account; null for what only accounts have. */
  of: string | null;
  node: SchemaNode;
}

/** The keys of an account, by section: first its own, then `access` and the like. */
export interface AccountSection {
  /** '' for those that stand in no section. */
  name: string;
  /** The section of the settings of which it has all; null for what has only some of one. */
  of: string | null;
  node: SchemaNode;
  leaves: AccountLeaf[];
}

/** Returns what an account in `accounts` may have, in the schema's order. */
export function accountSections(schema: SchemaNode): AccountSection[] {
  const account = schema.$defs?.account;
  if (account?.properties === undefined) return [];
  const entries = Object.entries(account.properties).map(([name, node]) => ({ name, ...resolved(schema, node) }));
  const leaves = entries.filter(({ node }) => node.properties === undefined);
  const sections = entries.flatMap(({ name, of, node }) => {
    if (node.properties === undefined) return [];
    if (of !== null) {
      const within = sectionsOf(node, of).flatMap(section => section.leaves);
      return { name, of, node, leaves: within.map(({ key, node: leaf }) => ({ name: key, of: key, node: leaf })) };
    }
    const some = Object.entries(node.properties).map(([key, inner]) => ({
      name: `${name}.${key}`,
      ...resolved(schema, inner),
    }));
    return { name, of, node, leaves: some };
  });
  return [{ name: '', of: null, node: account, leaves }, ...sections];
}

/** Follows a reference to a node, and says which key of the schema it is. */
function resolved(schema: SchemaNode, node: SchemaNode): { of: string | null; node: SchemaNode } {
  if (node.$ref === undefined) return { of: null, node };
  const names = node.$ref.split('/').filter(name => name !== '#' && name !== 'properties');
  const found = names.reduce<SchemaNode | undefined>((inner, name) => inner?.properties?.[name], schema);
  if (found === undefined) throw new Error(`${node.$ref} leads nowhere in the schema`);
  return { of: names.join('.'), node: found };
}

/** The object that a list of objects has as its items, or that free keys have as their values. */
export function objectOf(node: SchemaNode): SchemaNode | undefined {
  const [free] = Object.values(node.patternProperties ?? {});
  const object = free ?? node.items;
  return object?.type === 'object' ? object : undefined;
}
