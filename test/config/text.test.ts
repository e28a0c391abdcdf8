import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settings } from '../../src/config/config.generated.ts';
import { account, createHome } from './fixture.ts';

const fixture = (name: string) => join(import.meta.dirname, '../fixtures/field-reports', name);
const { KAPSO_API_KEY: _, ...number } = account;
const key = 'k3y-0123456789abcdef';

/** What stands in a secret file, and what is said of it; null where it is read as the plain key. */
const contents: [string, string | Buffer, string | null][] = [
  ['a byte order mark', readFileSync(fixture('B24-key-bom')), null],
  ['a byte order mark before an assignment', readFileSync(fixture('B24-key-bom-assignment')), null],
  ['a byte order mark behind one', `KAPSO_API_KEY=\uFEFF${key}`, null],
  ['nothing but the key', readFileSync(fixture('B24-key-plain')), null],
  ['Windows line ends', `${key}\r\n`, null],
  ['UTF-16', readFileSync(fixture('B24-key-utf16')), 'is UTF-16 text'],
  ['UTF-16 of the other order', Buffer.from(`\uFEFF${key}`, 'utf16le').swap16(), 'is UTF-16 text'],
  ['UTF-16 without a mark', Buffer.from(key, 'utf16le'), 'is UTF-16 text'],
  ['another encoding', Buffer.from(`${key}ü`, 'latin1'), 'is not UTF-8'],
  ['a blank at the end', readFileSync(fixture('B24-key-trailing-space')), 'ends with a blank'],
  ['a blank at the end of the line', `${key} \n`, 'ends with a blank'],
  ['a tab at the end', `${key}\t\n`, 'ends with a tab'],
  ['a blank at the beginning', ` ${key}`, 'begins with a blank'],
  ['a carriage return', `${key}\rx`, 'carriage return (CR)'],
  ['a zero-width space', `\u200b${key}`, 'invisible character in it (U+200B)'],
  ['a zero-width space at the end', `${key}\u200b\n`, 'U+200B'],
  ['a second byte order mark', `\uFEFF\uFEFF${key}`, null],
  ['a byte order mark within', `${key}\uFEFFx`, 'U+FEFF'],
  ['a word joiner', `${key}\u2060`, 'U+2060'],
  ['a direction mark', `\u200e${key}`, 'U+200E'],
  ['a blank that does not break', `${key}\u00a0`, 'U+00A0'],
  ['a soft hyphen', `k3y\u00ad-0123`, 'U+00AD'],
  ['a tag character', `${key}\u{e0041}`, 'U+E0041'],
  ['a zero byte', `${key}\u0000\u0000`, 'U+0000'],
  ['quotes', `"${key}"`, 'stands in quotes'],
  ['quotes in an assignment', `KAPSO_API_KEY='${key}'\n`, 'stands in quotes'],
  ['quotes of a word processor', `“${key}”`, 'stands in quotes'],
  ['a comment', `${key} # of the shop`, 'has a blank and a # in it'],
  ['export', `export KAPSO_API_KEY=${key}`, 'begins with "KAPSO_API_KEY="'],
  ["another variable's assignment", `KAPSO_WEBHOOK_SECRET=${key}`, 'begins with "KAPSO_WEBHOOK_SECRET="'],
];

describe.each(contents)('a secret file with %s', (_case, content, said) => {
  test.each(['KAPSO_API_KEY_FILE', 'a credential', 'apiKeyFile'])('given by %s', async way => {
    const home = createHome();
    const path = home.write('credentials/kapso-api-key', content as string);
    if (way === 'apiKeyFile') home.write('config.yaml', `kapso: { apiKeyFile: ${path} }`);
    const env = {
      ...number,
      ...(way === 'KAPSO_API_KEY_FILE' && { KAPSO_API_KEY_FILE: path }),
      ...(way === 'a credential' && { CREDENTIALS_DIRECTORY: dirname(path) }),
    };
    if (said === null) {
      expect((await home.load({ env })).config.kapso.apiKey).toBe(key);
      return;
    }
    const { message, problems } = await home.refusal({ env });
    expect(problems).toHaveLength(1);
    expect(message).toContain(said);
    expect(message).toContain(path);
    expect(message).not.toContain(key);
  });
});

