/** What is wrong with the value of one setting, in words. */
import { settings } from './config.generated.ts';
import { getPath, setPath } from './layer.ts';
import type { Setting } from './setting.ts';
import { nearest } from './suggest.ts';
import { type SchemaError, validate } from './validate.generated.js';

/** One wrong key. The caller knows which source it stands in. */
export interface Finding {
  key: string;
  /** The names from the root to the place, with the index where one item of a list is wrong. */
  path: (string | number)[];
  /** The place within the value of a setting that is a list or holds objects: `[1].name`. */
  inside?: string;
  /** The key is unknown. Without this, its value is wrong. */
  unknown?: true;
  message: string;
}

/** Returns what an error of the validator at or below the value of a setting means. `values` is the whole source. */
export function findingWithin(
  setting: Setting,
  error: { names: string[] } & Omit<SchemaError, 'instancePath'>,
  values: unknown,
): Finding {
  const { names, keyword, params } = error;
  const { key } = setting;
  const depth = key.split('.').length;
  const parts = names.slice(depth).map(name => (/^\d+$/.test(name) ? Number(name) : name));
  const path = [...names.slice(0, depth), ...parts];
  // A secret is not told apart by its place, which says how many there are.
  if (setting.secret) return { key, path, message: wrongValue(setting, getPath(values, key)) };
  const place = placeWithin(parts);
  const { additionalProperty, missingProperty } = params;
  if (keyword === 'additionalProperties' && additionalProperty !== undefined && setting.fields) {
    const message = unknownPart(setting, parts, additionalProperty);
    return { key, path: [...path, additionalProperty], ...place, unknown: true, message };
  }
  if (missingProperty !== undefined) return { key, path, ...place, message: `has no ${missingProperty}` };
  return { key, path, ...place, message: wrongPart(setting, parts, valueAt(getPath(values, key), parts)) };
}

