import { describe, expect, test } from 'vitest';
import { settings } from '../../src/config/config.generated.ts';
import { account, createHome } from './fixture.ts';

/** Forms that keys and tokens have; none may come back in what an error says. */
const secrets = [
  'sk-123',
  'hunter2!',
  'correcthorse',
  'k3y-0123456789abcdef',
  'AKIA7Q2Z9XW3',
  '90311733551',
  'a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6',
  'aGVsbG8vd29ybGQ+c2VjcmV0/0123456789==',
  'me:pa55word',
];
const webhookMode = { KAPSO_MODE: 'domain', KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify' };

/** Returns everything that a refused start prints, and '' when the value is right for the setting. */
async function said(options: { env?: NodeJS.ProcessEnv; file?: string; name?: string }): Promise<string> {
  const home = createHome();
  if (options.file !== undefined) home.write(options.name ?? 'config.yaml', options.file);
  const outcome = home.load({ env: { ...account, ...webhookMode, ...options.env } });
  const text = await outcome.then(({ warnings }) => warnings.join('\n')).catch((error: Error) => error.message);
  return text.replaceAll(home.path, '');
}

describe.each(settings.map(({ key, env }) => ({ key, env })))('a secret in the place of $key', ({ key, env }) => {
  test.each(secrets)('%s is not repeated', async secret => {
    expect(await said({ env: { [env]: secret } })).not.toContain(secret);
    const quoted = JSON.stringify(secret);
    const file = key
      .split('.')
      .reduceRight((inner, name, at) => (at === 0 ? `${name}: ${inner}` : `{ ${name}: ${inner} }`), quoted);
    expect(await said({ file, env: { KAPSO_MODE: undefined } })).not.toContain(secret);
    // As YAML reads it without quotes: a number, or text.
    expect(await said({ file: file.replace(quoted, secret), env: { KAPSO_MODE: undefined } })).not.toContain(secret);
  });
});

describe.each([
  ['KAPSO_BASE_URL', 'https://api.kapso.ai'],
  ['OPENCLAW_GATEWAY_URL', 'ws://127.0.0.1:18789'],
  ['OPENCLAW_GATEWAY_URL', 'ws://gateway.example.com'],
  ['KAPSO_WEBHOOK_PUBLIC_URL', 'https://example.com/webhook'],
])('a token in %s %s', (variable, address) => {
  test.each([
    ['the query', (url: string, token: string) => `${url}?token=${token}`, 'a query'],
    ['the query of a path', (url: string, token: string) => `${url}/?t=${token}`, 'a query'],
    ['the fragment', (url: string, token: string) => `${url}#${token}`, 'a fragment'],
    ['the password', (url: string, token: string) => url.replace('://', `://me:${token}@`), 'a user name or password'],
    ['the user name', (url: string, token: string) => url.replace('://', `://${token}@`), 'a user name or password'],
  ])('as %s is refused by what it is and not repeated', async (_part, put, what) => {
    for (const token of ['t0k', 'k3y-0123456789abcdef']) {
      const text = await said({ env: { [variable]: put(address, token) } });
      expect(text).toContain(`${variable} (`);
      expect(text).toContain(`has ${what}`);
      expect(text).not.toContain(token);
    }
  });
});

test.each(['s3cr3t!:12345', '[s3cr3t]:12345', 'unix:/s3cr3t/'])(
  'of a listen address that is none, nothing is repeated: %s',
  async text => {
    const error = await said({ env: { KAPSO_WEBHOOK_ADDR: text } });
    expect(error).toContain('KAPSO_WEBHOOK_ADDR (');
    expect(error).not.toContain('s3cr3t');
  },
);

test('of an address that is refused for its scheme neither host nor path are repeated', async () => {
  for (const [variable, url] of [
    ['KAPSO_BASE_URL', 'http://k3y-0123456789.example.com'],
    ['OPENCLAW_GATEWAY_URL', 'ws://k3y-0123456789/path'],
    ['OPENCLAW_GATEWAY_URL', 'https://example.com/k3y-0123456789'],
  ] as const) {
    expect(await said({ env: { [variable]: url } })).not.toContain('k3y-0123456789');
  }
});

describe("a secret in the place of a key's name", () => {
  test.each(secrets)('%s is not repeated, and its line is named', async secret => {
    const name = JSON.stringify(secret);
    for (const [file, place] of [
      [`mode: polling\n${name}:\n`, ':2:1: has a key here that is not known'],
      [`mode: polling\n${name}: x\n`, ':2:1: has a key here that is not known'],
      [`kapso:\n  ${name}: x\n`, ':2:3 (kapso): has a key here that is not known'],
      [`kapso:\n  ${name}: { a: b }\n`, ':2:3 (kapso): has a key here that is not known'],
      [`kapso:\n  apiKey: { ${name}: x }\n`, ':2:11 (kapso.apiKey)'],
      [`webhook:\n  secret: [ { ${name}: x } ]\n`, ':2:13 (webhook.secret)'],
    ] as const) {
      const text = await said({ file, env: { KAPSO_MODE: undefined } });
      expect(text).toContain(place);
      expect(text).not.toContain(secret);
    }
    const json = await said({ file: `{\n "kapso": { ${name}: 1 } }`, name: 'config.json' });
    expect(json).toContain(':2:13 (kapso): has a key here that is not known');
    expect(json).not.toContain(secret);
  });

  test('several in one section are named one by one', async () => {
    const text = await said({ file: 'kapso:\n  sk-1: x\n  sk-2: y\npolling:\n  intervall: 3\n' });
    expect(text.match(/:[23]:3 \(kapso\): has a key/g)).toHaveLength(2);
    expect(text).toContain('(polling.intervall): is not a known key; did you mean polling.interval?');
  });
});

test('a secret that also stands where it would be shown refuses the start', async () => {
  const secret = 'k3y0123456789abcdef';
  const elsewhere = [
    'KAPSO_GATEWAY_AGENT',
    'KAPSO_GATEWAY_SHARED_SESSION',
    'KAPSO_STATE_DIR',
    'KAPSO_TAILSCALE_COMMAND',
  ];
  for (const variable of elsewhere) {
    const text = await said({ env: { KAPSO_API_KEY: secret, [variable]: secret } });
    expect(text).toContain(`${variable} (`);
    expect(text).toContain('has the value of a secret');
    expect(text).not.toContain(secret);
  }
});

test.each([
  ['KAPSO_MODE', 'pol', null],
  ['KAPSO_MODE', 'poling', 'is "poling"'],
  ['KAPSO_MODE', 'Webhook', 'is "Webhook"'],
  ['KAPSO_LOG_LEVEL', 'warnings', null],
  ['KAPSO_TIMEOUT', '30 sec', 'is "30 sec"'],
  ['KAPSO_TIMEOUT', '1234567890123', null],
  ['KAPSO_POLL_FALLBACK', 'On', 'is "On"'],
])('what can be no secret is repeated, and nothing else: %s=%s', async (variable, value, right) => {
  const text = await said({ env: { [variable]: value } });
  if (right === null) expect(text).not.toContain(value === 'pol' ? '"pol"' : value);
  else expect(text).toContain(right);
});

describe('the path of a file that is not there', () => {
  test.each([
    '/run/secrets/kapso',
    './key',
    '~/key',
    'secrets/api.key',
    '/nix/store/0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d-key',
  ])('%s is named', async path => {
    const { KAPSO_API_KEY: _, ...rest } = account;
    const error = await createHome().refusal({ env: { ...rest, KAPSO_API_KEY_FILE: path } });
    expect(error.message).toContain(path.replace(/^[.~]\//, '/'));
  });

  test.each(secrets.filter(secret => !secret.includes('/')))(
    '%s may be the secret itself, and is not',
    async secret => {
      for (const [variable, hint] of [
        ['KAPSO_API_KEY_FILE', 'that goes into KAPSO_API_KEY'],
        ['KAPSO_CONFIG', 'a configuration file, which does not exist'],
      ] as const) {
        const error = await createHome().refusal({ env: { KAPSO_PHONE_NUMBER_ID: '1', [variable]: secret } });
        expect(error.message).toContain(hint);
        expect(error.message).not.toContain(secret);
      }
      const long = await createHome().refusal({ env: { ...account, KAPSO_CONFIG: secret.repeat(60) } });
      expect(long.message).not.toContain(secret);
    },
  );
});
