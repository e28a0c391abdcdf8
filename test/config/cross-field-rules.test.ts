import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { account, createHome } from './fixture.ts';

const domain = { ...account, KAPSO_MODE: 'domain', KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify' };

test.each([
  'ws://localhost:18789',
  'ws://[::1]:18789',
  'ws://127.8.8.8',
  'ws://10.1.2.3',
  'ws://172.16.0.1',
  'ws://192.168.1.2:18789',
  'ws://169.254.1.1',
  'ws://100.64.0.1',
  'ws://[fd00::1]',
  'ws://[fe80::1]',
  'ws://box.local',
  'ws://box.tailnet.ts.net',
  'wss://gateway.example.com/socket',
])('the gateway may be at %s', async url => {
  const { config } = await createHome().load({ env: { ...account, OPENCLAW_GATEWAY_URL: url } });
  expect(config.gateway.url).toBe(url);
});

test.each(['ws://8.8.8.8', 'ws://172.32.0.1', 'ws://100.128.0.1', 'ws://[2001:db8::1]', 'ws://127.0.0.1.example.com'])(
  'messages do not go in the clear to %s',
  async url => {
    const error = await createHome().refusal({ env: { ...account, OPENCLAW_GATEWAY_URL: url } });
    expect(error.problems).toMatchObject([{ key: 'gateway.url', variable: 'OPENCLAW_GATEWAY_URL' }]);
    expect(error.message).toContain('must start with wss://');
  },
);

test("the gateway client's way out for private names is ours too, and not for addresses", async () => {
  const env = { ...account, OPENCLAW_ALLOW_INSECURE_PRIVATE_WS: '1' };
  await createHome().load({ env: { ...env, OPENCLAW_GATEWAY_URL: 'ws://gateway.internal' } });
  await createHome().refusal({ env: { ...env, OPENCLAW_GATEWAY_URL: 'ws://8.8.8.8' } });
});

test.each([
  ['KAPSO_WEBHOOK_PATH', '/health', 'says whether it is well'],
  ['KAPSO_WEBHOOK_ADDR', 'unix:/run/kapso/', 'does not name a file'],
  ['KAPSO_WEBHOOK_ADDR', `unix:/run/${'x'.repeat(110)}/w.sock`, '107 bytes'],
  ['KAPSO_WEBHOOK_ADDR', '[1]:80', 'no IPv6 address'],
  ['KAPSO_WEBHOOK_ADDR', 'a!b:18790', 'no host name'],
])('what the webhook server would refuse is refused here: %s=%s', async (variable, value, said) => {
  const error = await createHome().refusal({ env: { ...domain, [variable]: value }, withoutSecrets: true });
  expect(error.problems).toMatchObject([{ variable, message: expect.stringContaining(said) }]);
  await createHome().load({ env: { ...account, [variable]: value } });
});

test('what the server of health and metrics would refuse is refused here, while it is on', async () => {
  const said = async (address: string, env: Record<string, string> = account) => {
    const metrics = { KAPSO_METRICS_ENABLE: 'true', KAPSO_METRICS_ADDR: address };
    const error = await createHome().refusal({ env: { ...env, ...metrics }, withoutSecrets: true });
    return error.problems.map(({ variable, message }) => `${variable} ${message}`);
  };
  expect(await said('unix:/run/kapso/')).toEqual([expect.stringMatching(/^KAPSO_METRICS_ADDR .*does not name a file/)]);
  expect(await said(':18790', { ...domain, KAPSO_WEBHOOK_ADDR: ':18790' })).toEqual([
    'KAPSO_METRICS_ADDR is the address of webhook.listen too; give one of them another port',
  ]);
  await createHome().load({ env: { ...account, KAPSO_METRICS_ENABLE: 'true', KAPSO_METRICS_ADDR: ':18790' } });
  await createHome().load({ env: { ...account, KAPSO_METRICS_ADDR: 'unix:/run/kapso/' } });
});

test('required signatures need a secret to check them with', async () => {
  const env = { ...domain, KAPSO_WEBHOOK_REQUIRE_SIGNATURE: 'true' };
  const error = await createHome().refusal({ env });
  expect(error.problems).toMatchObject([{ variable: 'KAPSO_WEBHOOK_REQUIRE_SIGNATURE' }]);
  await createHome().load({ env: { ...env, KAPSO_WEBHOOK_SECRET: 'secret' } });
});

test('a secret that a registration has made is one to check signatures with', async () => {
  const home = createHome();
  const state = dirname(home.write('webhook-secret', 'made'));
  await home.load({ env: { ...domain, KAPSO_WEBHOOK_REQUIRE_SIGNATURE: 'true', KAPSO_STATE_DIR: state } });
});

test('a secret that a registration has made and somebody has emptied does not switch the check off', async () => {
  const home = createHome();
  const state = dirname(home.write('webhook-secret', '\n'));
  const env = { ...domain, KAPSO_STATE_DIR: state };
  expect((await home.refusal({ env })).problems).toMatchObject([
    { key: 'webhook.secret', message: expect.stringContaining('is empty') },
  ]);
  await home.load({ env, need: 'registration' });
  await home.load({ env: { ...env, KAPSO_WEBHOOK_SECRET: 'secret' } });
  await home.load({ env: { ...env, KAPSO_MODE: 'polling' } });
});

test('a registration may make the secret that is required, and needs all else that the poller needs', async () => {
  const env = { ...domain, KAPSO_WEBHOOK_REQUIRE_SIGNATURE: 'true' };
  await createHome().refusal({ env });
  await createHome().load({ env, need: 'registration' });
  await createHome().refusal({ env: { ...env, KAPSO_WEBHOOK_PATH: '/health' }, need: 'registration' });
  await createHome().refusal({ env: { ...env, KAPSO_WEBHOOK_VERIFY_TOKEN: undefined }, need: 'registration' });
});

test('a signing secret that came out empty does not switch the check off', async () => {
  const error = await createHome().refusal({ env: { ...domain, KAPSO_WEBHOOK_SECRET: '' } });
  expect(error.message).toContain('KAPSO_WEBHOOK_SECRET (webhook.secret): is set but empty');
  await createHome().load({ env: { ...account, KAPSO_WEBHOOK_SECRET: '' } });
});

test('registration in the mode domain needs the public address', async () => {
  const env = { ...domain, KAPSO_WEBHOOK_REGISTER: 'true' };
  expect((await createHome().refusal({ env })).problems).toMatchObject([{ variable: 'KAPSO_WEBHOOK_PUBLIC_URL' }]);
  await createHome().load({ env: { ...env, KAPSO_WEBHOOK_PUBLIC_URL: 'https://example.com/webhook' } });
  await createHome().load({ env: { ...env, KAPSO_MODE: 'tailscale' } });
});

test.each(['none', '👀', '❤️', '❤', '👍🏽', '👩‍💻', '🇩🇪', '1️⃣'])('the reaction may be %s', async emoji => {
  const { config } = await createHome().load({ env: { ...account, KAPSO_RECEIPTS_REACTION: emoji } });
  expect(config.receipts.reaction).toBe(emoji);
});

test.each(['👀👀', 'x', '1', '👀 ok', 'None', '🇩'])('the reaction %s is no emoji', async text => {
  const error = await createHome().refusal({ env: { ...account, KAPSO_RECEIPTS_REACTION: text } });
  expect(error.problems).toMatchObject([{ key: 'receipts.reaction', variable: 'KAPSO_RECEIPTS_REACTION' }]);
  expect(error.message).toContain('is not one emoji');
});
