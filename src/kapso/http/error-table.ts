import type { Disposition } from './errors.ts';

export interface ApiErrorClass {
  disposition: Disposition;
  hint?: string;
  /** Milliseconds to wait when the server does not say. */
  pause?: number;
}

/** The hint for a key that Kapso refuses. `where`: where it came from. */
export function checkKey(where: string): string {
  return `Check the API key, which is from ${where}: Kapso must have it, in the project of this number.`;
}

const retry: ApiErrorClass = { disposition: 'retry' };
const showTemplates = '`kapso-whatsapp-cli templates show NAME` shows it.';
const policy = 'Meta refuses messages to or from this account by policy; see the WhatsApp Manager.';

/**
 * What Meta's error codes mean for a sender. Meta asks to branch on `error.code`, not on the HTTP status (WhatsApp
 * Cloud API, "Error codes"; Kapso's SDK groups them the same way).
 */
const byMetaCode: ReadonlyMap<number, ApiErrorClass> = new Map<number, ApiErrorClass>([
  [0, { disposition: 'auth', hint: 'Reconnect the WhatsApp number in Kapso: Meta refuses its credentials.' }],
  [1, retry],
  [2, retry],
  [3, { disposition: 'auth', hint: 'Reconnect the WhatsApp number in Kapso: a permission is missing.' }],
  [4, { disposition: 'wait' }],
  [10, { disposition: 'auth', hint: 'Reconnect the WhatsApp number in Kapso: a permission is missing.' }],
  [100, { disposition: 'permanent', hint: 'A parameter is wrong, or a media id has expired (upload it again).' }],
  [190, { disposition: 'auth', hint: "Reconnect the WhatsApp number in Kapso: Meta's access token has expired." }],
  [368, { disposition: 'permanent', hint: policy }],
  [80007, { disposition: 'wait' }],
  [130429, { disposition: 'wait', hint: "The number's throughput at Meta is used up; send more slowly." }],
  [130497, { disposition: 'permanent', hint: 'The business may not send to customers in this country.' }],
  [131000, retry],
  [131008, { disposition: 'permanent', hint: 'Meta misses a parameter, which the message above names.' }],
  [131016, retry],
  [
    131026,
    {
      disposition: 'permanent',
      hint: 'The recipient cannot get this message: not on WhatsApp, an outdated app, or terms not accepted. Check the number.',
    },
  ],
  [
    131030,
    {
      disposition: 'permanent',
      hint: 'A test number sends only to the recipients on its list: add this one in the Meta app, or send from a real number.',
    },
  ],
  [131031, { disposition: 'permanent', hint: policy }],
  [
    131047,
    {
      disposition: 'window',
      hint: 'The 24-hour window is closed: only a template may be sent until the customer writes again.',
    },
  ],
  [
    131048,
    {
      disposition: 'wait',
      pause: 3_600_000,
      hint: 'Recipients blocked or reported this number; Meta limits it for some hours. See its quality in the WhatsApp Manager.',
    },
  ],
  [131049, { disposition: 'permanent', hint: 'Meta limits how many marketing messages this customer gets.' }],
  [131050, { disposition: 'permanent', hint: 'This customer has stopped marketing messages from the business.' }],
  [131051, { disposition: 'permanent', hint: 'WhatsApp does not take this message type.' }],
  [131052, { disposition: 'permanent', hint: "The sender's media could not be downloaded; ask for it again." }],
  [
    131053,
    { disposition: 'permanent', hint: "The file's type does not match its content, or WhatsApp does not take it." },
  ],
  [
    131056,
    {
      disposition: 'wait',
      pause: 6_000,
      hint: 'Too many messages to the same recipient: about one in 6 seconds is allowed for long.',
    },
  ],
  [131057, retry],
  [131062, { disposition: 'permanent', hint: 'Authentication templates need a phone number, not a user id.' }],
  [
    132000,
    { disposition: 'permanent', hint: `The template has more or fewer parameters than were given. ${showTemplates}` },
  ],
  [
    132001,
    {
      disposition: 'permanent',
      hint: 'There is no approved template of this name in this language: `kapso-whatsapp-cli templates list` shows all.',
    },
  ],
  [132005, { disposition: 'permanent', hint: 'The template with its parameters is too long: shorten them.' }],
  [
    132007,
    { disposition: 'permanent', hint: "Meta refuses the template's content by policy; see the WhatsApp Manager." },
  ],
  [
    132012,
    { disposition: 'permanent', hint: `A parameter is of another kind than the template wants. ${showTemplates}` },
  ],
  [132015, { disposition: 'permanent', hint: 'Meta has paused the template for its low quality: use another one.' }],
  [132016, { disposition: 'permanent', hint: 'Meta has disabled the template for its low quality: use another one.' }],
  [
    132018,
    {
      disposition: 'permanent',
      hint: 'A parameter may have no line break, no tab, and no more than 4 spaces in a row.',
    },
  ],
  [132068, { disposition: 'permanent', hint: 'Meta has blocked the flow; see the WhatsApp Manager.' }],
  [132069, { disposition: 'wait', pause: 3_600_000, hint: 'Meta lets this flow go out 10 times an hour.' }],
  [133010, { disposition: 'auth', hint: 'The number is not registered at WhatsApp: reconnect it in Kapso.' }],
]);

