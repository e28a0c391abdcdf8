import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isOfRoot } from '../../src/cli/operator-only.ts';
import { createProgram, type Handlers } from '../../src/cli/program.ts';
import { account, runCli, startApi } from './program.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'kapso-cli-'));
});
afterAll(() => rm(home, { recursive: true }));

const asAgent = () => ({ OPENCLAW_SHELL: 'exec', KAPSO_STATE_DIR: home, HOME: home });

/** Every command that the program has, by its help. */
async function allCommands(): Promise<string[][]> {
  const handlers = new Proxy({}, { get: () => () => undefined }) as Handlers;
  const help = await createProgram(handlers).getHelp();
  const groups = [...help.matchAll(/^ {2}kapso-whatsapp-cli ([a-z]+)/gm)].map(([, name = '']) => [name]);
  const all: string[][] = [];
  for (const group of groups) {
    const { stdout } = await runCli([...group, '--help']);
    const actions = [...stdout.matchAll(new RegExp(`^  kapso-whatsapp-cli ${group.join(' ')} ([a-z]+)`, 'gm'))];
    all.push(...(actions.length === 0 ? [group] : actions.map(([, action = '']) => [...group, action])));
  }
  return all;
}

const forAgents = [
  ...[
    'send',
    'read',
    'templates list',
    'templates show',
    'status',
    'config check',
    'config schema',
    'explain',
    'completion',
  ],
];

describe('an agent', () => {
  test('is refused every command that is not on its list', async () => {
    const commands = await allCommands();
    const refused = commands.filter(words => !forAgents.includes(words.join(' ')));
    expect(refused.map(words => words.join(' '))).toEqual(
      expect.arrayContaining([
        'inbox list',
        'outbox show',
        'webhook list',
        'config show',
        'units install',
        'backup',
        'restore',
        'forget',
      ]),
    );
    const ends = refused.map(async words => {
      const values = words[1] === 'show' && words[0] !== 'config' ? ['some-id'] : [];
      if (words[0] === 'trace') values.push('some-id');
      if (words[1] === 'get') values.push('some-id', '-o', 'file');
      if (['media text', 'backup', 'restore', 'config import'].includes(words.join(' '))) values.push('some-file');
      const { code, stderr } = await runCli([...words, ...values], { env: asAgent() });
      return { words, code, isRefused: stderr.includes('is for people alone') };
    });
    expect(await Promise.all(ends)).toEqual(refused.map(words => ({ words, code: 69, isRefused: true })));
  });

  test('asks for the status, and does not watch it: that shows messages', async () => {
    const { code, stderr } = await runCli(['status', '--watch'], { env: asAgent() });
    expect([code, stderr]).toEqual([69, expect.stringContaining('"status --watch" is for people alone')]);
    expect((await runCli(['status', '--json'], { env: asAgent() })).stdout).toContain('"running":false');
  });

  test('is told what a person has to do', async () => {
    const { stderr } = await runCli(['inbox', 'list', '--full'], { env: asAgent() });
    expect(stderr).toContain('"inbox list" is for people alone, and an agent runs it');
    expect(stderr).toContain('unset OPENCLAW_SHELL');
  });

  test('may send, and ask for help', async () => {
    const api = await startApi(() => ({ body: { messages: [{ id: 'wamid.1' }] } }));
    const env = { ...asAgent(), ...account(api) };
    const sent = await runCli(['send', '--to', '+15551234567', '--text', 'Hello'], { env });
    expect(sent).toMatchObject({ code: 0, stdout: 'wamid.1\n' });
    expect(await runCli(['inbox', 'list', '--help'], { env })).toMatchObject({ code: 0 });
    await api.close();
  });
});

describe('an agent does not say who gets the key', () => {
  const text = ['send', '--to', '+15551234567', '--text', 'Hello', '--wait', '0'];
  const kapso = { KAPSO_API_KEY: 'a-key-of-the-operator', KAPSO_PHONE_NUMBER_ID: '106540352242922' };
  // A name that never leads anywhere (RFC 6761).
  const elsewhere = 'https://kapso.invalid';
  let config: string;
  beforeAll(async () => {
    config = join(home, 'own.yaml');
    await writeFile(config, `kapso:\n  baseUrl: ${elsewhere}\n`);
  });

  test.each([
    ['a variable', () => [text, { KAPSO_BASE_URL: elsewhere }] as const],
    ['a file that it names', () => [[...text, '--config', config], {}] as const],
    ['a file that a variable names', () => [text, { KAPSO_CONFIG: config }] as const],
  ])('by %s', async (_, given) => {
    const [args, more] = given();
    const asked = await runCli(args, { env: { ...asAgent(), ...kapso, ...more } });
    expect(asked).toMatchObject({ code: 69, stderr: expect.stringContaining('may not name the server') });
    const person = await runCli(args, { env: { ...asAgent(), ...kapso, ...more, OPENCLAW_SHELL: '' } });
    expect(person.stderr).not.toContain('may not name the server');
  });

  test('the operator does, in the file at its usual place', async () => {
    const place = join(home, '.config/kapso-whatsapp');
    await mkdir(place, { recursive: true });
    await copyFile(config, join(place, 'config.yaml'));
    const { stderr } = await runCli(text, { env: { ...asAgent(), ...kapso } });
    expect(stderr).toContain('kapso.invalid');
    expect(stderr).not.toContain('may not name the server');
    await rm(place, { recursive: true });
  });
});

test.each([
  ['the Nix store has, for another user', { uid: 0, mode: 0o100444 }, 1000, true],
  ['this user has', { uid: 1000, mode: 0o100444 }, 1000, false],
  ['others may write', { uid: 0, mode: 0o100664 }, 1000, false],
  ['root has, for root itself', { uid: 0, mode: 0o100444 }, 0, false],
])('a configuration that a variable names is the operator’s by what %s', (_, file, user, isRoots) => {
  expect(isOfRoot(file, user)).toBe(isRoots);
});

test('a person may look at the inbox', async () => {
  const { stdout } = await runCli(['inbox', 'list', '--json'], { env: { KAPSO_STATE_DIR: home, HOME: home } });
  expect(stdout).not.toContain('OPERATOR_ONLY');
});
