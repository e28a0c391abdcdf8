import type { OwnNumber } from '../domain/mention.ts';
import { asLabel, asRecord, phoneDigits } from '../narrow.ts';
import { type Api, undocumented } from './http/api.ts';

/**
 * Returns what asks Kapso for the number and its name (Kapso Platform API, "Get phone number"). It throws
 * `KapsoApiError`, `KapsoNetworkError` or `KapsoResponseError`.
 */
export function createOwnNumber({ api, phoneNumberId }: { api: Api; phoneNumberId: string }) {
  return async (signal: AbortSignal): Promise<OwnNumber> => {
    const action = 'asking for the number and its name';
    const path = `/platform/v1/whatsapp/phone_numbers/${encodeURIComponent(phoneNumberId)}`;
    const { json, status } = await api({ method: 'GET', path, action, signal });
    const data = asRecord(asRecord(json)?.data);
    if (data === null) throw undocumented(action, status, 'without "data"');
    return { phone: phoneDigits(data.display_phone_number), name: asLabel(data.verified_name) };
  };
}
