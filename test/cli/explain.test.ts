import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { explanationOf } from '../../src/cli/explanation.ts';
import { settings } from '../../src/config/config.generated.ts';
import { docsOf, type ErrorCode, errorCodes } from '../../src/error-codes.ts';
import { readPage, withoutCode } from '../docs/pages.ts';
import { apiKey, runCli } from './program.ts';

const codes = Object.keys(errorCodes) as ErrorCode[];

describe('explain', () => {
  test('every code has its place on the page of error codes, and no place is left over', () => {
    const page = withoutCode(readPage('docs/reference/errors.md'));
    const headings = [...page.matchAll(/^#{2,} `?([^`\n]+)`?$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(codes);
    expect(codes.map(docsOf)).toEqual(codes.map(code => `docs/reference/errors.md#${code.toLowerCase()}`));
  });

  test('says the same as the page, without configuration and network, and names a page that is installed', async () => {
    const env = { KAPSO_MODE: 'nonsense', OPENCLAW_SHELL: 'exec' };
    const { code, stdout, stderr } = await runCli(['explain', 'kapso_unreachable'], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const paragraphs = stdout.trim().split('\n\n');
    const more = paragraphs.at(-1)?.replace('More: ', '') ?? '';
    expect(paragraphs).toEqual(['KAPSO_UNREACHABLE', ...explanationOf('KAPSO_UNREACHABLE', () => more)]);
    expect(readFileSync(more.replace(/#.*/, ''), 'utf8')).toMatch(/^# /);
    for (const paragraph of paragraphs.slice(1, -1)) expect(readPage('docs/reference/errors.md')).toContain(paragraph);
  });

  test('lists all codes, and says what an unknown one may mean', async () => {
    const listed = JSON.parse((await runCli(['explain', '--json'])).stdout);
    expect(listed.map(({ code }: { code: string }) => code)).toEqual(codes);
    expect(await runCli(['explain', 'STORE_FUL'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('Did you mean STORE_FULL?'),
    });
    expect(await runCli(['explain', '131047'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^Meta's code 131047\n\nThe 24-hour window is closed: .*send ends with 69\.\n\nMore: /s,
      ),
    });
    expect((await runCli(['explain', '139999'])).stderr).toMatch(/139999 is not among .* Meta's list is at https:/s);
    expect((await runCli(['explain', 'polling.interval'])).stderr).toContain('config explain polling.interval');
  });
});

describe('config explain', () => {
  function home(config: string): string {
    const dir = mkdtempSync(join(tmpdir(), 'kapso-explain-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, 'config.yaml'), config, { mode: 0o600 });
    return join(dir, 'config.yaml');
  }
  const explained = async (args: string[], env: Record<string, string> = {}) =>
    JSON.parse((await runCli(['config', 'explain', ...args, '--json'], { env })).stdout);

  test('says what a setting takes, and where its value comes from: a line, a variable, the default', async () => {
    const file = home('polling:\n  interval: 15\n');
    const asked = ['polling.interval', '--config', file];
    const { code, stdout } = await runCli(['config', 'explain', ...asked]);
    expect(code).toBe(0);
    for (const text of [
      'polling.interval: ',
      'at least 5',
      '30 seconds',
      'KAPSO_POLL_INTERVAL',
      `15 (${file}:2)`,
      'reload',
    ])
      expect(stdout).toContain(text);
    const now = async (env: Record<string, string>) => (await explained(asked, env)).now;
    expect(await now({ KAPSO_POLL_INTERVAL: '20' })).toEqual({
      value: '20',
      origin: 'environment variable KAPSO_POLL_INTERVAL',
    });
    expect(await explained(['KAPSO_MODE'])).toMatchObject({
      ...{ key: 'mode', now: { value: 'polling', origin: 'default' }, needsRestart: true },
    });
  });

  test('shows no secret, its other sources, and a file that names it', async () => {
    const file = home(`kapso:\n  apiKey: ${apiKey}\n`);
    const ended = await runCli(['config', 'explain', 'kapso.apiKey', '--config', file]);
    expect(ended.stdout).toContain(`set (${apiKey.length} characters) (${file}:2)`);
    expect(ended.stdout).toContain('KAPSO_API_KEY_FILE, kapso.apiKeyFile, systemd credential kapso-api-key');
    expect(ended.stdout + ended.stderr).not.toContain(apiKey);
    expect((await explained(['kapso.apiKeyFile', '--config', file])).now.value).toMatch(/^set/);
  });

  test('lists the keys of a section, and all of them; those of objects within a setting too', async () => {
    const all = await explained([]);
    const names = (of: { keys: { key: string }[] }) => of.keys.map(({ key }) => key);
    expect(names(all)).toEqual([...settings.map(({ key }) => key), 'accounts']);
    expect(names(await explained(['access']))).toEqual(names(all).filter(key => key.startsWith('access.')));
    const { fields } = await explained(['access.contacts']);
    expect(fields).toContainEqual(expect.objectContaining({ name: 'id', required: true }));
  });

  test('an unknown key names the nearest ones', async () => {
    const ended = await runCli(['config', 'explain', 'poling.interval']);
    expect(ended).toMatchObject({ code: 64, stderr: expect.stringContaining('Did you mean polling.interval') });
    expect((await runCli(['config', 'explain', 'timeout'])).stderr).toContain('kapso.timeout');
  });

  test('lists what an account may have, and says of one key what it is there', async () => {
    const file = home(`
accounts:
  - phoneNumberId: "647000000000001"
    apiKey: ${apiKey}
  - phoneNumberId: "647000000000002"
    name: support
    agent: help
gateway: { agent: sales }
kapso: { apiKey: ${apiKey} }
`);
    const listed = (await explained(['accounts', '--config', file])).keys.map(({ key }: { key: string }) => key);
    expect(listed).toEqual(
      expect.arrayContaining(['accounts[].phoneNumberId', 'accounts[].access', 'accounts[].name']),
    );
    const agent = async (name: string) => (await explained([name, '--config', file])).now;
    expect(await agent('accounts[0].agent')).toEqual({ value: 'sales', origin: `${file}:8` });
    expect(await agent('accounts[1].agent')).toEqual({ value: 'help', origin: `${file}:7` });
    expect(await explained(['accounts[1].name', '--config', file])).toMatchObject({
      ...{
        expected: expect.stringContaining('lower-case'),
        variable: '',
        now: { value: 'support' },
        needsRestart: true,
      },
    });
    const key = await runCli(['config', 'explain', 'accounts[0].apiKey', '--config', file]);
    expect(key.stdout).toContain('accounts[0].apiKeyFile, systemd credential kapso-api-key-NAME');
    expect(key.stdout).not.toContain(apiKey);
    expect((await runCli(['config', 'explain', 'accounts.mode'])).code).toBe(64);
  });

  test('works where the configuration is wrong', async () => {
    const file = home('polling:\n  interval: fast\n');
    expect(await explained(['polling.interval', '--config', file])).toMatchObject({ now: null, default: 30 });
  });
});
