import { describe, expect, test } from 'vitest';
import { compareConfigs, withLiveSettings } from '../../src/config/reloadable.ts';
import { describeConfig } from '../../src/config/show.ts';
import { account, createHome } from './fixture.ts';

const numbers = (text: string) => ({ ...account, KAPSO_ALLOWED_NUMBERS: text });

describe('who may write', () => {
  test('is everybody, unless something is said', async () => {
    const { config } = await createHome().load();
    expect(config.access).toMatchObject({ policy: 'open', allowFrom: [], contacts: [], roles: {} });
    expect(config.groups).toMatchObject({ policy: 'disabled', allowFrom: [], requireMention: true });
  });

  test.each([
    ['one', '+15551234567', ['+15551234567']],
    [
      'commas',
      '+15551234567, 15551234568,US.1000000000000000042',
      ['+15551234567', '15551234568', 'US.1000000000000000042'],
    ],
    ['lines', '+15551234567\n+15551234568\n', ['+15551234567', '+15551234568']],
    ['commas and lines', '+15551234567,\r\n+15551234568', ['+15551234567', '+15551234568']],
    ['JSON', '["+15551234567"]', ['+15551234567']],
    ['nothing', '', []],
  ])('KAPSO_ALLOWED_NUMBERS takes %s, and is a list that the policy follows', async (_, text, allowFrom) => {
    const { config, origins } = await createHome().load({ env: numbers(text) });
    expect(config.access).toMatchObject({ policy: 'allowlist', allowFrom });
    expect(origins['access.policy']).toBe(
      'because access.allowFrom is given (environment variable KAPSO_ALLOWED_NUMBERS)',
    );
  });

  test('follows the list in the file too, an empty one as well, unless a policy is set anywhere', async () => {
    const home = createHome();
    home.write('config.yaml', 'access:\n  allowFrom: []\n');
    expect((await home.load()).config.access.policy).toBe('allowlist');
    const env = { ...account, KAPSO_ACCESS_POLICY: 'pairing' };
    expect((await home.load({ env })).config.access.policy).toBe('pairing');
    home.write('config.yaml', 'access:\n  policy: open\n');
    expect((await home.load({ env: numbers('+15551234567') })).config.access.policy).toBe('open');
  });

  test('one number needs no list', async () => {
    const home = createHome();
    home.write('config.yaml', 'access:\n  allowFrom: "+15551234567"\n');
    expect((await home.load()).config.access.allowFrom).toEqual(['+15551234567']);
  });
});

describe('what is no number and no id is refused, with what is wrong', () => {
  test.each([
    ['', 'is empty'],
    ['   ', 'is empty'],
    ['*', 'stands for nobody here: to admit everybody set access.policy to open'],
    ['whatsapp:+1 (555) 123-4568', 'has a prefix: leave it out, and blanks, brackets and hyphens too'],
    ['tel:+15551234567', 'has a prefix'],
    ['+1 (555) 123-4568', 'has blanks, brackets or hyphens: leave them out'],
    ['+1\u00a05551234567', 'has blanks, brackets or hyphens'],
    ['15551234567@s.whatsapp.net', 'has the form of a JID: leave out the @ and what follows'],
    ['15551234567@lid', 'has the form of a JID'],
    ['１５５５１２３４５６７', 'has digits other than 0 to 9'],
    ['+١٥٥٥١٢٣٤٥٦٧', 'has digits other than 0 to 9'],
    ['015112345678', 'begins with 0, and the country code is missing'],
    ['0015551234567', 'begins with 0'],
    ['us.1000000000000000042', 'begins with a country in lower-case letters: write it in capitals'],
    ['+1555', 'must be a number with + and country code'],
    ['+1555123456789012345', 'must be a number with + and country code'],
    ['Ada', 'must be a number with + and country code'],
    ['+15551234567+', 'must be a number with + and country code'],
    ['\u200e+15551234567', 'has an invisible character in it (U+200E)'],
  ])('%j', async (id, why) => {
    const home = createHome();
    const path = home.write(
      'config.yaml',
      `access:\n  allowFrom:\n    - "+15550000000"\n    - ${JSON.stringify(id)}\n`,
    );
    const list = await home.refusal();
    expect(list.message).toContain(`${path}:4:7 (access.allowFrom[1]): ${why}`);
    expect(list.problems).toHaveLength(1);
    home.write('config.yaml', `access:\n  contacts:\n    - id: ${JSON.stringify(id)}\n`);
    expect((await home.refusal()).message).toContain(`${path}:3:11 (access.contacts[0].id): ${why}`);
  });

  test('a number that YAML does not read as text', async () => {
    const home = createHome();
    home.write('config.yaml', 'access:\n  allowFrom: [+15551234567]\n  contacts: [{ id: 15551234567 }]\n');
    const { message } = await home.refusal();
    expect(message).toContain(':2:15 (access.allowFrom[0]): is read as a number: put it in quotes');
    expect(message).toContain(':3:20 (access.contacts[0].id): is read as a number: put it in quotes');
  });

  test('in the environment the item is named, and its text is not repeated', async () => {
    const { message } = await createHome().refusal({ env: numbers('+15551234567,,whatsapp:+15551234568') });
    expect(message).toContain('KAPSO_ALLOWED_NUMBERS (access.allowFrom[1]): is empty');
    expect(message).toContain('KAPSO_ALLOWED_NUMBERS (access.allowFrom[2]): has a prefix');
    expect(message).not.toContain('15551234568');
  });
});

