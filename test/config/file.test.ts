import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { account, createHome } from './fixture.ts';

const yaml = `# comment
kapso:
  phoneNumberId: "15550001111"
polling:
  interval: 60   # seconds
webhook:
  secret:
    - new-secret
    - old-secret
receipts:
`;

describe('where the file is', () => {
  test.each(['config.yaml', 'config.yml'])('kapso-whatsapp/%s in ~/.config', async name => {
    const home = createHome();
    const path = home.write(name, yaml);
    const { config, file, origins } = await home.load({ env: { KAPSO_API_KEY: 'key' } });
    expect(file).toBe(path);
    expect(config.polling.interval).toBe(60);
    expect(config.kapso.phoneNumberId).toBe('15550001111');
    expect(config.webhook.secret).toEqual(['new-secret', 'old-secret']);
    expect(origins).toMatchObject({ 'polling.interval': `${path}:5`, mode: 'default', 'gateway.token': 'not set' });
  });

  test('kapso-whatsapp/config.json, where nix-openclaw writes settings', async () => {
    const home = createHome();
    const path = home.write('config.json', JSON.stringify({ $schema: 'x', polling: { interval: 60 } }));
    const { config, origins } = await home.load();
    expect(config.polling.interval).toBe(60);
    expect(origins['polling.interval']).toBe(path);
  });

  test('in $XDG_CONFIG_HOME instead of ~/.config when that is absolute', async () => {
    const home = createHome();
    home.write('config.yaml', 'mode: domain');
    home.write('xdg/kapso-whatsapp/config.yaml', 'polling: { interval: 61 }');
    const xdg = join(home.path, '.config/kapso-whatsapp/xdg');
    expect((await home.load({ env: { ...account, XDG_CONFIG_HOME: xdg } })).config.polling.interval).toBe(61);
    await home.refusal({ env: { ...account, XDG_CONFIG_HOME: 'relative' } });
  });

  test('--config, before KAPSO_CONFIG, before the search', async () => {
    const home = createHome();
    home.write('config.yaml', 'polling: { interval: 61 }');
    const other = home.write('other.yaml', 'polling: { interval: 62 }');
    const third = home.write('third.conf', 'polling: { interval: 63 }');
    const env = { ...account, KAPSO_CONFIG: other };
    expect((await home.load({ env })).config.polling.interval).toBe(62);
    expect((await home.load({ env, configFile: third })).config.polling.interval).toBe(63);
    const tilde = { ...account, KAPSO_CONFIG: '~/.config/kapso-whatsapp/other.yaml' };
    expect((await home.load({ env: tilde })).config.polling.interval).toBe(62);
  });

  test('a file that was asked for and is missing is an error', async () => {
    const home = createHome();
    const error = await home.refusal({ env: { ...account, KAPSO_CONFIG: '/nowhere/kapso.yaml' } });
    expect(error.message).toContain(
      'KAPSO_CONFIG: names the configuration file /nowhere/kapso.yaml, which does not exist',
    );
    const other = await home.refusal({ configFile: '/nowhere/kapso.yaml' });
    expect(other.message).toContain('/nowhere/kapso.yaml: does not exist');
  });

  test('one that cannot be read is an error, not passed over', async () => {
    const home = createHome();
    mkdirSync(join(home.path, '.config/kapso-whatsapp/config.yaml'), { recursive: true });
    expect((await home.refusal()).message).toContain('config.yaml: is a directory');
  });

  test('of several, the one in use is named', async () => {
    const home = createHome();
    const used = home.write('config.yaml', '');
    const ignored = home.write('config.json', '{"mode":"domain"}');
    const { file, warnings, config } = await home.load();
    expect(file).toBe(used);
    expect(config.mode).toBe('polling');
    expect(warnings).toEqual([`${ignored} is ignored: ${used} is used; keep one of them`]);
  });

  test('nothing in the working directory is read or run', async () => {
    const home = createHome();
    home.write('config.yaml', 'polling: { interval: 61 }');
    const before = process.cwd();
    process.chdir(home.path);
    try {
      const trap = "throw new Error('run')";
      writeFileSync(join(home.path, '.config/config.js'), trap);
      writeFileSync(join(home.path, '.config/config.json'), '{ broken');
      writeFileSync(join(home.path, 'package.json'), '{ broken');
      expect((await home.load()).config.polling.interval).toBe(61);
    } finally {
      process.chdir(before);
    }
  });
});

