/** The path of the webhook server's health check. */
export const healthPath = '/health';

/** Returns why the webhook server cannot serve this path, or null when it can. */
export function wrongWebhookPath(path: string): string | null {
  if (isServed(path, healthPath)) return `cannot be ${path}: there the server says whether it is well`;
  if (!path.startsWith('/') || /[?#\s]/.test(path)) return 'must be an absolute path without a query';
  return null;
}

/**
 * Splits a request's target into path and query. Some proxies and clients write scheme and host before it (RFC 9112,
 * section 3.2.2).
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
 * Whether a request's path is the served one, with or without one trailing slash. Every other spelling (`//`, `%77`,
 * `/./`) is another path. A proxy may allow or refuse by the path: if we read a path differently, a refused request
 * could get through.
 */
export function isServed(path: string, served: string): boolean {
  if (path === served) return true;
  if (path === '/' || served === '/') return false;
  return path === `${served}/` || served === `${path}/`;
}
