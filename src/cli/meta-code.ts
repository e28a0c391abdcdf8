import { UsageError } from '../errors.ts';
import { type ApiErrorClass, classifyApiError, knownMetaCodes } from '../kapso/http/error-table.ts';

/** Where Meta says what each of its codes means. */
const metaList = 'https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes';

const consequences: Readonly<Record<ApiErrorClass['disposition'], string>> = {
  retry: 'It passes: the poller tries again by itself, and send ends with 75.',
  wait: 'It passes: the poller waits and tries again by itself, and send ends with 75.',
  window: 'The poller does not try again by itself, and send ends with 69.',
  permanent: 'The same request fails again: the poller does not repeat it, and send ends with 69.',
  unknown: 'It may have been sent all the same: look at the conversation first.',
  auth: 'Nothing is sent until that is put right; send ends with 77.',
};

/** What one of Meta's error codes means for a sender, a sentence or two each. */
export interface MetaCode {
  meaning: string;
  consequence: string;
  /** A page below `docs/`. */
  page: string;
}

/** Whether somebody asks for a code of Meta's, which are numbers, and not for one of this program's. */
export function isMetaCode(given: string): boolean {
  return /^\d{1,7}$/.test(given);
}

/** @throws UsageError when this program does not know the code */
export function explainMetaCode(given: string): MetaCode {
  const code = Number(given);
  if (!knownMetaCodes.includes(code)) {
    throw new UsageError(`${given} is not among the error codes of Meta that this program knows`, {
      hint: `Meta's list is at ${metaList}; kapso-whatsapp-cli explain lists this program's own codes`,
    });
  }
  const { hint, disposition } = classifyApiError(400, code);
  const meaning = hint ?? 'Something failed at Meta for the moment, or its limit of requests is used up.';
  return {
    meaning,
    consequence: consequences[disposition],
    page: 'guides/troubleshooting.md#an-answer-did-not-arrive',
  };
}