describe('what is wrong in the file is named by file, line and column', () => {
  test.each([
    ['a value', 'polling:\n  interval: 3\n', ':2:13 (polling.interval): is 3; it must be a whole number of seconds'],
    ['a number with its unit', 'polling:\n  interval: 30s\n', ':2:13 (polling.interval): is "30s"'],
    [
      'an unknown key',
      'polling:\n  intervall: 30\n',
      ':2:3 (polling.intervall): is not a known key; did you mean polling.interval?',
    ],
    ['an unknown section', 'pollling:\n  interval: 30\n', ':1:1 (pollling): is not a known key; did you mean polling?'],
    [
      'a key outside its section',
      'interval: 30\n',
      ':1:1 (interval): is not a known key; did you mean polling.interval?',
    ],
    ['a dotted key', 'polling.interval: 30\n', ':1:1 (polling.interval): is not a known key; its parts are sections'],
    [
      'a number where text belongs',
      'kapso:\n  phoneNumberId: 647015955153740\n',
      ':2:18 (kapso.phoneNumberId): is read as a number: put it in quotes',
    ],
    [
      'a secret read as a number',
      'gateway:\n  token: 12345\n',
      ':2:10 (gateway.token): must be one line of text that does not begin or end with a blank ' +
        '(it is read as a number: put it in quotes)',
    ],
    [
      'a key without a value',
      'polling:\n  interval:\n',
      ':2:12 (polling.interval): has no value; it must be a whole number of seconds',
    ],
    ['a section that is text', 'polling: 30\n', ':1:10 (polling): is a section and holds keys: interval,'],
    [
      'a section where a value belongs',
      'mode:\n  polling: true\n',
      ':2:3 (mode): is a section; it must be one of polling',
    ],
    ['a list item', 'webhook:\n  secret:\n    - good\n    - 17\n', ':4:7 (webhook.secret): must be one line'],
    ['a key given twice', 'mode: polling\nmode: domain\n', ':2:1: is not valid YAML: this key is given twice'],
    ['a syntax error', 'mode: polling\nkapso: { apiKey: "abc\n', ':3:1: is not valid YAML'],
    ['a tab', 'kapso:\n\tapiKey: abc\n', ':2:1: is not valid YAML: a tab'],
    ['a list at the top', '- mode\n', ':1:1: must hold keys and values'],
  ])('%s', async (_, text, message) => {
    const home = createHome();
    const path = home.write('config.yaml', text);
    const error = await home.refusal();
    expect(error.message).toContain(`${path}${message}`);
    expect(error.message).not.toContain('abc');
  });

  test('in JSON too', async () => {
    const home = createHome();
    const path = home.write('config.json', '{\n  "polling": {\n    "interval": 3\n  }\n}\n');
    expect((await home.refusal()).message).toContain(`${path}:3:17 (polling.interval): is 3`);
    home.write('config.json', '{\n  "kapso": { "apiKey": "abc" "x": 1 }\n}\n');
    const error = await home.refusal();
    expect(error.message).toContain(`${path}:2:30: is not JSON from here on`);
    expect(error.message).not.toContain('abc');
  });

  test('even where the environment overrides the value', async () => {
    const home = createHome();
    home.write('config.yaml', 'polling: { interval: 3 }');
    await home.refusal({ env: { ...account, KAPSO_POLL_INTERVAL: '30' } });
  });
});

describe('precedence', () => {
  test('defaults, then the file, then the environment, then the command line', async () => {
    const home = createHome();
    const interval = async (env: NodeJS.ProcessEnv, flags?: Record<string, unknown>) =>
      (await home.load({ env: { ...account, ...env }, ...(flags ? { flags } : {}) })).config.polling.interval;
    expect(await interval({})).toBe(30);
    home.write('config.yaml', 'polling: { interval: 40, overlap: 90 }');
    expect(await interval({})).toBe(40);
    expect(await interval({ KAPSO_POLL_INTERVAL: '50' })).toBe(50);
    expect(await interval({ KAPSO_POLL_INTERVAL: '50' }, { 'polling.interval': '60' })).toBe(60);
    expect(await interval({ KAPSO_POLL_INTERVAL: '50' }, { 'polling.interval': 70, mode: undefined })).toBe(70);
  });

  test('the command line is checked like the rest, and takes no secret', async () => {
    const error = await createHome().refusal({
      flags: { 'polling.interval': '3', 'kapso.apiKey': 'k', 'poling.interval': 5 },
    });
    expect(error.message).toContain('polling.interval: is 3; it must be');
    expect(error.message).toContain('kapso.apiKey: is a secret and cannot be given on the command line');
    expect(error.message).toContain('poling.interval: is not a known key; did you mean polling.interval?');
  });

  test('a relative state directory is relative to the file it stands in', async () => {
    const home = createHome();
    const path = home.write('config.yaml', 'state: { dir: state }');
    expect((await home.load()).config.state.dir).toBe(path.replace('config.yaml', 'state'));
  });
});
