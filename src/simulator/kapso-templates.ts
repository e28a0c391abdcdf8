import type { Answer } from './http.ts';
import type { Journal } from './journal.ts';
import { asObject, asText, isObject, type JsonObject } from './json.ts';
import { graphError, kapsoError } from './kapso-errors.ts';
import type { MediaFile } from './kapso-media-store.ts';
import { isMediaType } from './media-kinds.ts';
import { type Checked, checkMedia, invalid } from './send-checks.ts';

/** A message template in Meta's form. */
export type Template = JsonObject & { name: string; language: string; components: JsonObject[] };

export interface Templates {
  /** Adds a template in Meta's form, in the place of the one of its name and language. Throws a RangeError for what is none. */
  put(value: unknown): Promise<Template>;
  all(): Template[];
  /** Restores one journal record. Returns false when the record is of another kind. */
  restore(record: JsonObject): boolean;
  /** `GET /{business_account_id}/message_templates`. */
  list(query: URLSearchParams): Answer;
  /** Checks a template message: the template, its status and its parameters. */
  check(body: JsonObject, find: (id: string) => MediaFile | null): Checked | { refusal: Answer };
}

/** Every business account has this one from the start. */
const helloWorld: Template = {
  name: 'hello_world',
  language: 'en_US',
  status: 'APPROVED',
  category: 'UTILITY',
  parameter_format: 'POSITIONAL',
  id: '1192339204654487',
  components: [
    { type: 'HEADER', format: 'TEXT', text: 'Hello World' },
    { type: 'BODY', text: 'Welcome and congratulations!! This message demonstrates your ability to send a template.' },
    { type: 'FOOTER', text: 'WhatsApp Business Platform sample message' },
  ],
};

export function createTemplates(journal: () => Journal): Templates {
  const templates = new Map<string, Template>();
  const keyOf = ({ name, language }: { name: unknown; language: unknown }) => `${language} ${name}`;
  const keep = (template: Template) => void templates.set(keyOf(template), template);
  keep(helloWorld);

  return {
    put: async value => {
      const { name, language, components, ...rest } = asObject(value);
      if (typeof name !== 'string' || !/^[a-z0-9_]{1,512}$/.test(name)) {
        throw new RangeError('the name of a template has small letters, digits and underscores');
      }
      if (typeof language !== 'string') throw new RangeError('a template needs a language, e.g. en_US');
      if (!Array.isArray(components)) throw new RangeError('a template needs components');
      const defaults = {
        status: 'APPROVED',
        category: 'UTILITY',
        parameter_format: 'POSITIONAL',
        id: String(templates.size),
      };
      const template = { ...defaults, ...rest, name, language, components: components.map(asObject) };
      await journal().append({ kind: 'template', template });
      keep(template);
      return template;
    },

    restore: record => {
      if (record.kind !== 'template') return false;
      keep(record.template as Template);
      return true;
    },

    all: () => [...templates.values()],

    list: query => {
      const limit = query.has('limit') ? Number(query.get('limit')) : 25;
      if (!Number.isInteger(limit) || limit < 1) return invalid('Param limit must be a whole number.');
      const matching = [...templates.values()].filter(template => {
        const name = query.get('name');
        const same = ['status', 'category', 'language'].every(key => {
          const wanted = query.get(key);
          return wanted === null || template[key] === wanted;
        });
        return same && (name === null || template.name.includes(name));
      });
      const after = query.get('after');
      const from = after === null ? 0 : Number(Buffer.from(after, 'base64').toString());
      if (!Number.isInteger(from)) return kapsoError(400, 'Invalid cursor');
      const end = from + limit;
      const cursor = (at: number) => Buffer.from(String(at)).toString('base64');
      const cursors = { before: cursor(from), after: cursor(end) };
      const data = matching.slice(from, end);
      return { status: 200, body: { data, ...(end < matching.length ? { paging: { cursors, next: 'more' } } : {}) } };
    },

    check: (body, find) => {
      const given = asObject(body.template);
      const language = asText(asObject(given.language).code);
      if (asText(given.name) === null) return { refusal: invalid("Param template['name'] is required.") };
      if (language === null) return { refusal: invalid("Param template['language']['code'] is required.") };
      const template = templates.get(keyOf({ name: given.name, language }));
      if (!template) {
        const details = `template name (${given.name}) does not exist in ${language}`;
        return { refusal: graphError(132001, 'Template name does not exist in the translation', details, 404) };
      }
      if (template.status === 'PAUSED') return { refusal: graphError(132015, 'Template is Paused') };
      if (template.status === 'DISABLED') return { refusal: graphError(132016, 'Template is Disabled') };
      if (template.status !== 'APPROVED') {
        const details = `template name (${given.name}) is ${String(template.status)}`;
        return { refusal: graphError(132001, 'Template name does not exist in the translation', details, 404) };
      }
      const refusal = componentsProblem(template, given.components ?? [], find);
      if (refusal !== null) return { refusal };
      return { type: 'template', object: given, content: filled(template, given.components), file: null };
    },
  };
}

