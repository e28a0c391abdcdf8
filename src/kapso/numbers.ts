import { asId, asLabel, asRecord, phoneDigits } from '../narrow.ts';
import { type ApiOptions, createApi, undocumented } from './http/api.ts';
import { nextPage, type PageQuery } from './next-page.ts';

/** A WhatsApp number of the project that an API key belongs to. */
export interface BusinessNumber {
  /** The phone number id. */
  id: string;
  /** Digits with the country code; null where Kapso does not say. */
  phone: string | null;
  /** The name that customers see. */
  name: string | null;
}

const maxPages = 100;

/**
 * Lists the numbers of the project, the newest first (Kapso Platform API, "List phone numbers"). It throws `KapsoApiError`,
 * `KapsoNetworkError` or `KapsoResponseError`.
 */
export async function listNumbers(options: ApiOptions, signal?: AbortSignal): Promise<BusinessNumber[]> {
  const api = createApi(options);
  const action = 'listing the numbers of the project';
  const path = '/platform/v1/whatsapp/phone_numbers';
  const found: BusinessNumber[] = [];
  let position: PageQuery | null = {};
  for (let page = 0; position && page < maxPages; page++) {
    const { json, status } = await api({
      method: 'GET',
      path,
      query: { per_page: '100', ...position },
      action,
      signal,
    });
    const body = asRecord(json);
    if (!body || !Array.isArray(body.data)) throw undocumented(action, status, 'without a "data" list of numbers');
    found.push(...body.data.flatMap(one => readNumber(one) ?? []));
    position = body.data.length === 0 ? null : nextPage(body, position);
  }
  return found;
}

function readNumber(value: unknown): BusinessNumber | null {
  const number = asRecord(value);
  const id = asId(number?.phone_number_id) ?? asId(number?.id);
  if (number === null || id === null) return null;
  return { id, phone: phoneDigits(number.display_phone_number), name: asLabel(number.verified_name ?? number.name) };
}
