/** Where the webhook server says that it is well. */
export const healthPath = '/health';

/** Why the webhook server cannot serve this path; null when it can. */
export function wrongWebhookPath(path: string): string | null {
  if (path === healthPath) return `cannot be ${healthPath}: there the server says whether it is well`;
  if (!path.startsWith('/') || /[?#\s]/.test(path)) return 'must be an absolute path without a query';
  return null;
}