/** The same in a variable, for every setting there is. */
const inVariables: [string, (value: string) => string, string][] = [
  ['double quotes', value => `"${value}"`, 'stands in quotes'],
  ['single quotes', value => `'${value}'`, 'stands in quotes'],
  ['a comment', value => `${value} # what it is for`, 'has a blank and a # in it'],
  ['a comment behind a tab', value => `${value}\t#what it is for`, 'has a blank and a # in it'],
  ['a carriage return', value => `${value}\r`, 'ends with a carriage return (CR)'],
  ['an invisible character', value => `${value}\u200b`, 'invisible character in it (U+200B)'],
];
const right: Record<string, string> = {
  KAPSO_PHONE_NUMBER_ID: '647015955153740',
  KAPSO_BASE_URL: 'https://api.kapso.ai',
  OPENCLAW_GATEWAY_URL: 'ws://127.0.0.1:18789',
  KAPSO_WEBHOOK_PUBLIC_URL: 'https://example.com/webhook',
  KAPSO_POLL_INTERVAL: '30',
};

describe.each(settings.map(({ env }) => env))('%s', variable => {
  test.each(inVariables)(
    'with %s around its value is refused, and the value is not shown',
    async (_case, put, said) => {
      const value = right[variable] ?? 'v4lue-0123456789';
      const error = await createHome().refusal({ env: { ...account, [variable]: put(value) } });
      expect(error.problems).toMatchObject([{ variable, message: expect.stringContaining(said) }]);
      expect(error.message).not.toContain(value);
    },
  );
});

test('a byte order mark before the value of a variable is left out', async () => {
  const env = { KAPSO_API_KEY: `\uFEFF${key}`, KAPSO_PHONE_NUMBER_ID: '\uFEFF647015955153740' };
  expect((await createHome().load({ env })).config.kapso).toMatchObject({
    apiKey: key,
    phoneNumberId: '647015955153740',
  });
});

test.each([
  ['"/etc/kapso.yaml"', 'stands in quotes'],
  ['/etc/kapso.yaml # the shop', 'has a blank and a # in it'],
  ['/etc/kapso.yaml\r', 'carriage return'],
])('KAPSO_CONFIG is read as settings are: %j', async (value, said) => {
  const error = await createHome().refusal({ env: { ...account, KAPSO_CONFIG: value } });
  expect(error.problems).toMatchObject([{ variable: 'KAPSO_CONFIG', message: expect.stringContaining(said) }]);
});

describe('a signing secret', () => {
  test.each(['shh-0123456789 ', 'shh-0123456789\t'])(
    '%j is used as it is, with a warning that does not show it',
    async secret => {
      const home = createHome();
      const path = home.write('secret', secret);
      for (const env of [{ KAPSO_WEBHOOK_SECRET: secret }, { KAPSO_WEBHOOK_SECRET_FILE: path }]) {
        const { config, warnings } = await home.load({ env: { ...account, ...env } });
        expect(config.webhook.secret).toEqual([secret]);
        expect(warnings).toEqual([expect.stringContaining('ends with a blank, which is taken as a part of it')]);
        expect(warnings.join()).not.toContain('shh');
      }
    },
  );

  test('that is meant to stand in quotes can be given in the configuration file', async () => {
    const home = createHome();
    home.write('config.yaml', `webhook: { secret: '"shh" # 1' }`);
    expect((await home.load()).config.webhook.secret).toEqual(['"shh" # 1']);
  });

  test('of several the one with the fault is refused', async () => {
    const error = await createHome().refusal({ env: { ...account, KAPSO_WEBHOOK_SECRET: 'good-one\n"shh-0123"' } });
    expect(error.problems).toMatchObject([{ key: 'webhook.secret', message: expect.stringContaining('quotes') }]);
  });

  test.each([
    ['invisible', 'made\u200b', 'invisible character in it (U+200B)'],
    ['UTF-16', Buffer.from('\uFEFFmade', 'utf16le'), 'is UTF-16'],
  ])('that a registration has made and that is %s now refuses the start', async (_case, content, said) => {
    const home = createHome();
    const path = home.write('webhook-secret', content as string);
    const env = { ...account, KAPSO_MODE: 'domain', KAPSO_WEBHOOK_VERIFY_TOKEN: 'v', KAPSO_STATE_DIR: dirname(path) };
    expect((await home.refusal({ env })).message).toContain(said);
    home.write('webhook-secret', '\uFEFFmade-0123\r\n');
    await home.load({ env });
  });
});

