import { type ErrorCode, errorCodes } from '../error-codes.ts';
import { errorGuides } from './error-guides.ts';

/**
 * What an error code means and what to do about it, a paragraph each. The page of error codes has the same words.
 *
 * @param more names the page that goes through the causes: `guides/proxy.md`, below `docs/`
 */
export function explanationOf(code: ErrorCode, more: (page: string) => string): string[] {
  const { meaning, advice, exit } = errorCodes[code];
  const { look, page } = errorGuides[code];
  return [`${meaning} Exit code ${exit}.`, advice, look, `More: ${more(page)}`];
}