/** The place within a value, `[1].name`; nothing for the value as a whole. */
export function placeWithin(parts: readonly (string | number)[]): { inside?: string } {
  if (parts.length === 0) return {};
  return { inside: parts.map(part => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('') };
}

function valueAt(value: unknown, parts: readonly (string | number)[]): unknown {
  return parts.reduce((inner, part) => (inner as Record<string | number, unknown>)[part], value);
}

/** Says what is wrong with a part of a setting's value: an item of a list, an object, or the value of a key of one. */
function wrongPart(setting: Setting, parts: readonly (string | number)[], value: unknown): string {
  if (parts.length === 0) return wrongValue(setting, value);
  const field = setting.fields?.find(({ name }) => name === parts.at(-1));
  if (field) return wrongValue({ ...setting, type: 'string', expected: field.expected }, value, parts);
  if (!setting.fields) return wrongValue(setting, value, parts);
  return `must hold keys and values: ${setting.fields.map(({ name }) => name).join(', ')}`;
}

function unknownPart(setting: Setting, parts: readonly (string | number)[], name: string): string {
  const { fields = [], nameExpected } = setting;
  if (parts.length === 0 && nameExpected) return `has a name here that is wrong; it must be ${nameExpected}`;
  const names = fields.map(field => field.name);
  const meant = nearest(name, names);
  return meant
    ? `has a key here that is not known; did you mean ${meant}?`
    : `has a key here that is not known; it holds ${names.join(', ')}`;
}

/**
 * Says what is wrong with the value of this setting, and what would be right.
 *
 * @param setting of an account's own secret: without a variable, and by the account's key
 * @param parts where the value stands within that of the setting
 */
export function wrongValue(setting: Setting, value: unknown, parts: readonly (string | number)[] = []): string {
  const right = `must be ${setting.expected}`;
  if (value === null) return `has no value; it ${right}`;
  if (setting.secret) {
    const kind =
      typeof value === 'string' || Array.isArray(value) ? '' : ` (it is read as a ${typeof value}: put it in quotes)`;
    const path = typeof value === 'string' && value.startsWith('/');
    // The variables hold for all accounts, and give none of them its own secret.
    const variable = setting.env === '' ? '' : `${setting.env}_FILE or `;
    return `${right}${kind}${path ? `; the path of a file goes into ${variable}${setting.key}File` : ''}`;
  }
  if (typeof value === 'string' && addresses.has(setting.key)) return `${wrongAddress(setting, value)}${right}`;
  if (typeof value === 'string' && isContactId(setting, parts)) return `${wrongContactId(value)}${right}`;
  if (isRightInQuotes(setting, value, parts)) return `is read as a ${typeof value}: put it in quotes`;
  const quoted = quote(value);
  if (!quoted) return right;
  return `is ${quoted}; it ${right}`;
}

/** Whether this number or boolean would be right as text. */
function isRightInQuotes({ key, type }: Setting, value: unknown, parts: readonly (string | number)[]): boolean {
  if (!(type === 'string' || type === 'list') || (typeof value !== 'number' && typeof value !== 'boolean'))
    return false;
  const nested: Record<string, unknown> = {};
  const wrapped = parts.reduceRight<unknown>(
    (inner, part) => (typeof part === 'number' ? [inner] : { [part]: inner }),
    String(value),
  );
  setPath(nested, key, wrapped);
  const place = parts.map(part => (typeof part === 'number' ? 0 : part));
  const at = `/${[...key.split('.'), ...place].join('/')}`;
  return validate(nested) || !validate.errors?.some(({ instancePath }) => instancePath === at);
}

function isContactId({ key }: Setting, parts: readonly (string | number)[]): boolean {
  return (
    key === 'access.allowFrom' || key === 'groups.allowFrom' || (key === 'access.contacts' && parts.at(-1) === 'id')
  );
}

/**
 * Says which part of a number is too much or not as it should be. The right form of it is not guessed, and the text is
 * not repeated: it may be a secret.
 */
function wrongContactId(text: string): string {
  if (!/\S/.test(text)) return 'is empty; it ';
  if (text === '*') return 'stands for nobody here: to admit everybody set access.policy to open; it ';
  if (/@/.test(text)) return 'has the form of a JID: leave out the @ and what follows; it ';
  if (/^[a-z]+:/i.test(text)) return 'has a prefix: leave it out, and blanks, brackets and hyphens too; it ';
  if (/(?![0-9])\p{Nd}/u.test(text)) return 'has digits other than 0 to 9; it ';
  if (/^\+?[\d().\s/-]+$/.test(text) && /[().\s/-]/.test(text))
    return 'has blanks, brackets or hyphens: leave them out; it ';
  if (/^[a-z]{2}[.]/.test(text)) return 'begins with a country in lower-case letters: write it in capitals; it ';
  if (/^\+?0/.test(text)) return 'begins with 0, and the country code is missing; it ';
  return '';
}

const addresses: ReadonlySet<string> = new Set(['kapso.baseUrl', 'gateway.url', 'webhook.publicUrl']);

/** Says which part of an address is too much. The part is not repeated: gateways take tokens in each of them. */
function wrongAddress({ key }: Setting, value: string): string {
  const part = /^[^/?#]*\/\/[^/?#]*@/.test(value)
    ? 'a user name or password'
    : value.includes('?')
      ? 'a query (what follows the ?)'
      : value.includes('#')
        ? 'a fragment (what follows the #)'
        : null;
  if (part === null) return '';
  const token = key === 'gateway.url' ? ', a token goes into OPENCLAW_TOKEN' : '';
  return `has ${part}: leave that out${token}; it `;
}

/**
 * Repeats a wrong value only when it can be no misplaced secret: a short number with or without its unit, a word of
 * this configuration or nearly one, a word for yes or no. Otherwise null.
 */
function quote(value: unknown): string | null {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return String(value).length <= 9 ? String(value) : null;
  if (typeof value !== 'string') return Array.isArray(value) ? 'a list' : 'a section';
  const isNumber = /^[-+]?\d{1,8}([.,]\d{1,3})?\s?[a-z]{0,7}$/i.test(value);
  const isWord = value.length <= 20 && nearest(value, words(), Math.min(2, Math.floor(value.length / 3))) !== null;
  return isNumber || isWord ? JSON.stringify(value) : null;
}

function words(): Set<string> {
  const choices = settings.flatMap(({ key, expected }) => [
    ...key.split('.'),
    ...(/^one of (.+)$/.exec(expected)?.[1]?.split(', ') ?? []),
  ]);
  return new Set([...choices, 'yes', 'no', 'on', 'off', 'enabled', 'disabled', 'none', 'null', 'default']);
}
