import { describe, expect, test } from 'vitest';
import { settings } from '../../src/config/config.generated.ts';
import { getPath } from '../../src/config/layer.ts';
import { account, createHome } from './fixture.ts';

const webhookMode = { KAPSO_MODE: 'domain', KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify' };

describe('documented variables', () => {
  test('the two required ones are enough, and all others have their documented defaults', async () => {
    const home = createHome();
    const { config, file, warnings } = await home.load();
    expect(file).toBeNull();
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      mode: 'polling',
      kapso: { apiKey: 'key-0123456789', phoneNumberId: '647015955153740', baseUrl: 'https://api.kapso.ai' },
      gateway: { url: 'ws://127.0.0.1:18789' },
      polling: { interval: 30, fallback: false },
      state: { dir: `${home.path}/.config/kapso-whatsapp` },
      webhook: { listen: ':18790', secret: [] },
    });
    expect(config.gateway.token).toBeUndefined();
    expect(config.webhook.verifyToken).toBeUndefined();
  });

  test.each([
    ['KAPSO_MODE', 'polling', 'mode', 'polling', {}],
    ['KAPSO_MODE', 'tailscale', 'mode', 'tailscale', { KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify' }],
    ['KAPSO_MODE', 'domain', 'mode', 'domain', { KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify' }],
    ['KAPSO_API_KEY', 'other-key', 'kapso.apiKey', 'other-key', {}],
    ['KAPSO_PHONE_NUMBER_ID', '15550001111', 'kapso.phoneNumberId', '15550001111', {}],
    ['KAPSO_BASE_URL', 'http://127.0.0.1:8080', 'kapso.baseUrl', 'http://127.0.0.1:8080', {}],
    ['OPENCLAW_GATEWAY_URL', 'wss://gateway.example.com', 'gateway.url', 'wss://gateway.example.com', {}],
    ['OPENCLAW_TOKEN', 'a token, with blanks', 'gateway.token', 'a token, with blanks', {}],
    ['KAPSO_POLL_INTERVAL', '5', 'polling.interval', 5, {}],
    ['KAPSO_STATE_DIR', '/var/lib/kapso', 'state.dir', '/var/lib/kapso', {}],
    ['KAPSO_POLL_FALLBACK', 'true', 'polling.fallback', true, {}],
    ['KAPSO_POLL_FALLBACK', '1', 'polling.fallback', true, {}],
    ['KAPSO_POLL_FALLBACK', '0', 'polling.fallback', false, {}],
    ['KAPSO_WEBHOOK_ADDR', '127.0.0.1:0', 'webhook.listen', '127.0.0.1:0', {}],
    ['KAPSO_WEBHOOK_ADDR', '[::1]:18790', 'webhook.listen', '[::1]:18790', {}],
    ['KAPSO_WEBHOOK_ADDR', 'unix:/run/kapso.sock', 'webhook.listen', 'unix:/run/kapso.sock', {}],
    ['KAPSO_WEBHOOK_VERIFY_TOKEN', 'token', 'webhook.verifyToken', 'token', {}],
    ['KAPSO_WEBHOOK_SECRET', 'with,a,comma', 'webhook.secret', ['with,a,comma'], {}],
    ['KAPSO_WEBHOOK_SECRET', 'new\nold\n', 'webhook.secret', ['new', 'old'], {}],
  ])('%s=%s sets %s', async (variable, text, key, value, beside) => {
    const { config, origins } = await createHome().load({ env: { ...account, ...beside, [variable]: text } });
    expect(getPath(config, key)).toEqual(value);
    expect(origins[key]).toBe(`environment variable ${variable}`);
  });

  test.each([
    ['KAPSO_MODE', 'webhook', 'is "webhook"; it must be one of polling, tailscale, domain'],
    ['KAPSO_API_KEY', 'two words', 'without blanks'],
    ['KAPSO_PHONE_NUMBER_ID', '+1 555 000', 'the id that Kapso shows, not the phone number; digits only'],
    ['KAPSO_BASE_URL', 'api.kapso.ai', 'starting with https://'],
    ['KAPSO_BASE_URL', 'https://api.kapso.ai/meta/whatsapp', 'without a path'],
    ['KAPSO_BASE_URL', 'http://api.kapso.ai', 'must start with https://'],
    ['OPENCLAW_GATEWAY_URL', 'http://127.0.0.1:18789', 'starts with ws:// or wss://'],
    ['OPENCLAW_GATEWAY_URL', 'ws://me:pass@127.0.0.1', 'without a user name'],
    ['OPENCLAW_GATEWAY_URL', 'ws://gateway.example.com', 'must start with wss://'],
    ['OPENCLAW_TOKEN', ' blank', 'begins with a blank; take it off'],
    ['KAPSO_POLL_INTERVAL', '3', 'is 3; it must be a whole number of seconds, without the unit, at least 5'],
    ['KAPSO_POLL_INTERVAL', '30s', 'is "30s"; it must be a whole number of seconds, without the unit'],
    ['KAPSO_POLL_INTERVAL', '7.5', 'whole number'],
    ['KAPSO_POLL_INTERVAL', '9999999999', 'at most 86400'],
    ['KAPSO_POLL_FALLBACK', 'yes', 'is "yes"; it must be true or false'],
    ['KAPSO_STATE_DIR', ' ', 'the path of a directory'],
    ['KAPSO_WEBHOOK_ADDR', '18790', 'host:port'],
    ['KAPSO_WEBHOOK_ADDR', ':65536', 'at most 65535'],
    ['KAPSO_WEBHOOK_VERIFY_TOKEN', 'two\nlines', 'one line'],
    ['KAPSO_WEBHOOK_SECRET', 'good\n \ngood', 'one line'],
  ])('%s=%s is refused by name, with what would be right', async (variable, text, right) => {
    const error = await createHome().refusal({ env: { ...account, ...webhookMode, [variable]: text } });
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.problems).toHaveLength(1);
    expect(error.problems[0]).toMatchObject({ variable });
    expect(error.message).toContain(right);
    expect(error.message).toContain(`${variable} (`);
  });

  test('every number and every choice has its limits checked', async () => {
    for (const { env, type, expected } of settings) {
      if (type === 'string' && !expected.startsWith('one of')) continue;
      if (type === 'list') continue;
      const error = await createHome().refusal({ env: { ...account, [env]: '-1' } });
      expect(error.problems.map(({ variable }) => variable)).toEqual([env]);
    }
  });

  test('an empty variable counts as not set', async () => {
    const { config } = await createHome().load({ env: { ...account, KAPSO_POLL_INTERVAL: '', OPENCLAW_TOKEN: '' } });
    expect(config.polling.interval).toBe(30);
    expect(config.gateway.token).toBeUndefined();
  });

  test('a variable that looks like ours is reported with the name that was meant', async () => {
    const { warnings } = await createHome().load({ env: { ...account, KAPSO_POL_INTERVAL: '10' } });
    expect(warnings).toEqual([
      expect.stringContaining('KAPSO_POL_INTERVAL is not known and is ignored; did you mean KAPSO_POLL_INTERVAL?'),
    ]);
  });

  test.each([
    ['OPENCLAW_TOKN', 'OPENCLAW_TOKEN'],
    ['OPENCLAW_GATEWAY_ULR', 'OPENCLAW_GATEWAY_URL'],
  ])('%s is all but one of the two that we share with OpenClaw, and is reported', async (name, meant) => {
    const { warnings } = await createHome().load({ env: { ...account, [name]: 'x', OPENCLAW_STATE_DIR: '/x' } });
    expect(warnings).toEqual([expect.stringContaining(`${name} is not known and is ignored; did you mean ${meant}?`)]);
  });

  test('all problems are reported at once, one a line', async () => {
    const error = await createHome().refusal({ env: { KAPSO_POLL_INTERVAL: 'x', KAPSO_MODE: 'y' } });
    expect(error.problems.map(({ key }) => key).sort()).toEqual([
      'kapso.apiKey',
      'kapso.phoneNumberId',
      'mode',
      'polling.interval',
    ]);
    expect(error.message.split('\n')).toHaveLength(5);
  });

  test('long text in the wrong place is not repeated: it may be a secret', async () => {
    const key = 'a1b2c3d4'.repeat(5);
    const error = await createHome().refusal({ env: { ...account, KAPSO_PHONE_NUMBER_ID: key } });
    expect(error.message).not.toContain(key);
  });
});

describe('the state directory', () => {
  test('is the first of $STATE_DIRECTORY under systemd', async () => {
    const { config, origins } = await createHome().load({
      env: { ...account, STATE_DIRECTORY: '/var/lib/a:/var/lib/b' },
    });
    expect(config.state.dir).toBe('/var/lib/a');
    expect(origins['state.dir']).toContain('$STATE_DIRECTORY');
  });

  test('is what KAPSO_STATE_DIR says, before $STATE_DIRECTORY, with ~/ expanded', async () => {
    const home = createHome();
    const env = { ...account, STATE_DIRECTORY: '/var/lib/a', KAPSO_STATE_DIR: '~/state' };
    expect((await home.load({ env })).config.state.dir).toBe(`${home.path}/state`);
  });
});

describe('what is required', () => {
  test('the command line program needs the account only, and leaves the gateway variables alone', async () => {
    const env = { ...account, KAPSO_MODE: 'domain', OPENCLAW_GATEWAY_URL: 'http://elsewhere' };
    expect((await createHome().load({ env, need: 'cli' })).config.gateway.url).toBe('ws://127.0.0.1:18789');
    const error = await createHome().refusal({ env: {}, need: 'cli' });
    expect(error.problems.map(({ variable }) => variable)).toEqual(['KAPSO_API_KEY', 'KAPSO_PHONE_NUMBER_ID']);
    expect(error.message).toContain('KAPSO_API_KEY_FILE');
  });

  test('nothing, for a look at the configuration', async () => {
    const { config } = await createHome().load({ env: {}, need: 'none' });
    expect(config.kapso.apiKey).toBeUndefined();
  });

  test.each(['tailscale', 'domain'])('the verify token in the mode %s', async mode => {
    const error = await createHome().refusal({ env: { ...account, KAPSO_MODE: mode } });
    expect(error.problems).toMatchObject([{ key: 'webhook.verifyToken', variable: 'KAPSO_WEBHOOK_VERIFY_TOKEN' }]);
    expect(error.message).toContain(`in the mode ${mode}`);
  });

  test('a variable that is set but empty is said to be so', async () => {
    const error = await createHome().refusal({ env: { ...account, KAPSO_API_KEY: '' } });
    expect(error.message).toContain('KAPSO_API_KEY (kapso.apiKey): is set but empty, and required');
  });
});
