/** Reads what people and agents write for messages with something to tap: a line of the command line, or a file. */
import { asRecord, type WireObject } from '../../narrow.ts';
import type { Choice, Flow, Menu } from './interactive.ts';
import { invalid } from './invalid.ts';

/** Reads buttons: `Yes|No|Later`, or a JSON list of titles or of `{id, title}`. Throws SEND_CONTENT_INVALID. */
export function readButtons(written: string): Choice[] {
  if (!written.trimStart().startsWith('[')) return written.split('|').map(title => ({ title }));
  let value: unknown;
  try {
    value = JSON.parse(written);
  } catch {
    throw invalid('the buttons are no JSON', 'Write them as Yes|No|Later, or as [{"id": "yes", "title": "Yes"}]');
  }
  return readChoices(value);
}

/** Reads a list of titles, or of `{id, title}`. Throws SEND_CONTENT_INVALID. */
export function readChoices(value: unknown): Choice[] {
  return listIn('the buttons', value).map((one, at) => choiceIn(`button ${at + 1}`, one, []).choice);
}

/** Reads `{button, rows}` or `{button, sections: [{title, rows}]}`. A row is a title, or `{title, id, description}`. */
export function readMenu(value: unknown): Menu {
  const fields = fieldsIn('the list', value, ['button', 'rows', 'sections']);
  if (fields.rows !== undefined && fields.sections !== undefined) {
    throw invalid('the list has both rows and sections', 'Put the rows into the sections');
  }
  const sections =
    fields.sections === undefined ? [{ rows: fields.rows }] : listIn('the sections of the list', fields.sections);
  let number = 0;
  return {
    button: textIn('the button of the list', fields.button, 'what stands on the button that opens it, as "Choose"'),
    sections: sections.map((section, at) => {
      const what = `section ${at + 1} of the list`;
      const { title, rows } = fieldsIn(what, section, ['title', 'rows']);
      const inside = listIn(fields.sections === undefined ? 'the rows of the list' : `the rows of ${what}`, rows);
      return {
        ...optional(`the title of ${what}`, 'title', title),
        rows: inside.map(row => {
          number += 1;
          const { choice, rest } = choiceIn(`row ${number} of the list`, row, ['description']);
          return { ...choice, ...optional(`the description of row ${number}`, 'description', rest.description) };
        }),
      };
    }),
  };
}

/** Reads a button with a web address: `TEXT=URL`. An address may have further `=`. */
export function readCallToAction(written: string): { title: string; url: string } {
  const at = written.search(/=\s*[a-z][a-z0-9+.-]*:/i);
  if (at < 0)
    throw invalid('the button has no web address', 'Write it as TEXT=URL: Open the menu=https://example.org/menu');
  return { title: written.slice(0, at), url: written.slice(at + 1) };
}

/** Reads `{id or name, button, token, screen, data, draft}`. */
export function readFlow(value: unknown): Flow {
  const { id, name, button, token, screen, data, draft } = fieldsIn('the flow', value, [
    ...['id', 'name', 'button', 'token', 'screen', 'data', 'draft'],
  ]);
  if ((id === undefined) === (name === undefined)) {
    throw invalid('the flow has not exactly one of id and name', "Give Meta's id of the flow, or its name");
  }
  const values = data === undefined ? undefined : asRecord(data);
  if (values === null)
    throw invalid('the data of the flow is no object', 'Write names and values: {"date": "2026-05-01"}');
  if (draft !== undefined && typeof draft !== 'boolean') throw invalid('draft of the flow is neither true nor false');
  return {
    flow: id === undefined ? { name: textIn('the name of the flow', name) } : { id: textIn('the id of the flow', id) },
    button: textIn('the button of the flow', button, 'what stands on the button that opens it, as "Book"'),
    ...optional('the token of the flow', 'token', token),
    ...optional('the screen of the flow', 'screen', screen),
    ...(values && { data: values }),
    ...(draft === true && { draft }),
  };
}

function choiceIn(what: string, value: unknown, more: readonly string[]): { choice: Choice; rest: WireObject } {
  if (typeof value === 'string' || typeof value === 'number') return { choice: { title: String(value) }, rest: {} };
  const { id, title, ...rest } = fieldsIn(what, value, ['id', 'title', ...more]);
  return { choice: { title: textIn(`the title of ${what}`, title), ...optional(`the id of ${what}`, 'id', id) }, rest };
}

/** Returns the fields of an object. A name that is not known would do nothing, and its writer would not know why. */
function fieldsIn(what: string, value: unknown, names: readonly string[]): WireObject {
  const fields = asRecord(value);
  if (fields === null) throw invalid(`${what} is no object`, `It has ${names.join(', ')}`);
  const foreign = Object.keys(fields).find(name => !names.includes(name));
  if (foreign !== undefined) throw invalid(`${what} has no "${foreign.slice(0, 40)}"`, `It has ${names.join(', ')}`);
  return fields;
}

function listIn(what: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(value === undefined ? `${what} are missing` : `${what} are no list`);
}

function textIn(what: string, value: unknown, hint?: string): string {
  // YAML reads 9 as a number; a time as 9:00 is text.
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw invalid(
    value === undefined || value === null ? `${what} is missing` : `${what} is no text`,
    hint && `Give ${hint}`,
  );
}

function optional<K extends string>(what: string, key: K, value: unknown): { [key in K]?: string } {
  return value === undefined || value === null ? {} : ({ [key]: textIn(what, value) } as { [key in K]: string });
}
