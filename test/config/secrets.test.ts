import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settings } from '../../src/config/config.generated.ts';
import { getPath } from '../../src/config/layer.ts';
import { credentialName, exposure, secretsIn, secretsOf } from '../../src/config/secrets.ts';
import { account, createHome } from './fixture.ts';

const { KAPSO_API_KEY: _, ...number } = account;
const secrets = settings.filter(({ secret }) => secret);

describe.each(secrets)('$key', ({ key, env: variable, type }) => {
  const value = key === 'state.database' ? 'postgres://a:the-secret@db/inbox' : 'the-secret';
  const expected = type === 'list' ? [value] : value;
  // For kapso.apiKey the variable under test takes the place of the account's own.
  const env = variable === 'KAPSO_API_KEY' ? number : account;
  const [section = '', name = ''] = key.split('.');

  test('from the variable', async () => {
    const { config, origins } = await createHome().load({ env: { ...env, [variable]: value } });
    expect(getPath(config, key)).toEqual(expected);
    expect(origins[key]).toBe(`environment variable ${variable}`);
  });

  test('from the file that <VARIABLE>_FILE names, without the trailing newline', async () => {
    const home = createHome();
    const path = home.write('secret', `${value}\n`);
    const { config, origins, warnings } = await home.load({ env: { ...env, [`${variable}_FILE`]: path } });
    expect(getPath(config, key)).toEqual(expected);
    expect(origins[key]).toBe(`file ${path} (${variable}_FILE)`);
    expect(warnings).toEqual([]);
  });

  test('from the configuration file', async () => {
    const home = createHome();
    const path = home.write('config.yaml', `${section}:\n  ${name}: ${value}\n`);
    const { config, origins } = await home.load({ env });
    expect(getPath(config, key)).toEqual(expected);
    expect(origins[key]).toBe(`${path}:2`);
  });

  test('from the file that the configuration file names, relative to it', async () => {
    const home = createHome();
    const path = home.write('secret', `${value}\r\n`);
    const file = home.write('config.yaml', `${section}:\n  ${name}File: secret\n`);
    const { config, origins } = await home.load({ env });
    expect(getPath(config, key)).toEqual(expected);
    expect(origins[key]).toBe(`file ${path} (${key}File, ${file}:2)`);
  });

  test('from the systemd credential', async () => {
    const home = createHome();
    const path = home.write(`credentials/${credentialName(key)}`, value, 0o440);
    const { config, origins, warnings } = await home.load({ env: { ...env, CREDENTIALS_DIRECTORY: dirname(path) } });
    expect(getPath(config, key)).toEqual(expected);
    expect(origins[key]).toBe(`credential ${credentialName(key)}`);
    expect(warnings).toEqual([]);
  });

  test('never appears in an error', async () => {
    const home = createHome();
    for (const value of [' s3cr3t-value', 's3cr3t-value\r', '"s3cr3t-value"']) {
      const error = await home.refusal({ env: { ...env, [variable]: value } });
      expect(error.problems).toMatchObject([{ key, variable }]);
      expect(error.message).not.toContain('s3cr3t');
    }
    home.write('config.yaml', `${section}:\n  ${name}: " s3cr3t-value"\n`);
    expect((await home.refusal({ env })).message).not.toContain('s3cr3t');
  });
});

test('the credentials are named after the keys', () => {
  expect(secrets.map(({ key }) => credentialName(key))).toEqual([
    'kapso-api-key',
    'gateway-token',
    'state-database',
    'webhook-verify-token',
    'webhook-secret',
    'transcribe-api-key',
    'ui-token',
  ]);
});

test('the variable comes before its file, that before the configuration file, that before the credential', async () => {
  const home = createHome();
  const credential = home.write('credentials/kapso-api-key', 'from-credential');
  const named = home.write('named', 'from-variable-file');
  home.write('keyfile', 'from-key-file');
  const env: NodeJS.ProcessEnv = { ...number, CREDENTIALS_DIRECTORY: dirname(credential) };
  const key = async () => (await home.load({ env })).config.kapso.apiKey;
  expect(await key()).toBe('from-credential');
  home.write('config.yaml', 'kapso: { apiKeyFile: keyfile }');
  expect(await key()).toBe('from-key-file');
  home.write('config.yaml', 'kapso: { apiKey: from-file, apiKeyFile: keyfile }');
  expect(await key()).toBe('from-file');
  env.KAPSO_API_KEY_FILE = named;
  expect(await key()).toBe('from-variable-file');
  env.KAPSO_API_KEY = 'from-variable';
  expect(await key()).toBe('from-variable');
  const { warnings } = await home.load({ env });
  expect(warnings).toContainEqual(
    expect.stringContaining('kapso.apiKeyFile (environment variable KAPSO_API_KEY_FILE) is ignored'),
  );
});

