import { expect, test } from 'vitest';
import { settings } from '../../src/config/config.generated.ts';
import { describeConfig } from '../../src/config/show.ts';
import { account, createHome } from './fixture.ts';

test('shows every key with its value and origin, and no secret', async () => {
  const home = createHome();
  const path = home.write('config.yaml', 'polling:\n  interval: 60\n');
  const env = { ...account, OPENCLAW_TOKEN: 's3cr3t', KAPSO_WEBHOOK_SECRET: 's3cr3t-1\ns3cr3t-22' };
  const shown = describeConfig(await home.load({ env }));
  expect(shown.map(({ key }) => key)).toEqual(settings.filter(({ fileOf }) => !fileOf).map(({ key }) => key));
  expect(shown).toEqual(
    expect.arrayContaining([
      { key: 'polling.interval', value: '60', origin: `${path}:2` },
      { key: 'mode', value: 'polling', origin: 'default' },
      { key: 'gateway.token', value: 'set (6 characters)', origin: 'environment variable OPENCLAW_TOKEN' },
      {
        key: 'webhook.secret',
        value: 'set (8 characters), set (9 characters)',
        origin: 'environment variable KAPSO_WEBHOOK_SECRET',
      },
      { key: 'webhook.verifyToken', value: 'not set', origin: 'not set' },
    ]),
  );
  expect(JSON.stringify(shown)).not.toMatch(/s3cr3t|key-0123456789/);
});
