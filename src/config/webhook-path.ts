/** Where the webhook server says that it is well. */
export const healthPath = '/health';

/** Why the webhook server cannot serve this path; null when it can. */
export function wrongWebhookPath(path: string): string | null {
  if (isServed(path, healthPath)) return `cannot be ${path}: there the server says whether it is well`;
  if (!path.startsWith('/') || /[?#\s]/.test(path)) return 'must be an absolute path without a query';
  return null;
}

/**
 * Path and query of a request's target, which some proxies and clients write with scheme and host before it (RFC 9112, section 3.2.2).
 *
 * @param target of the request line, e.g. `/webhook?x=1` or `http://example.com/webhook`
 */
export function readTarget(target: string): { path: string; query: string } {
  const origin = target.replace(/^https?:\/\/[^/?#]*/i, '');
  const question = origin.indexOf('?');
  const path = question === -1 ? origin : origin.slice(0, question);
  return { path: path === '' ? '/' : path, query: question === -1 ? '' : origin.slice(question) };
}

/**
 * Whether a request's path is the one that is served, with or without one slash at its end. Every other spelling (`//`, `%77`, `/./`) is another
 * path: proxies decide by the path who may go where, and two that read it differently let through what one of them would not.
 */
export function isServed(path: string, served: string): boolean {
  if (path === served) return true;
  if (path === '/' || served === '/') return false;
  return path === `${served}/` || served === `${path}/`;
}
