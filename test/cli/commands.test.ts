import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiKey, runCli } from './program.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'kapso-cli-'));
});
afterEach(() => rm(home, { recursive: true }));

const commands = [
  ['send'],
  ['status'],
  ['config', 'init'],
  ['config', 'import'],
  ['config', 'check'],
  ['config', 'show'],
  ['config', 'explain'],
  ['config', 'schema'],
  ['explain'],
  ['inbox', 'list'],
  ['inbox', 'show'],
  ['inbox', 'retry'],
  ['inbox', 'drop'],
  ['outbox', 'list'],
  ['outbox', 'show'],
  ['outbox', 'retry'],
  ['outbox', 'drop'],
  ['media', 'get'],
  ['media'],
  ['config'],
  ['inbox'],
  ['outbox'],
  ['webhook'],
  ['units'],
  ['state'],
  ['state', 'migrate'],
];

describe('help', () => {
  test.each(commands.map(words => [words.join(' '), words] as const))('of %s has an example', async (name, words) => {
    const ended = await runCli([...words, '--help']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(new RegExp(`Examples:\\s+kapso-whatsapp-cli ${name}`));
  });

  test('of the program has every command, an example and the exit codes', async () => {
    const { code, stdout } = await runCli(['--help']);
    expect(code).toBe(0);
    for (const command of ['send', 'config', 'status', 'inbox', 'outbox', 'completion'])
      expect(stdout).toContain(` ${command} `);
    for (const exit of [0, 64, 69, 70, 75, 77, 78]) expect(stdout).toMatch(new RegExp(`^ +${exit} +\\w`, 'm'));
    expect(stdout).toContain('Examples:');
  });

  test('of completion is help, and not the script', async () => {
    const { stdout } = await runCli(['completion', '--help']);
    expect(stdout).toContain('print a completion script');
    expect(stdout).not.toContain('compdef');
  });

  test('names the option --text beside the word', async () => {
    expect((await runCli(['send', '--help'])).stdout).toMatch(/--text +the text/);
  });
});

test('--version prints the version of the package', async () => {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
  expect(await runCli(['--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
});

test('completion prints a script, and the shell gets commands and options from the program', async () => {
  const { stdout } = await runCli(['completion']);
  expect(stdout).toContain('kapso-whatsapp-cli');
  for (const group of ['inbox', 'outbox']) {
    const words = await runCli(['--get-yargs-completions', 'kapso-whatsapp-cli', group, '']);
    expect(words.stdout.split('\n')).toEqual(expect.arrayContaining(['list', 'retry']));
  }
  const options = await runCli(['--get-yargs-completions', 'kapso-whatsapp-cli', 'send', '--']);
  expect(options.stdout.split('\n')).toEqual(expect.arrayContaining(['--to', '--text', '--json']));
});

test.each([
  [[], /no command/],
  [['sned'], /"sned" is not known here.*kapso-whatsapp-cli --help/],
  [['inbox', 'foo'], /"foo" is not known here.*inbox --help/],
  [['status', '--bogus'], /there is no option --bogus/],
  [['inbox', 'show'], /an argument is missing/],
  [['inbox', 'list', '--limit'], /--limit needs a value/],
  [['config'], /no command after config: it has init, .*check/],
  [
    ['inbox'],
    /no command after inbox: it has list, tail, show, retry, drop, export\. See kapso-whatsapp-cli inbox --help/,
  ],
  [['inbox', 'list', '--nope'], /there is no option --nope.*inbox list --help/],
  [['inbox', 'list', '--state', 'lost'], /--state takes one of held, pending, .*, not "lost"/],
  [['inbox', 'list', '--limit', '0'], /--limit/],
  [['inbox', 'list', '--state-dir', '/a', '--state-dir', '/b'], /--state-dir is given more than once/],
  [['config', 'check', 'a.yaml', '--config', 'b.yaml'], /two configuration files/],
  [['--json=true', 'send', '--to', '+15551234567', 'x'], /"send" stands after an option/],
])('the command line %j is refused with 64', async (args, message) => {
  const ended = await runCli(args);
  expect(ended.code).toBe(64);
  expect(ended.stdout + ended.stderr).toMatch(message);
});

describe('config', () => {
  test('check names a variable that nobody knows beside what is missing: it may be the cause', async () => {
    const ended = await runCli(['config', 'check'], { env: { KAPSO_API_KEYS: 'x', KAPSO_PHONE_NUMBER_ID: '1' } });
    expect(ended.code).toBe(78);
    expect(ended.stderr).toMatch(/KAPSO_API_KEY \(kapso\.apiKey\): is required/);
    expect(ended.stderr).toMatch(/warning: .*KAPSO_API_KEYS/);
  });

  test('check tells a right configuration from a wrong one, with the file and the line', async () => {
    const file = join(home, 'kapso.yaml');
    await writeFile(file, 'polling:\n  interval: 30\n');
    expect(await runCli(['config', 'check', '--for', 'none', file])).toEqual({
      code: 0,
      stdout: `The configuration is right (${file}).\n`,
      stderr: '',
    });
    expect((await runCli(['config', 'check', file])).stderr).toContain('KAPSO_API_KEY');

    await writeFile(file, 'polling:\n  interval: 3\n');
    const wrong = await runCli(['config', 'check', '--for', 'none', file]);
    expect(wrong).toMatchObject({ code: 78, stdout: '' });
    expect(wrong.stderr).toContain(`${file}:2`);
    const json = await runCli(['config', 'check', '--json', '--config', file]);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'CONFIG_INVALID' }, exitCode: 78 });
  });

  test('check --no-secrets says what is wrong with all the rest, and that it did not look at them', async () => {
    const file = join(home, 'kapso.json');
    const check = async (settings: object) => {
      await writeFile(file, JSON.stringify(settings));
      return await runCli(['config', 'check', '--no-secrets', file]);
    };
    // The key's file is on another machine; the verify token comes from a credential.
    const kapso = { phoneNumberId: '647000000000001', apiKeyFile: '/nonexistent/kapso-api-key' };
    const webhook = { requireSignature: true, register: true, publicUrl: 'https://example.com/webhook' };
    expect(await check({ mode: 'domain', kapso, webhook })).toEqual({
      code: 0,
      stdout: `The configuration is right (${file}); its secrets were not looked at.\n`,
      stderr: '',
    });
    expect(await check({ kapso: { apiKeyFile: '/nonexistent' } })).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('KAPSO_PHONE_NUMBER_ID'),
    });
    expect(await check({ mode: 'domain', kapso, webhook: { register: true } })).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('webhook.publicUrl'),
    });
    expect(await check({ kapso, pollling: { interval: 30 } })).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('(pollling): is not a known key; did you mean polling?'),
    });
    expect((await check({ kapso: { ...kapso, apiKey: 'with a blank' } })).code).toBe(78);
    const json = await runCli(['config', 'check', '--no-secrets', '--json', '--config', file]);
    expect(JSON.parse(json.stdout)).toMatchObject({ exitCode: 78 });
  });

  test('show prints values with their origin, and no secret', async () => {
    const env = { HOME: home, KAPSO_API_KEY: apiKey, KAPSO_POLL_INTERVAL: '45' };
    const plain = await runCli(['config', 'show'], { env });
    expect(plain.code).toBe(0);
    expect(plain.stdout).toMatch(/^polling\.interval +45 +\(environment variable KAPSO_POLL_INTERVAL\)$/m);
    const json = await runCli(['config', 'show', '--json'], { env });
    expect(JSON.parse(json.stdout).settings).toContainEqual({ key: 'mode', value: 'polling', origin: 'default' });
    expect(plain.stdout + json.stdout).not.toContain(apiKey);
  });

  test('schema prints the schema', async () => {
    const { default: schema } = await import('../../schema/kapso-whatsapp.schema.json', { with: { type: 'json' } });
    expect(JSON.parse((await runCli(['config', 'schema'])).stdout)).toEqual(schema);
  });
});
