import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { accountCalled, fileOwnerOf, labelOf, sessionRulesOf } from '../../src/config/accounts.ts';
import { allSecretsOf } from '../../src/config/load.ts';
import { compareSettings, type Settings, withLiveChanges } from '../../src/config/settings-change.ts';
import { describeConfig } from '../../src/config/show.ts';
import { createHome } from './fixture.ts';

const sales = '647000000000001';
const support = '647000000000002';
const key = { KAPSO_API_KEY: 'key-0123456789' };

/** A home with this configuration file. */
function homeWith(yaml: string) {
  const home = createHome();
  const file = home.write('config.yaml', yaml);
  return {
    ...home,
    file,
    load: (options: Parameters<typeof home.load>[0] = {}) => home.load({ env: key, ...options }),
    problems: async (options: Parameters<typeof home.load>[0] = {}) => {
      const { problems } = await home.refusal({ env: key, ...options });
      return problems.map(({ key: name, inside = '', message, line, variable }) => ({
        key: `${name}${inside}`,
        ...(line !== undefined && { line }),
        ...(variable !== undefined && { variable }),
        message,
      }));
    },
  };
}

const two = `
accounts:
  - phoneNumberId: "${sales}"
    name: sales
    continues: true
  - phoneNumberId: "${support}"
    name: support
    apiKey: key-of-support-987
    agent: support
    access:
      policy: disabled
    polling:
      interval: 60
    webhook:
      secret: [new-secret, old-secret]
    media:
      deliver: links
access:
  policy: pairing
  refusal: Not open.
polling:
  interval: 15
`;

describe('accounts', () => {
  test('have what holds for all, and in its place what they set themselves', async () => {
    const { accounts, config } = await homeWith(two).load();
    expect(accounts.map(({ at, name, continues }) => ({ at, name, continues }))).toEqual([
      { at: 0, name: 'sales', continues: true },
      { at: 1, name: 'support', continues: false },
    ]);
    const [first, second] = accounts.map(account => account.config);
    expect(first?.kapso).toMatchObject({ phoneNumberId: sales, apiKey: key.KAPSO_API_KEY });
    expect(second?.kapso).toMatchObject({ phoneNumberId: support, apiKey: 'key-of-support-987' });
    expect([first?.gateway.agent, second?.gateway.agent]).toEqual(['main', 'support']);
    expect([first?.polling.interval, second?.polling.interval]).toEqual([15, 60]);
    expect([first?.access, second?.access]).toMatchObject([
      { policy: 'pairing', refusal: 'Not open.' },
      { policy: 'disabled', refusal: 'Not open.' },
    ]);
    expect([first?.webhook.secret, second?.webhook.secret]).toEqual([[], ['new-secret', 'old-secret']]);
    expect([first?.media.deliver, second?.media.deliver]).toEqual(['files', 'links']);
    expect(config.kapso.phoneNumberId).toBeUndefined();
    expect(config.polling.interval).toBe(15);
  });

  test('have the environment in the place of what the file says for all, and keep what is their own', async () => {
    const { accounts } = await homeWith(two).load({
      env: { ...key, KAPSO_POLL_INTERVAL: '45', KAPSO_ACCESS_POLICY: 'open', KAPSO_GATEWAY_AGENT: 'other' },
    });
    expect(accounts.map(({ config }) => [config.polling.interval, config.access.policy, config.gateway.agent])).toEqual(
      [
        [45, 'open', 'other'],
        [60, 'disabled', 'support'],
      ],
    );
  });

  test('are one account with kapso.phoneNumberId', async () => {
    const { accounts, config } = await createHome().load();
    const named = { ...config, kapso: { ...config.kapso, keyFrom: 'KAPSO_API_KEY' } };
    expect(accounts).toEqual([{ at: null, name: null, continues: true, config: named, origins: {} }]);
  });

  test('are called by their names, and by their ids without', async () => {
    const { accounts } = await homeWith(two.replace('    name: sales\n', '')).load();
    expect(accounts.map(labelOf)).toEqual([sales, 'support']);
    expect(accountCalled(accounts, 'support')).toBe(accounts[1]);
    expect(accountCalled(accounts, support)).toBe(accounts[1]);
    expect(accountCalled(accounts, 'sales')).toBeUndefined();
  });

  test('may be JSON, as nix-openclaw writes it', async () => {
    const home = createHome();
    home.write('config.json', JSON.stringify({ accounts: [{ phoneNumberId: sales }, { phoneNumberId: support }] }));
    const { accounts } = await home.load({ env: key });
    expect(accounts.map(({ config }) => config.kapso.phoneNumberId)).toEqual([sales, support]);
  });

  test('may have sections whose keys are all commented out', async () => {
    const { accounts } = await homeWith(
      `accounts:\n  - phoneNumberId: "${sales}"\n    access:\n      # policy: open\n`,
    ).load();
    expect(accounts[0]?.config.access.policy).toBe('open');
    // A list of which nothing is left is none.
    const home = homeWith('accounts:\n  # - phoneNumberId: "1"\n');
    expect((await home.load({ env: { ...key, KAPSO_PHONE_NUMBER_ID: sales } })).accounts[0]?.at).toBeNull();
  });

  test('admit only those whom they list, unless they say who may write', async () => {
    const { accounts } = await homeWith(`
access: { policy: open }
accounts:
  - phoneNumberId: "${sales}"
    access: { allowFrom: ["+15551234567"] }
  - phoneNumberId: "${support}"
    access: { allowFrom: ["+15551234567"], policy: open }
`).load();
    expect(accounts.map(({ config }) => config.access.policy)).toEqual(['allowlist', 'open']);
    expect(accounts[0]?.origins['access.policy']).toMatch(/^because access\.allowFrom is given \(.*:5\)$/);
  });
});