describe('a configuration file', () => {
  test('in JSON with a byte order mark is read, and its faults are named at their place', async () => {
    const home = createHome();
    const path = home.write('config.json', '');
    copyFileSync(fixture('B24-config-bom.json'), path);
    copyFileSync(fixture('B24-key-plain'), join(dirname(path), 'B24-key-plain'));
    expect((await home.load({ env: {} })).config.kapso.apiKey).toBe(key);
    home.write('config.json', '\uFEFF{\n  "polling": { "interval": 3 }\n}');
    expect((await home.refusal()).message).toContain(`${path}:2:28 (polling.interval)`);
  });

  test.each([
    ['\uFEFF{\n  "mode": polling\n}', '2:11'],
    ['{\n  "mode": polling\n}', '2:11'],
    ['{\n  "polling": { "interval": 60,\n }\n}', '3:2'],
    ['{\n  "mode": "polling"\n', '3:1'],
    ['{ "mode": "polling" }\n}', '2:1'],
    ['{\n  // a comment\n}', '2:3'],
    ['{\n  "state": { "dir": "C:\\state" }\n}', '2:25'],
    ["{\n  'mode': 1\n}", '2:3'],
  ])('in JSON that is wrong is named at the place of its fault: %j', async (text, place) => {
    const home = createHome();
    const path = home.write('config.json', text);
    expect((await home.refusal()).message).toContain(`${path}:${place}: is not JSON from here on`);
  });

  test('in YAML with a byte order mark, and in UTF-16, is read', async () => {
    const home = createHome();
    home.write('config.yaml', '\uFEFFpolling:\n  interval: 60\n');
    expect((await home.load()).config.polling.interval).toBe(60);
    home.write('config.yaml', Buffer.from('\uFEFFpolling:\n  interval: 61\n', 'utf16le') as unknown as string);
    expect((await home.load()).config.polling.interval).toBe(61);
  });

  test('with an invisible character in a value is refused at its place', async () => {
    const home = createHome();
    const path = home.write('config.yaml', `kapso:\n  apiKey: "${key}\\u200b"\nstate:\n  dir: "/srv/\\u200bstate"\n`);
    const { message } = await home.refusal();
    expect(message).toContain(`${path}:2:11 (kapso.apiKey): has an invisible character in it (U+200B)`);
    expect(message).toContain(`${path}:4:8 (state.dir): has an invisible character`);
    expect(message).not.toContain(key);
  });

  test('may name a path with the joiners that some scripts and emoji need', async () => {
    const home = createHome();
    home.write('config.yaml', 'state: { dir: "/srv/می\u200cخواهم" }');
    expect((await home.load()).config.state.dir).toBe('/srv/می\u200cخواهم');
  });

  test.each(['package.json', 'package.yaml', 'package.yml', 'package', 'config.toml', 'noextension'])(
    'may be called %s',
    async name => {
      const home = createHome();
      const configFile = home.write(name, '{ "polling": { "interval": 62 } }');
      expect((await home.load({ configFile })).config.polling.interval).toBe(62);
    },
  );

  test('that is a pipe, a device or too large is refused in words', async () => {
    const home = createHome();
    const pipe = join(home.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect((await home.refusal({ configFile: pipe })).message).toContain(`${pipe}: is a pipe`);
    expect((await home.refusal({ configFile: '/dev/zero' })).message).toContain('/dev/zero: is a device');
    const large = home.write('large.yaml', `# ${'x'.repeat(300_000)}\n`);
    expect((await home.refusal({ configFile: large })).message).toContain(`${large}: is larger than`);
  });

  test.each([
    ['200,000 keys', `${Array.from({ length: 200_000 }, (_, n) => `k${n}: 1`).join('\n')}\n`, 'is larger than'],
    ['as many keys as fit', `${Array.from({ length: 10_000 }, (_, n) => `k${n}: `).join('\n')}\n`, 'and 80 more'],
    ['one key again and again', 'mode: polling\n'.repeat(8_000), 'this key is given twice'],
    ['aliases that multiply', bomb(), 'too many aliases'],
    ['brackets without an end', '['.repeat(100_000), 'it is nested too deeply'],
    ['brackets in brackets', `{"x":${'['.repeat(60_000)}${']'.repeat(60_000)}}`, 'it is nested too deeply'],
  ])('with %s is refused at once', async (_case, text, said) => {
    const home = createHome();
    const configFile = home.write('config.yaml', text);
    expect((await home.refusal({ configFile })).message).toContain(said);
    const json = home.write('config.json', text);
    await home.refusal({ configFile: json });
  });

  test('in JSON with as many keys as fit is refused at once, with the places of the first', async () => {
    const home = createHome();
    const path = home.write(
      'config.json',
      JSON.stringify(Object.fromEntries(Array.from({ length: 12_000 }, (_, n) => [`k${n}`, 1]))),
    );
    expect((await home.refusal()).message).toContain(`${path}:1:9: has a key here that is not known`);
  });
});

/** Each list holds the one before nine times. */
function bomb(): string {
  const lists = Array.from({ length: 9 }, (_, n) => `l${n}: &l${n} [${Array(9).fill(n === 0 ? 'x' : `*l${n - 1}`)}]`);
  return `${lists.join('\n')}\n`;
}