const objects = `access:
  contacts:
    - id: "+15551234567"
      name: Ada
      role: admin
      prompt: |
        Be brief.
          Always.
    - id: US.1000000000000000042
      mode: monitor
  roles:
    admin: { agent: main, replyVia: agent }
  pairing:
    expires: 30
`;

describe('objects', () => {
  test('come from the file', async () => {
    const home = createHome();
    const path = home.write('config.yaml', objects);
    const { config, origins } = await home.load();
    expect(config.access.contacts).toEqual([
      { id: '+15551234567', name: 'Ada', role: 'admin', prompt: 'Be brief.\n  Always.\n' },
      { id: 'US.1000000000000000042', mode: 'monitor' },
    ]);
    expect(config.access.roles).toEqual({ admin: { agent: 'main', replyVia: 'agent' } });
    expect(config.access.pairing).toMatchObject({ expires: 30, most: 100 });
    expect(origins).toMatchObject({ 'access.contacts': `${path}:2`, 'access.pairing.expires': `${path}:14` });
  });

  test('come from the environment as JSON, and are shown as such', async () => {
    const env = {
      ...account,
      KAPSO_ACCESS_CONTACTS: '[{"id":"+15551234567","role":"admin"}]',
      KAPSO_ACCESS_ROLES: '{"admin":{"prompt":"Be brief."}}',
    };
    const loaded = await createHome().load({ env });
    expect(loaded.config.access.contacts).toEqual([{ id: '+15551234567', role: 'admin' }]);
    const shown = describeConfig(loaded);
    expect(shown.find(({ key }) => key === 'access.contacts')?.value).toBe(env.KAPSO_ACCESS_CONTACTS);
    expect(shown.find(({ key }) => key === 'access.roles')?.value).toBe(env.KAPSO_ACCESS_ROLES);
  });

  test.each([
    ['contacts: [{ name: Ada }]', ':2:14 (access.contacts[0]): has no id'],
    ['contacts: [text]', ':2:14 (access.contacts[0]): must hold keys and values: id, name, role,'],
    ['contacts: text', ':2:13 (access.contacts): is "text"; it must be a list of contacts'],
    [
      'contacts: [{ id: "+15551234567", nam: Ada }]',
      ':2:36 (access.contacts[0]): has a key here that is not known; did you mean name?',
    ],
    [
      'contacts: [{ id: "+15551234567", sk-123: x }]',
      ':2:36 (access.contacts[0]): has a key here that is not known; it holds id, name,',
    ],
    [
      'contacts: [{ id: "+15551234567", role: Admin }]',
      ':2:42 (access.contacts[0].role): must be a role: lower-case letters',
    ],
    [
      'contacts: [{ id: "+15551234567", mode: off }]',
      ':2:42 (access.contacts[0].mode): is "off"; it must be one of normal, monitor',
    ],
    [
      'contacts: [{ id: "+15551234567", name: "a\\u202eb" }]',
      ':2:42 (access.contacts[0].name): has an invisible character in it (U+202E)',
    ],
    [
      'contacts: [{ id: "+15551234567" }, { id: "15551234567" }]',
      ':2:3 (access.contacts[1].id): is that of [0] too; keep one of them',
    ],
    [
      'contacts: [{ id: "+15551234567", session: "kapso:direct:+15551234568" }]',
      ':2:3 (access.contacts[0].session): has kapso:direct: in it, as the bridge names sessions itself',
    ],
    [
      'contacts: [{ id: "+15551234567", session: "kapso:team:session-2" }]',
      ':2:3 (access.contacts[0].session): has :session-2 in it, as the bridge names sessions itself',
    ],
    ['roles: { Support: {} }', ':2:12 (access.roles): has a name here that is wrong; it must be a role'],
    [
      'roles: { support: { agnt: x } }',
      ':2:23 (access.roles.support): has a key here that is not known; did you mean agent?',
    ],
    ['roles: { support: text }', ':2:21 (access.roles.support): must hold keys and values: agent, replyVia, prompt'],
    ['pairing: { expires: 0 }', ':2:23 (access.pairing.expires): is 0; it must be a whole number of minutes'],
    ['pairing: { message: Hello }', ':2:23 (access.pairing.message): must be a sentence with {code} in it'],
    [
      'pairing: { expire: 5 }',
      ':2:14 (access.pairing.expire): is not a known key; did you mean access.pairing.expires?',
    ],
    ['pairings: { expires: 5 }', ':2:3 (access.pairings): is not a known key; did you mean access.pairing?'],
    ['pairing: 5', ':2:12 (access.pairing): is a section and holds keys: expires, most, held, message'],
    ['limit: 5', ':2:3 (access.limit): is not a known key; did you mean access.limits?'],
  ])('%s is refused at its place', async (text, message) => {
    const home = createHome();
    const path = home.write('config.yaml', `access:\n  ${text}\n`);
    const error = await home.refusal();
    expect(error.message).toContain(`${path}${message}`);
    expect(error.problems).toHaveLength(1);
    expect(error.message).not.toContain('sk-123');
  });

  test('that are no JSON are refused by their variable', async () => {
    const env = { ...account, KAPSO_ACCESS_CONTACTS: '[{id:"+15551234567"}]', KAPSO_ACCESS_ROLES: '"{}"' };
    const { message } = await createHome().refusal({ env });
    expect(message).toContain(
      'KAPSO_ACCESS_CONTACTS (access.contacts): must be a list of contacts, each with an id; in the environment as JSON',
    );
    expect(message).toContain('KAPSO_ACCESS_ROLES (access.roles): stands in quotes');
  });

  test('a section whose keys are commented out is as if it was not there, within a section too', async () => {
    const home = createHome();
    home.write('config.yaml', 'access:\n  pairing:\n  limits:\n    waiting: 5\n');
    const { config } = await home.load();
    expect(config.access.pairing.expires).toBe(60);
    expect(config.access.limits.waiting).toBe(5);
  });
});

test('all of it takes effect at a reload, and the configuration before it stays as it was', async () => {
  const home = createHome();
  const { config: before } = await home.load();
  const kept = structuredClone(before);
  home.write('config.yaml', `${objects}  allowFrom: ["+15551234567"]\ngroups:\n  policy: open\n`);
  const { config: after } = await home.load();
  const changed = ['policy', 'allowFrom', 'contacts', 'roles', 'pairing.expires'].map(name => `access.${name}`);
  expect(compareConfigs(before, after)).toEqual({ applied: [...changed, 'groups.policy'], needRestart: [] });
  expect(withLiveSettings(before, after)).toEqual(after);
  expect(before).toEqual(kept);
});

test('every setting of the two sections takes effect at a reload', async () => {
  const { config } = await createHome().load();
  const other = structuredClone(config) as unknown as Record<string, Record<string, unknown>>;
  for (const section of ['access', 'groups']) other[section] = {};
  expect(compareConfigs(config, other as unknown as typeof config).needRestart).toEqual([]);
});