describe('the secrets of an account', () => {
  const withFile = `
accounts:
  - phoneNumberId: "${sales}"
  - phoneNumberId: "${support}"
    name: support
    apiKeyFile: keys/support
`;

  test('come from its own file, which stands beside the configuration', async () => {
    const home = homeWith(withFile);
    home.write('keys/support', 'key-from-file\n');
    const loaded = await home.load();
    expect(loaded.accounts.map(({ config }) => config.kapso.apiKey)).toEqual([key.KAPSO_API_KEY, 'key-from-file']);
    expect(loaded.accounts[1]?.origins['kapso.apiKey']).toContain(
      join(home.path, '.config/kapso-whatsapp/keys/support'),
    );
    expect(allSecretsOf(loaded)).toEqual(expect.arrayContaining([key.KAPSO_API_KEY, 'key-from-file']));
    expect(describeConfig(loaded).find(({ key: name }) => name === 'accounts[1].apiKey')?.value).toBe(
      'set (13 characters)',
    );
    expect(JSON.stringify(describeConfig(loaded))).not.toContain('key-from-file');
  });

  test('come from a credential that ends with its name', async () => {
    const home = homeWith(withFile.replace('    apiKeyFile: keys/support\n', ''));
    const directory = join(home.write('credentials/kapso-api-key-support', 'key-of-credential'), '..');
    home.write('credentials/kapso-api-key', 'key-for-all');
    const { accounts } = await home.load({ env: { CREDENTIALS_DIRECTORY: directory } });
    expect(accounts.map(({ config }) => config.kapso.apiKey)).toEqual(['key-for-all', 'key-of-credential']);
    expect(accounts[1]?.origins['kapso.apiKey']).toBe('credential kapso-api-key-support');
  });

  test('are asked for by the key of the account', async () => {
    expect(await homeWith(withFile).problems()).toEqual([
      { key: 'accounts[1].apiKey', line: 6, message: expect.stringContaining('does not exist') },
    ]);
    expect(await homeWith(withFile.replace(/ {4}apiKeyFile.*\n/, '')).problems({ env: {} })).toEqual([
      expect.objectContaining({ key: 'accounts[0].apiKey', message: expect.stringMatching(/^is required; set it or/) }),
      expect.objectContaining({ key: 'accounts[1].apiKey' }),
    ]);
  });

  test('are not repeated where they are wrong, nor where they stand in the place of something else', async () => {
    const secret = 'sk 0123456789 secret';
    const home = homeWith(`accounts:\n  - phoneNumberId: "${sales}"\n    apiKey: "${secret}"\n`);
    const [problem, ...others] = await home.problems();
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ key: 'accounts[0].apiKey', line: 3 });
    expect(problem?.message).not.toContain(secret);
    const file = homeWith(`accounts:\n  - phoneNumberId: "${sales}"\n    apiKey: /run/secrets/my-key\n`);
    expect((await file.problems())[0]?.message).toMatch(/the path of a file goes into accounts\[0\]\.apiKeyFile$/);
    const elsewhere = homeWith(
      `accounts:\n  - phoneNumberId: "${sales}"\n    reply:\n      onFailure: ${key.KAPSO_API_KEY}\n`,
    );
    expect(await elsewhere.problems()).toEqual([
      { key: 'accounts[0].reply.onFailure', line: 4, message: expect.stringContaining('has the value of a secret') },
    ]);
  });

  test('need no file where they are not looked at', async () => {
    expect((await homeWith(withFile).load({ withoutSecrets: true, env: {} })).accounts).toHaveLength(2);
  });
});