const byHttpStatus: ReadonlyMap<number, ApiErrorClass> = new Map<number, ApiErrorClass>([
  [
    401,
    {
      disposition: 'auth',
      hint: checkKey('KAPSO_API_KEY, kapso.apiKey, or that of the account'),
    },
  ],
  [402, { disposition: 'permanent', hint: "Check the Kapso project's plan and payment." }],
  [403, { disposition: 'permanent', hint: 'The API key or the number (a sandbox number?) may not do this.' }],
  [404, { disposition: 'permanent', hint: 'Check the phone number id in the configuration, and the API version.' }],
  [409, { disposition: 'retry', hint: 'Another message to this conversation is on its way; try again shortly.' }],
  [413, { disposition: 'permanent', hint: 'The file is larger than Kapso takes.' }],
  [422, { disposition: 'permanent' }],
  [
    429,
    {
      disposition: 'wait',
      hint: "Kapso's limit of requests a minute for this API key is used up; it counts all APIs.",
    },
  ],
]);

/** Meta's codes that this program knows. */
export const knownMetaCodes: readonly number[] = [...byMetaCode.keys()];

/** Every code that a refusal is known by: Meta's, and the HTTP statuses that count where Meta says nothing. */
export const knownRefusals: readonly number[] = [...knownMetaCodes, ...byHttpStatus.keys()];

/** Classifies a refusal by Meta's code where it is a known one, else by the HTTP status. */
export function classifyApiError(httpStatus: number, metaCode: number | null): ApiErrorClass {
  if (metaCode !== null) {
    const known = byMetaCode.get(metaCode);
    if (known) return known;
    if (metaCode >= 200 && metaCode <= 299) {
      return { disposition: 'auth', hint: 'Reconnect the WhatsApp number in Kapso: a permission is missing.' };
    }
  }
  const known = byHttpStatus.get(httpStatus);
  if (known) return known;
  if (httpStatus >= 300 && httpStatus <= 399) {
    return { disposition: 'permanent', hint: 'Check the base URL (KAPSO_BASE_URL): the API does not redirect.' };
  }
  return httpStatus >= 500 || httpStatus === 408 ? retry : { disposition: 'permanent' };
}

/**
 * Meta's codes that do not say what went wrong: "unknown", "possible server error", "unavailable". They do not say
 * whether the message was taken before.
 */
const vagueMetaCodes: ReadonlySet<number> = new Set([1, 2, 131000, 131016]);

/** During maintenance of an account Meta refuses everything, with the HTTP status 500. */
const maintenance = 131057;

/** Whether a refused request may have been carried out despite the refusal, or may be later. */
export function mayHaveActed(httpStatus: number, metaCode: number | null): boolean {
  if (classifyApiError(httpStatus, metaCode).disposition !== 'retry' || metaCode === maintenance) return false;
  if (metaCode !== null && vagueMetaCodes.has(metaCode)) return true;
  return httpStatus >= 500 || httpStatus === 408;
}
