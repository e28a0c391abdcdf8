import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { compareConfigs, withLiveSettings } from '../../src/config/reloadable.ts';
import { account, createHome } from './fixture.ts';

const load = (more: NodeJS.ProcessEnv = {}) =>
  loadConfig({ env: { ...account, ...more }, home: createHome().path, need: 'poller' }).then(({ config }) => ({
    ...config,
    state: { ...config.state, dir: '/state' },
  }));

it('tells what takes effect at once from what needs a restart', async () => {
  const changed = {
    KAPSO_POLL_INTERVAL: '77',
    KAPSO_LOG_LEVEL: 'debug',
    OPENCLAW_TOKEN: 'new',
    KAPSO_WEBHOOK_SECRET: 's3cret-value',
  };
  expect(compareConfigs(await load(), await load(changed))).toEqual({
    applied: ['gateway.token', 'polling.interval', 'log.level'],
    needRestart: ['webhook.secret'],
  });
  expect(compareConfigs(await load(), await load())).toEqual({ applied: [], needRestart: [] });
});

it('takes over what can change, and leaves everything else, and its argument, as it was', async () => {
  const current = await load();
  const before = structuredClone(current);
  const next = withLiveSettings(
    current,
    await load({ KAPSO_RECEIPTS_READ: 'false', KAPSO_GATEWAY_AGENT: 'other', KAPSO_POLL_FALLBACK: 'true' }),
  );
  expect(next).toEqual({ ...before, receipts: { ...before.receipts, read: false } });
  expect(current).toEqual(before);
});