describe('wrong accounts', () => {
  const one = (rest: string) => `accounts:\n  - phoneNumberId: "${sales}"\n${rest}`;

  test.each([
    [
      'a wrong value',
      one('    access:\n      policy: pairingg\n'),
      'accounts[0].access.policy',
      4,
      'is "pairingg"; it must be',
    ],
    ['an unknown key', one('    apikey: x\n'), 'accounts[0].apikey', 3, 'is not a known key; did you mean apiKey?'],
    [
      'an unknown section',
      one('    gateway:\n      agent: x\n'),
      'accounts[0]',
      3,
      'has a key here that is not known; it holds',
    ],
    [
      'an unknown key of a section',
      one('    webhook:\n      register: true\n'),
      'accounts[0].webhook',
      4,
      'it holds secret, secretFile',
    ],
    [
      'a contact',
      one('    access:\n      contacts: [{ id: "0123" }]\n'),
      'accounts[0].access.contacts[0].id',
      4,
      'begins with 0',
    ],
    [
      'a number as a number',
      'accounts:\n  - phoneNumberId: 647000000000001\n',
      'accounts[0].phoneNumberId',
      2,
      'put it in quotes',
    ],
    ['no number', 'accounts:\n  - name: sales\n', 'accounts[0]', 2, 'has no phoneNumberId'],
    ['a name', one('    name: Sales Team\n'), 'accounts[0].name', 3, 'must be a name: lower-case letters'],
    ['an agent', one('    agent: The Agent\n'), 'accounts[0].agent', 3, 'must be an agent id'],
    ['a yes', one('    continues: "yes"\n'), 'accounts[0].continues', 3, 'is "yes"; it must be true or false'],
    ['no list', 'accounts:\n  phoneNumberId: "1"\n', 'accounts', 2, 'must be a list of accounts'],
    ['an empty list', 'accounts: []\n', 'accounts', 1, 'must be a list of accounts'],
    ['a text', 'accounts:\n  - "1"\n', 'accounts[0]', 2, 'holds keys and values'],
    [
      'a command of one word',
      one('    media:\n      documentCommand: "pdftotext {file} -"\n'),
      'accounts[0].media.documentCommand',
      4,
      'is one word with blanks',
    ],
    [
      'an invisible character',
      one('    reply:\n      onFailure: "a\\u200bb"\n'),
      'accounts[0].reply.onFailure',
      4,
      'U+200B',
    ],
  ])('are refused with their place: %s', async (_, yaml, name, line, message) => {
    expect(await homeWith(yaml).problems()).toEqual([{ key: name, line, message: expect.stringContaining(message) }]);
  });

  test('are two of one number, of one name, and two that continue', async () => {
    const yaml = `
accounts:
  - phoneNumberId: "${sales}"
    name: sales
    continues: true
  - phoneNumberId: "${sales}"
    name: sales
    continues: true
`;
    expect(await homeWith(yaml).problems()).toEqual([
      { key: 'accounts[1].phoneNumberId', line: 6, message: 'is that of accounts[0] too; keep one of them' },
      { key: 'accounts[1].name', line: 7, message: 'is that of accounts[0] too; give them different names' },
      { key: 'accounts[1].continues', line: 8, message: expect.stringContaining('is true for accounts[0] too') },
    ]);
  });

  test('stand beside the single form, in the file or in the environment', async () => {
    const message =
      'is given beside accounts: keep one of them, and put every number into the list when there are several';
    expect(await homeWith(`${one('')}kapso:\n  phoneNumberId: "${support}"\n`).problems()).toEqual([
      { key: 'kapso.phoneNumberId', line: 4, message },
    ]);
    expect(await homeWith(one('')).problems({ env: { ...key, KAPSO_PHONE_NUMBER_ID: support } })).toEqual([
      { key: 'kapso.phoneNumberId', variable: 'KAPSO_PHONE_NUMBER_ID', message },
    ]);
  });

  test('are told once of what is wrong for all', async () => {
    const yaml = `${two}\nkapso:\n  baseUrl: http://kapso.example.com\n`;
    expect(await homeWith(yaml).problems()).toEqual([
      expect.objectContaining({ key: 'kapso.baseUrl', message: expect.stringContaining('must start with https://') }),
    ]);
  });

  test('name no account as the sender of alerts', async () => {
    expect(await homeWith(`${two}\nalerts: { from: nobody }\n`).problems()).toEqual([
      expect.objectContaining({
        key: 'alerts.from',
        message: `names no account; there is sales, ${sales}, support, ${support}`,
      }),
    ]);
    expect((await homeWith(`${two}\nalerts: { from: support }\n`).load()).config.alerts.from).toBe('support');
  });
});