function componentsProblem(template: Template, given: unknown, find: (id: string) => MediaFile | null): Answer | null {
  if (!Array.isArray(given)) return invalid("Param template['components'] must be an array.");
  const components = given.map(asObject);
  for (const wanted of template.components) {
    const type = String(wanted.type).toLowerCase();
    if (type === 'buttons') {
      const problem = buttonsProblem(wanted, components);
      if (problem !== null) return problem;
      continue;
    }
    const component = components.find(one => String(one.type).toLowerCase() === type);
    const parameters = parametersOf(component);
    const format = String(wanted.format ?? 'TEXT').toLowerCase();
    if (type === 'header' && isMediaType(format)) {
      const [parameter] = parameters;
      if (parameters.length !== 1 || parameter?.type !== format) return countProblem('header', parameters.length, 1);
      const checked = checkMedia(format, asObject(parameter[format]), find);
      if ('refusal' in checked) return checked.refusal;
      continue;
    }
    const names = placeholders(String(wanted.text ?? ''));
    const problem = textProblem(type, names, parameters, template.parameter_format === 'NAMED');
    if (problem !== null) return problem;
  }
  return null;
}

function buttonsProblem(wanted: JsonObject, components: readonly JsonObject[]): Answer | null {
  const buttons = Array.isArray(wanted.buttons) ? wanted.buttons.map(asObject) : [];
  for (const [index, button] of buttons.entries()) {
    const kind = String(button.type).toLowerCase();
    const needed = kind === 'otp' || (kind === 'url' && placeholders(String(button.url ?? '')).length > 0) ? 1 : 0;
    const component = components.find(
      one => String(one.type).toLowerCase() === 'button' && Number(one.index) === index,
    );
    const parameters = parametersOf(component);
    if (needed === 1 && parameters.length !== 1) {
      return graphError(
        131008,
        'Required parameter is missing',
        `buttons: Button at index ${index} of type Url requires a parameter`,
      );
    }
    for (const { type, text } of parameters) {
      if (type === 'text') {
        const problem = wordsProblem(text, `button ${index}`);
        if (problem !== null) return problem;
      }
    }
  }
  return null;
}

function textProblem(
  type: string,
  names: readonly string[],
  parameters: readonly JsonObject[],
  named: boolean,
): Answer | null {
  if (parameters.length !== names.length) return countProblem(type, parameters.length, names.length);
  for (const [index, parameter] of parameters.entries()) {
    const name = parameter.parameter_name;
    if (named && (typeof name !== 'string' || !names.includes(name))) {
      return graphError(
        100,
        'Invalid parameter',
        `${type}: Parameter name is missing or empty, or not in the template: ${String(name)}`,
      );
    }
    const problem = parameter.type === 'text' ? wordsProblem(parameter.text, `${type}, parameter ${index + 1}`) : null;
    if (problem !== null) return problem;
  }
  return null;
}

/** What Meta refuses of a text in a template (132018). */
function wordsProblem(text: unknown, where: string): Answer | null {
  if (typeof text !== 'string' || text.trim() === '') return invalid(`${where}: Param text is required.`);
  if (/[\n\t\r]| {5,}/.test(text)) {
    const details = `${where}: Param text cannot have new-line/tab characters or more than 4 consecutive spaces`;
    return graphError(132018, 'There was an issue with the parameters in your template', details);
  }
  if (text.length > 32_768) return graphError(132005, 'Translated text too long');
  return null;
}

function countProblem(type: string, given: number, wanted: number): Answer {
  const details = `${type}: number of localizable_params (${given}) does not match the expected number of params (${wanted})`;
  return graphError(132000, 'Number of parameters does not match the expected number of params', details);
}

function parametersOf(component: JsonObject | undefined): JsonObject[] {
  const { parameters } = component ?? {};
  return Array.isArray(parameters) ? parameters.filter(isObject) : [];
}

/** Names or numbers in double braces, each once, in the order of the text. */
function placeholders(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, name = '']) => name))];
}

/** The body with its parameters, as the customer reads it. */
function filled(template: Template, given: unknown): string {
  const text = String(template.components.find(({ type }) => String(type).toLowerCase() === 'body')?.text ?? '');
  const body = (Array.isArray(given) ? given.map(asObject) : []).find(
    ({ type }) => String(type).toLowerCase() === 'body',
  );
  const parameters = parametersOf(body);
  return text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name) => {
    const parameter = parameters.find(one => one.parameter_name === name) ?? parameters[Number(name) - 1];
    return asText(parameter?.text) ?? whole;
  });
}
