import type { Listener } from './listen.ts';

/** What of the poller listens for others, in the words of its errors. */
export const listeners = {
  webhook: { name: 'the webhook server', setting: 'webhook.listen (KAPSO_WEBHOOK_ADDR)' },
  metrics: { name: 'the server of health and metrics', setting: 'metrics.listen (KAPSO_METRICS_ADDR)' },
  page: { name: 'the page', setting: 'ui.listen (KAPSO_UI_ADDR)', umask: 0o177 },
} as const satisfies Record<string, Listener>;