test('config show lists what each account has itself, with its place', async () => {
  const home = homeWith(two);
  const shown = describeConfig(await home.load()).filter(({ key: name }) => name.startsWith('accounts'));
  const at = (line: number) => `${home.file}:${line}`;
  expect(shown).toEqual([
    { key: 'accounts[0].name', value: 'sales', origin: at(4) },
    { key: 'accounts[0].continues', value: 'true', origin: at(5) },
    { key: 'accounts[0].phoneNumberId', value: sales, origin: at(3) },
    { key: 'accounts[1].name', value: 'support', origin: at(7) },
    { key: 'accounts[1].continues', value: 'false', origin: 'default' },
    { key: 'accounts[1].phoneNumberId', value: support, origin: at(6) },
    { key: 'accounts[1].apiKey', value: 'set (18 characters)', origin: at(8) },
    { key: 'accounts[1].agent', value: 'support', origin: at(9) },
    { key: 'accounts[1].webhook.secret', value: 'set (10 characters), set (10 characters)', origin: at(15) },
    { key: 'accounts[1].polling.interval', value: '60', origin: at(13) },
    { key: 'accounts[1].access.policy', value: 'disabled', origin: at(11) },
    { key: 'accounts[1].media.deliver', value: 'links', origin: at(17) },
  ]);
});

test('sessions and files have the number in their names, except those of the number that continues', async () => {
  const { accounts } = await homeWith(two).load();
  expect(accounts.map(fileOwnerOf)).toEqual([null, support]);
  const rulesOf = sessionRulesOf(accounts);
  expect([sales, support, '1'].map(id => [rulesOf(id).agent, rulesOf(id).numbered])).toEqual([
    ['main', false],
    ['support', true],
    // Of a number that was taken away something may wait.
    ['main', true],
  ]);
});

describe('a configuration that was read again', () => {
  const env = { ...key, KAPSO_STATE_DIR: '/var/lib/kapso-whatsapp' };
  const settingsOf = async (yaml: string) => (await homeWith(yaml).load({ env })) as Settings;
  const change = async (after: string, before = two) => {
    const [current, next] = [await settingsOf(before), await settingsOf(after)];
    const { applied, needRestart, ofAccounts } = compareSettings(current, next);
    const live = withLiveChanges(current, next);
    return { applied, needRestart, ofAccounts: Object.fromEntries(ofAccounts), live };
  };

  test('changes one account, and names it', async () => {
    const { live, ...changed } = await change(two.replace('policy: disabled', 'policy: open'));
    expect(changed).toEqual({
      applied: ['accounts.support.access.policy'],
      needRestart: [],
      ofAccounts: { [sales]: [], [support]: ['access.policy'] },
    });
    expect(live.accounts.map(({ config }) => config.access.policy)).toEqual(['pairing', 'open']);
  });

  test('changes for all what they do not set themselves', async () => {
    const { live, ...changed } = await change(two.replace('interval: 15', 'interval: 20'));
    expect(changed.applied).toEqual(['accounts.sales.polling.interval']);
    expect(live.accounts.map(({ config }) => config.polling.interval)).toEqual([20, 60]);
    const logged = await change(`${two}\nlog: { level: debug }\n`);
    expect(logged.applied).toEqual(['log.level']);
    expect(logged.live.config.log.level).toBe('debug');
  });

  test('needs a restart for an account that is new, gone or called otherwise, and for its agent', async () => {
    const third = two.replace('access:\n  policy: pairing', '  - phoneNumberId: "3"\naccess:\n  policy: pairing');
    expect((await change(third)).needRestart).toEqual(['accounts.3 (new)']);
    expect((await change(two, third)).needRestart).toEqual(['accounts.3 (taken away)']);
    expect((await change(two.replace('name: support', 'name: help'))).needRestart).toEqual([
      'accounts.support (name or continues)',
    ]);
    const other = await change(two.replace('agent: support', 'agent: other'));
    expect(other.needRestart).toEqual(['accounts.support.agent']);
    expect(other.live.accounts[1]?.config.gateway.agent).toBe('support');
  });
});
