import { asObject, isObject, type JsonObject } from './json.ts';
import type { ListSettings } from './kapso-list.ts';
import type { MediaSettings } from './kapso-media.ts';

/** Settings that can change while the Kapso simulator runs. */
export interface KapsoSettings extends ListSettings, MediaSettings {
  /** Requests a minute and key; null for no limit. */
  rateLimit: number | null;
  /** Milliseconds added to the simulator's clock. */
  clockOffset: number;
  /** Milliseconds by which WhatsApp's timestamp is older than Kapso's created_at. */
  timestampLag: number;
  /** Milliseconds after created_at until the list shows a row. */
  visibleAfter: number;
  /** Further numbers of the project, as Kapso lists them: with `phone_number_id` and `display_phone_number`. */
  otherNumbers: JsonObject[];
  /** Refuses text outside the 24-hour window (131047). */
  enforceWindow: boolean;
}

export const defaultKapsoSettings: KapsoSettings = {
  order: 'newest-first',
  paging: 'full',
  kapsoBlock: true,
  echoCallbackData: true,
  endOfList: 'no-cursor',
  rateLimit: null,
  clockOffset: 0,
  timestampLag: 0,
  visibleAfter: 0,
  otherNumbers: [],
  enforceWindow: false,
  downloadLifetime: 4 * 60_000,
  mirrorRedirects: true,
};

type Check = (value: unknown) => boolean;
const oneOf =
  (...values: unknown[]): Check =>
  value =>
    values.includes(value);
const number: Check = value => typeof value === 'number' && Number.isFinite(value);
const boolean: Check = value => typeof value === 'boolean';

const checks: Record<keyof KapsoSettings, Check> = {
  order: oneOf('newest-first', 'oldest-first'),
  paging: oneOf('full', 'minimal'),
  kapsoBlock: boolean,
  echoCallbackData: boolean,
  endOfList: oneOf('no-cursor', 'empty-page'),
  rateLimit: value => value === null || (number(value) && Number(value) > 0),
  clockOffset: number,
  timestampLag: number,
  visibleAfter: number,
  otherNumbers: value => Array.isArray(value) && value.every(isObject),
  enforceWindow: boolean,
  downloadLifetime: number,
  mirrorRedirects: boolean,
};

/** Returns the settings with these changes. Throws a RangeError for an unknown key or a wrong value. */
export function changeKapsoSettings(settings: KapsoSettings, changes: unknown): KapsoSettings {
  if (!isObject(changes)) throw new RangeError('the settings must be a JSON object');
  for (const [key, value] of Object.entries(changes)) {
    const check = (checks as Record<string, Check>)[key];
    if (!check) throw new RangeError(`there is no setting ${key}; there are ${Object.keys(checks).join(', ')}`);
    if (!check(value)) throw new RangeError(`${key} cannot be ${JSON.stringify(value)}`);
  }
  return { ...settings, ...(asObject(changes) as JsonObject & Partial<KapsoSettings>) };
}
