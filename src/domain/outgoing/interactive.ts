/** Messages with something to tap (WhatsApp Cloud API, "Interactive messages", with its limits). */
import type { InteractiveContent } from '../content.ts';
import { assertLength, invalid } from './invalid.ts';

export interface Words {
  body: string;
  /** A line above the text. */
  header?: string;
  /** Small print below it. */
  footer?: string;
}

/** What a customer can choose. */
export interface Choice {
  title: string;
  /** Comes back with the answer. Without it the title is the id. */
  id?: string;
}

export interface Menu {
  /** What stands on the button that opens the list. */
  button: string;
  sections: readonly { title?: string; rows: readonly (Choice & { description?: string })[] }[];
}

export interface Flow {
  /** Meta's id of the flow, or its name. */
  flow: { id: string } | { name: string };
  /** What stands on the button that opens it. */
  button: string;
  /** Comes back with the answers. */
  token?: string;
  /** The screen to begin with, and its data. Without it the flow's own endpoint says where it begins. */
  screen?: string;
  data?: Readonly<Record<string, unknown>>;
  /** A flow that is not published yet. Only for numbers that test it. */
  draft?: true;
}

/** UTF-16 units. A list's text may be longer than the others'. */
const longest = {
  ...{ body: 1024, bodyOfList: 4096, header: 60, footer: 60, button: 20 },
  ...{ buttonId: 256, rowId: 200, row: 24, section: 24, description: 72, url: 2000 },
} as const;
const mostButtons = 3;
const mostRows = 10;

/** A text with up to three buttons to answer it. Throws SEND_CONTENT_INVALID, as the others. */
export function buttons(words: Words, choices: readonly Choice[]): InteractiveContent {
  if (choices.length === 0) throw invalid('there is no button', 'Give one to three');
  if (choices.length > mostButtons) {
    throw invalid(
      `there are ${choices.length} buttons`,
      `WhatsApp takes at most ${mostButtons}; a list has up to ten rows`,
    );
  }
  const replies = choices.map((choice, at) => replyOf(choice, `button ${at + 1}`, longest.button, longest.buttonId));
  assertDistinct('buttons', replies);
  const action = { buttons: replies.map(reply => ({ type: 'reply', reply })) };
  return interactive('button', words, longest.body, action);
}

/** A text with a button that opens a list of up to ten rows, of which the customer chooses one. */
export function list(words: Words, { button, sections }: Menu): InteractiveContent {
  const count = sections.reduce((sum, { rows }) => sum + rows.length, 0);
  if (count === 0) throw invalid('the list has no row', 'Give one to ten');
  if (count > mostRows)
    throw invalid(`the list has ${count} rows`, `WhatsApp takes at most ${mostRows}, of all sections`);
  let number = 0;
  const written = sections.map(({ title, rows }, at) => {
    const section = `section ${at + 1} of the list`;
    if (rows.length === 0) throw invalid(`${section} has no row`, 'Leave it out');
    if (sections.length > 1 && !title?.trim()) {
      throw invalid(`${section} has no title`, 'Each has one, if there are several');
    }
    return {
      ...(title?.trim() && { title: within(`the title of ${section}`, title, longest.section) }),
      rows: rows.map(({ description, ...choice }) => {
        number += 1;
        const what = `row ${number} of the list`;
        const row = replyOf(choice, what, longest.row, longest.rowId);
        if (!description?.trim()) return row;
        return { ...row, description: within(`the description of ${what}`, description, longest.description) };
      }),
    };
  });
  assertDistinct(
    'rows',
    written.flatMap(({ rows }) => rows),
  );
  const action = { button: filled('the button of the list', button, longest.button), sections: written };
  return interactive('list', words, longest.bodyOfList, action);
}

/** A text with a button that opens a web page. */
export function callToAction(words: Words, { title, url }: { title: string; url: string }): InteractiveContent {
  const parameters = { display_text: filled('the button', title, longest.button), url: webAddress(url) };
  return interactive('cta_url', words, longest.body, { name: 'cta_url', parameters });
}

/** A text with a button that opens a form, which WhatsApp calls a flow. */
export function flow(words: Words, given: Flow): InteractiveContent {
  const { token, screen, data, draft } = given;
  const button = filled('the button of the flow', given.button, longest.button);
  if (/\p{Extended_Pictographic}/u.test(button)) throw invalid('the button of the flow has an emoji', 'Leave it out');
  if (data !== undefined && screen === undefined) {
    throw invalid('the flow has data and no screen', 'Name the screen that gets the data');
  }
  if (data !== undefined && Object.keys(data).length === 0)
    throw invalid('the data of the flow is empty', 'Leave it out');
  const parameters = {
    flow_message_version: '3',
    ...('id' in given.flow ? { flow_id: given.flow.id } : { flow_name: given.flow.name }),
    flow_cta: button,
    ...(token !== undefined && { flow_token: token }),
    ...(draft && { mode: 'draft' }),
    flow_action: screen === undefined ? 'data_exchange' : 'navigate',
    ...(screen !== undefined && { flow_action_payload: { screen, ...(data && { data }) } }),
  };
  return interactive('flow', words, longest.body, { name: 'flow', parameters });
}

/** A text with a button by which the customer sends a location. It has neither header nor footer. */
export function locationRequest(body: string): InteractiveContent {
  return interactive('location_request_message', { body }, longest.body, { name: 'send_location' });
}

function interactive(type: string, { body, header, footer }: Words, most: number, action: object): InteractiveContent {
  if (body.trim() === '')
    throw invalid('the message has no text', 'WhatsApp takes nothing to tap without a text above it');
  assertLength('the text', body, most);
  return {
    kind: 'interactive',
    interactive: {
      type,
      ...(header !== undefined && { header: { type: 'text', text: filled('the header', header, longest.header) } }),
      body: { text: body },
      ...(footer !== undefined && { footer: { text: filled('the footer', footer, longest.footer) } }),
      action,
    },
  };
}

function replyOf({ id, title }: Choice, what: string, longestTitle: number, longestId: number) {
  const text = filled(what, title, longestTitle);
  return { id: id === undefined ? text : filled(`the id of ${what}`, id, longestId), title: text };
}

/** WhatsApp refuses a message that has the same twice. */
function assertDistinct(what: string, replies: readonly { id: string; title: string }[]): void {
  for (const field of ['title', 'id'] as const) {
    const values = replies.map(reply => reply[field]);
    const twice = values.find((value, at) => values.indexOf(value) !== at);
    if (twice !== undefined) throw invalid(`two ${what} have the ${field} "${twice}"`, 'Give each another one');
  }
}

/** Returns the text without blanks around it. Throws when it is empty, has several lines, or is too long. */
function filled(what: string, text: string, most: number): string {
  if (text.trim() === '') throw invalid(`${what} is empty`);
  return within(what, text, most);
}

function within(what: string, text: string, most: number): string {
  const line = text.trim();
  if (/[\r\n\t]/.test(line)) throw invalid(`${what} has several lines`, 'WhatsApp shows one there');
  assertLength(what, line, most);
  return line;
}

function webAddress(text: string): string {
  const url = URL.parse(text.trim());
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw invalid('the address of the button is no web address', 'Give one that begins with https://');
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid('the address of the button has a user name or password', 'Leave it out: the customer would see it');
  }
  if (/^[\d.]+$|^\[/.test(url.hostname) || !url.hostname.includes('.')) {
    throw invalid('the address of the button has no public host name', 'WhatsApp takes a name, as example.org');
  }
  assertLength('the address of the button', text.trim(), longest.url);
  return text.trim();
}
