import { asLabel, asRecord, phoneDigits } from '../narrow.ts';
import { type Api, undocumented } from './http/api.ts';

/** How the business appears to its customers. Null where Kapso does not say. */
export interface OwnNumber {
  /** Digits only. */
  phone: string | null;
  /** The name that Meta has verified. */
  name: string | null;
}

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
