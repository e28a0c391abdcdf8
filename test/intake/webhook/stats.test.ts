import { expect, test } from 'vitest';
import { createWebhookStats } from '../../../src/intake/webhook/stats.ts';

test('a flood of invented names is counted under one', () => {
  const stats = createWebhookStats();
  for (let i = 0; i < 150; i += 1) stats.heard({ type: 'item skipped', reason: `reason ${i}` });
  for (let i = 0; i < 150; i += 1) stats.sendFailed(i);
  const { skipped, failedSends } = stats.read();
  for (const counts of [skipped, failedSends]) {
    expect(Object.keys(counts)).toHaveLength(101);
    expect(counts.other).toBe(50);
  }
});
