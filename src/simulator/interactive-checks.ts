/** What Meta refuses of an interactive message (WhatsApp Cloud API, "Interactive messages"). Lengths in characters. */
import { asObject, asText, isObject, type JsonObject } from './json.ts';
import { isWebAddress, mediaProblem } from './media-checks.ts';
import { isMediaType } from './media-kinds.ts';

const limits = { body: 1024, listBody: 4096, header: 60, footer: 60, button: 20, rowTitle: 24, sectionTitle: 24 };

type Check = (action: JsonObject, interactive: JsonObject) => string | null;
const at = (name: string) => `Param interactive['action']${name}`;

const actions: Readonly<Record<string, Check>> = {
  button: buttons,
  list,
  cta_url: ({ name, parameters }) => {
    const { display_text: shown, url } = asObject(parameters);
    if (name !== 'cta_url') return at("['name'] must be 'cta_url'.");
    if (!isWebAddress(url)) return at("['parameters']['url'] is not a valid URI.");
    return within(shown, limits.button, at("['parameters']['display_text']"));
  },
  location_request_message: ({ name }) => (name === 'send_location' ? null : at("['name'] must be 'send_location'.")),
  flow,
  product: ({ catalog_id, product_retailer_id }) =>
    asText(catalog_id) === null || asText(product_retailer_id) === null
      ? at(' needs catalog_id and product_retailer_id.')
      : null,
  product_list: products,
  catalog_message: ({ name }) => (name === 'catalog_message' ? null : at("['name'] must be 'catalog_message'.")),
};

/** Returns what is wrong; null when nothing is. */
export function interactiveProblem(interactive: JsonObject): string | null {
  const type = asText(interactive.type) ?? '';
  const check = actions[type];
  if (!check) {
    return `Param interactive['type'] must be one of {${Object.keys(actions).join(', ')}} - got "${type}".`;
  }
  // A single product shows itself.
  if (interactive.body !== undefined || type !== 'product') {
    const longest = type === 'list' ? limits.listBody : limits.body;
    const problem = within(asObject(interactive.body).text, longest, "Param interactive['body']['text']");
    if (problem !== null) return problem;
  }
  if (interactive.footer !== undefined) {
    const problem = within(asObject(interactive.footer).text, limits.footer, "Param interactive['footer']['text']");
    if (problem !== null) return problem;
  }
  if (interactive.header !== undefined) {
    const problem = headerProblem(type, asObject(interactive.header));
    if (problem !== null) return problem;
  }
  if (!isObject(interactive.action)) return "Param interactive['action'] is required.";
  return check(interactive.action, interactive);
}

function headerProblem(type: string, header: JsonObject): string | null {
  const kind = asText(header.type) ?? '';
  if (kind === 'text') return within(header.text, limits.header, "Param interactive['header']['text']");
  const withMedia = ['button', 'cta_url', 'flow'].includes(type) && ['image', 'video', 'document'].includes(kind);
  if (!withMedia || !isMediaType(kind)) return `Param interactive['header']['type'] cannot be "${kind}" here.`;
  return mediaProblem(kind, asObject(header[kind]));
}

function within(value: unknown, limit: number, where: string): string | null {
  const text = asText(value);
  if (text === null) return `${where} is required.`;
  return [...text].length <= limit ? null : `${where} must be at most ${limit} characters long.`;
}

function buttons({ buttons: given }: JsonObject): string | null {
  if (!Array.isArray(given) || given.length === 0 || given.length > 3)
    return at("['buttons'] must have from 1 to 3 elements.");
  const ids = new Set<unknown>();
  const titles = new Set<unknown>();
  for (const [index, button] of given.entries()) {
    const where = at(`['buttons'][${index}]`);
    const { type, reply } = asObject(button);
    const { id, title } = asObject(reply);
    if (type !== 'reply') return `${where}['type'] must be 'reply'.`;
    const problem = within(title, limits.button, `${where}['title']`) ?? within(id, 256, `${where}['id']`);
    if (problem !== null) return problem;
    if (ids.has(id)) return `${where}['id'] is duplicated.`;
    if (titles.has(title)) return `${where}['title'] is duplicated.`;
    ids.add(id);
    titles.add(title);
  }
  return null;
}

function list({ button, sections }: JsonObject): string | null {
  const shown = within(button, limits.button, at("['button']"));
  if (shown !== null) return shown;
  if (!Array.isArray(sections) || sections.length === 0 || sections.length > 10) {
    return at("['sections'] must have from 1 to 10 elements.");
  }
  const ids = new Set<unknown>();
  let count = 0;
  for (const [index, section] of sections.entries()) {
    const where = at(`['sections'][${index}]`);
    const { title, rows } = asObject(section);
    if (title !== undefined || sections.length > 1) {
      const problem = within(title, limits.sectionTitle, `${where}['title']`);
      if (problem !== null) return problem;
    }
    if (!Array.isArray(rows) || rows.length === 0) return `${where}['rows'] must not be empty.`;
    for (const row of rows.map(asObject)) {
      const problem =
        within(row.id, 200, `${where}['rows']['id']`) ??
        within(row.title, limits.rowTitle, `${where}['rows']['title']`) ??
        (row.description === undefined ? null : within(row.description, 72, `${where}['rows']['description']`));
      if (problem !== null) return problem;
      if (ids.has(row.id)) return `${where}['rows']['id'] is duplicated.`;
      ids.add(row.id);
    }
    count += rows.length;
  }
  return count <= 10 ? null : at("['sections'] must have at most 10 rows altogether.");
}

function flow({ name, parameters }: JsonObject): string | null {
  const given = asObject(parameters);
  if (name !== 'flow') return at("['name'] must be 'flow'.");
  if (given.flow_message_version !== '3') return at("['parameters']['flow_message_version'] must be '3'.");
  if ((asText(given.flow_id) === null) === (asText(given.flow_name) === null)) {
    return at("['parameters'] must have either flow_id or flow_name.");
  }
  if (given.mode !== undefined && given.mode !== 'published' && given.mode !== 'draft') {
    return at("['parameters']['mode'] must be 'published' or 'draft'.");
  }
  return within(given.flow_cta, limits.button, at("['parameters']['flow_cta']"));
}

function products({ catalog_id, sections }: JsonObject, { header }: JsonObject): string | null {
  if (header === undefined) return "Param interactive['header'] is required.";
  if (asText(catalog_id) === null) return at("['catalog_id'] is required.");
  if (!Array.isArray(sections) || sections.length === 0 || sections.length > 10) {
    return at("['sections'] must have from 1 to 10 elements.");
  }
  const items = sections.flatMap(section => {
    const { product_items: found } = asObject(section);
    return Array.isArray(found) ? found : [];
  });
  return items.length > 0 && items.length <= 30 ? null : at("['sections'] must have from 1 to 30 products altogether.");
}