describe('a secret file', () => {
  const load = (home: ReturnType<typeof createHome>, path: string) =>
    home.refusal({ env: { ...number, KAPSO_API_KEY_FILE: path } });

  test('that does not exist, is empty or is a directory is an error naming variable and path', async () => {
    const home = createHome();
    const empty = home.write('empty', '\n');
    for (const [path, reason] of [
      ['/nowhere/key', 'does not exist'],
      [empty, 'is empty'],
      [home.path, 'is a directory'],
    ] as const) {
      const error = await load(home, path);
      expect(error.problems).toHaveLength(1);
      expect(error.message).toContain(`KAPSO_API_KEY_FILE (kapso.apiKey): the file ${path} ${reason}`);
    }
  });

  test('with more than the secret in it is an error that does not show it', async () => {
    const home = createHome();
    const error = await load(home, home.write('two', 's3cr3t\ns3cr3t\n'));
    expect(error.message).toContain('the content of the file');
    expect(error.message).not.toContain('s3cr3t');
  });

  test('may hold VARIABLE=value, as nix-openclaw reads it', async () => {
    const home = createHome();
    const path = home.write('env', 'KAPSO_API_KEY=the-key\n');
    expect((await home.load({ env: { ...number, KAPSO_API_KEY_FILE: path } })).config.kapso.apiKey).toBe('the-key');
  });

  test('may hold one signing secret a line', async () => {
    const home = createHome();
    const path = home.write('secrets', 'new,secret\nold\n');
    const { config } = await home.load({ env: { ...account, KAPSO_WEBHOOK_SECRET_FILE: path } });
    expect(config.webhook.secret).toEqual(['new,secret', 'old']);
  });

  test('that others can read is named by the key that names it', async () => {
    const home = createHome();
    const path = home.write('token', 'a-token-0123456789', 0o644);
    const file = home.write('config.yaml', `ui:\n  enable: true\n  tokenFile: ${path}\n`);
    const { warnings } = await home.load({ env: account, configFile: file });
    expect(warnings).toEqual([
      expect.stringMatching(/^ui\.tokenFile, .*config\.yaml:3: the file .* can be read by other/),
    ]);
  });

  test.each([0o640, 0o604])('that others can read (%o) is used with a warning', async mode => {
    const home = createHome();
    const path = home.write('key', 'the-key', mode);
    const { warnings } = await home.load({ env: { ...number, KAPSO_API_KEY_FILE: path } });
    expect(warnings).toEqual([
      `KAPSO_API_KEY_FILE: the file ${path} can be read by other users; run: chmod 600 ${path}`,
    ]);
  });

  test('is judged by what a link leads to', () => {
    const home = createHome();
    const link = join(home.path, 'link');
    symlinkSync(home.write('open', 'x', 0o644), link);
    expect(exposure({ path: link, env: {} })).toContain('can be read by other users');
  });

  test('is not needed by the command line program when it is not the API key', async () => {
    const env = { ...account, KAPSO_WEBHOOK_SECRET_FILE: '/root/nowhere', CREDENTIALS_DIRECTORY: '/nowhere' };
    expect((await createHome().load({ env, need: 'cli' })).config.webhook.secret).toEqual([]);
    await createHome().refusal({ env });
  });

  test('that cannot be read is a warning in a look at the configuration', async () => {
    const { warnings } = await createHome().load({ env: { KAPSO_API_KEY_FILE: '/nowhere/key' }, need: 'none' });
    expect(warnings).toEqual(['kapso.apiKey: the file /nowhere/key does not exist; create it or name another']);
  });
});

test('a path where the secret belongs is refused, with the variable that takes a path', async () => {
  const home = createHome();
  const path = home.write('key', 'the-key');
  const token = await home.refusal({ env: { ...account, OPENCLAW_TOKEN: path } });
  expect(token.message).toContain(
    'OPENCLAW_TOKEN (gateway.token): is the path of a file; set OPENCLAW_TOKEN_FILE to it',
  );
  const missing = await home.refusal({ env: { ...account, KAPSO_API_KEY: '/run/secrets/not-there' } });
  expect(missing.message).toContain('KAPSO_API_KEY (kapso.apiKey): must be the key itself (not a path)');
  expect(missing.message).toContain('goes into KAPSO_API_KEY_FILE or kapso.apiKeyFile');
});

test('a configuration file that holds a secret and that others can read gets a warning', async () => {
  const home = createHome();
  home.write('config.yaml', 'gateway: { token: abc }', 0o644);
  expect((await home.load()).warnings).toEqual([
    expect.stringContaining('gateway.token stands in the configuration file'),
  ]);
  home.write('config.yaml', 'state: { database: "postgresql://kapso:secret@127.0.0.1/kapso" }', 0o644);
  expect((await home.load()).warnings).toEqual([
    expect.stringContaining('state.database stands in the configuration file'),
  ]);
  home.write('config.yaml', 'state: { database: "postgresql://kapso@/kapso?host=/run/postgresql" }', 0o644);
  expect((await home.load()).warnings).toEqual([]);
  home.write('config.yaml', 'gateway: { tokenFile: token }', 0o644);
  home.write('token', 'abc');
  expect((await home.load()).warnings).toEqual([]);
});

test('the values to keep out of the log are all secrets', async () => {
  const env = { ...account, OPENCLAW_TOKEN: 'token', KAPSO_WEBHOOK_SECRET: 'new\nold' };
  const { config } = await createHome().load({ env });
  expect(secretsOf(config)).toEqual(['key-0123456789', 'token', 'new', 'old']);
});

test('the password of a database counts by itself, as it stands in the address and decoded', async () => {
  const address = 'postgres://kapso:p%40ss-word@db/inbox';
  const { config } = await createHome().load({ env: { ...account, KAPSO_STATE_DATABASE: address } });
  const secrets = [address, 'p%40ss-word', 'p@ss-word'];
  expect(secretsOf(config)).toEqual(expect.arrayContaining(secrets));
  expect(secretsIn({ KAPSO_STATE_DATABASE: address })).toEqual(secrets);
});

test('a credentials directory without the credential is no error', async () => {
  const home = createHome();
  const directory = join(home.path, 'credentials');
  mkdirSync(directory);
  expect((await home.load({ env: { ...account, CREDENTIALS_DIRECTORY: directory } })).warnings).toEqual([]);
});
