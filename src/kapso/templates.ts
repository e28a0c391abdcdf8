import type { Template } from '../domain/template.ts';
import { asId, asList, asRecord, asString, type WireObject } from '../narrow.ts';
import { type Api, undocumented } from './http/api.ts';

export interface Templates {
  /**
   * Lists the business's message templates, all or those of a name, whatever their status. Throws `KapsoApiError`,
   * `KapsoNetworkError` or `KapsoResponseError`.
   */
  listTemplates(query: { name?: string | undefined }, signal: AbortSignal): Promise<Template[]>;
}

/** Pages of 100. Meta lets a business have 6,000 templates at most. */
const maxPages = 100;

/**
 * Templates belong to the business account, not to the number. Kapso tells its id with the number (Kapso Platform API,
 * "Get phone number") and passes on Meta's list of it (Kapso Meta proxy, `GET /{business_account_id}/message_templates`).
 *
 * @param deps.path the version's path: `/meta/whatsapp/v24.0`
 */
export function createTemplates({
  api,
  path,
  phoneNumberId,
}: {
  api: Api;
  path: string;
  phoneNumberId: string;
}): Templates {
  const businessAccount = async (signal: AbortSignal): Promise<string> => {
    const action = "asking for the number's business account";
    const number = `/platform/v1/whatsapp/phone_numbers/${encodeURIComponent(phoneNumberId)}`;
    const { json, status } = await api({ method: 'GET', path: number, action, signal });
    const id = asId(asRecord(asRecord(json)?.data)?.business_account_id);
    if (id === null) throw undocumented(action, status, 'without "business_account_id"');
    return id;
  };

  return {
    async listTemplates({ name }, signal) {
      const list = `${path}/${encodeURIComponent(await businessAccount(signal))}/message_templates`;
      const action = 'listing the message templates';
      const found: Template[] = [];
      let after: string | undefined;
      for (let page = 0; page < maxPages; page++) {
        const query = { name, limit: '100', after };
        const { json, status } = await api({ method: 'GET', path: list, query, action, signal });
        const body = asRecord(json);
        if (!Array.isArray(body?.data)) throw undocumented(action, status, 'without a "data" list of templates');
        found.push(...body.data.flatMap(one => readTemplate(one) ?? []));
        const next = asString(asRecord(asRecord(body.paging)?.cursors)?.after);
        if (body.data.length === 0 || next === null || next === after) break;
        after = next;
      }
      // Meta's filter also finds names that contain it.
      return name === undefined ? found : found.filter(template => template.name === name);
    },
  };
}

function readTemplate(value: unknown): Template | null {
  const template = asRecord(value);
  const name = asString(template?.name);
  const language = asString(template?.language);
  if (name === null || language === null) return null;
  return {
    name,
    language,
    status: asString(template?.status),
    category: asString(template?.category),
    parameters: asString(template?.parameter_format)?.toUpperCase() === 'NAMED' ? 'named' : 'positional',
    components: asList(template?.components).flatMap<WireObject>(component => asRecord(component) ?? []),
  };
}
