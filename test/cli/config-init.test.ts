import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { writeSetup } from '../../src/setup/write-setup.ts';
import { startGatewaySimulator } from '../../src/simulator/gateway.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { onTerminal } from './on-terminal.ts';
import { runCli } from './program.ts';

const apiKey = 'key-1d5e-never-to-be-seen';
const token = 'token-8c2f-never-to-be-seen';
let kapso: KapsoSimulator;
beforeAll(async () => {
  kapso = await startKapsoSimulator({ apiKey });
});
afterAll(() => kapso.close());

function newHome() {
  const home = mkdtempSync(join(tmpdir(), 'kapso-init-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  return home;
}
const fileIn = (home: string, name = 'config.yaml') => join(home, '.config/kapso-whatsapp', name);
const modeOf = (file: string) => statSync(file).mode & 0o777;
const environment = (HOME: string) => ({ HOME, KAPSO_BASE_URL: kapso.url });

async function valuesOf(home: string, file = fileIn(home)): Promise<Record<string, string>> {
  const { stdout } = await runCli(['config', 'show', '--json', '--config', file], { env: { HOME: home } });
  const { settings, warnings } = JSON.parse(stdout);
  expect(warnings).toEqual([]);
  return Object.fromEntries(settings.map(({ key, value }: { key: string; value: string }) => [key, value]));
}

describe('without a terminal', () => {
  test('options and variables decide: secrets in files of their own, for their owner alone, and then doctor', async () => {
    const HOME = newHome();
    mkdirSync(join(HOME, '.openclaw'));
    const config = { gateway: { port: 19999, auth: { token } }, agents: { defaults: { workspace: '~/agent' } } };
    writeFileSync(
      join(HOME, '.openclaw/openclaw.json'),
      `// mine\n{ ...own }`.replace(
        '...own',
        `gateway: ${JSON.stringify(config.gateway)}, agents: ${JSON.stringify(config.agents)},`,
      ),
    );
    const args = ['config', 'init', '--json', '--admin', '+1 555 123-4567', '--skill', 'workspace', '--commands'];
    const domain = ['--mode', 'domain', '--public-url', 'https://example.org/webhook', '--register'];
    const env = { ...environment(HOME), KAPSO_API_KEY: apiKey };
    const { code, stdout, stderr } = await runCli([...args, ...domain], { env });
    const said = JSON.parse(stdout);
    expect({ code, stderr }).toEqual({ code: said.exitCode, stderr: '' });
    expect(said.doctor.findings.filter(({ check }: { check: string }) => check === 'Kapso')[0].level).toBe('ok');
    expect(said.webhook).toMatchObject({ change: 'created', url: 'https://example.org/webhook' });
    expect(stdout + readFileSync(fileIn(HOME), 'utf8')).not.toMatch(/never-to-be-seen/);
    const secrets = { 'kapso-api-key': apiKey, 'gateway-token': token };
    for (const [name, secret] of Object.entries(secrets))
      expect(readFileSync(fileIn(HOME, name), 'utf8')).toBe(`${secret}\n`);
    for (const name of [...Object.keys(secrets), 'webhook-verify-token', 'config.yaml'])
      expect(modeOf(fileIn(HOME, name))).toBe(0o600);
    expect(await valuesOf(HOME)).toMatchObject({
      ...{ 'kapso.phoneNumberId': kapso.phoneNumberId, 'gateway.url': 'ws://127.0.0.1:19999', mode: 'domain' },
      ...{ 'access.policy': 'pairing', 'access.commands.enabled': 'true', 'webhook.register': 'true' },
      'access.contacts': '[{"id":"+15551234567","role":"admin"}]',
      'webhook.listen': '127.0.0.1:18790',
    });
    expect(existsSync(join(HOME, 'agent/skills/kapso-whatsapp/SKILL.md'))).toBe(true);
  });

  test('what is missing, and what is wrong, is named, and nothing is written', async () => {
    const HOME = newHome();
    const init = async (args: string[], env = {}) =>
      runCli(['config', 'init', '--no-doctor', ...args], { env: { ...environment(HOME), ...env } });
    const key = { KAPSO_API_KEY: apiKey };
    expect(await init([])).toMatchObject({ code: 64, stderr: expect.stringContaining('Give --api-key-file') });
    expect(await init([], { KAPSO_API_KEY: 'wrong-key-00' })).toMatchObject({ code: 77 });
    expect(await init(['--mode', 'carrier-pigeon'], key)).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('--mode must'),
    });
    expect(await init(['--admin', 'me'], key)).toMatchObject({ code: 64 });
    expect(await init(['--mode', 'domain', '--yes'], key)).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/Give --public-url .*--register/),
    });
    expect(await init(['--units', 'system', join(HOME, 'own.yaml')], key)).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('read /etc/kapso-whatsapp/config.yaml'),
    });
    expect(await init(['--number', '+49301234567'], key)).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('It has: +15550100200'),
    });
    expect(await init([], { ...key, KAPSO_BASE_URL: 'http://127.0.0.1:9' })).toMatchObject({
      code: 69,
      stderr: expect.stringContaining(
        'Check the network and the base URL. Or give --phone-number-id (not --number): then Kapso is not asked.',
      ),
    });
    expect(readdirSync(HOME)).toEqual([]);
  });

  test.each([
    [
      '{ gateway: { port: 19999, auth: { token: "never-to-be-seen" ]',
      'could not be read: it is not valid JSON5 at line 1, column 61',
    ],
    ['[]', 'could not be read: it holds no object'],
  ])("says why OpenClaw's configuration is not read: %s", async (text, why) => {
    const HOME = newHome();
    mkdirSync(join(HOME, '.openclaw'));
    const file = join(HOME, '.openclaw/openclaw.json');
    writeFileSync(file, text);
    const env = { ...environment(HOME), KAPSO_API_KEY: apiKey };
    const ended = await runCli(['config', 'init', '--yes', '--no-doctor'], { env });
    expect(ended).toMatchObject({ code: 0, stderr: `kapso-whatsapp-cli: ${file} ${why}.\n` });
  });

  test('a first set-up ends with what starts it, and without a warning that it does not run yet', async () => {
    const HOME = newHome();
    const gateway = await startGatewaySimulator({ token });
    onTestFinished(() => gateway.close());
    writeFileSync(join(HOME, 'token'), token, { mode: 0o600 });
    const env = { ...environment(HOME), KAPSO_API_KEY: apiKey, OPENCLAW_GATEWAY_URL: gateway.url };
    const init = ['config', 'init', '--yes', '--gateway-token-file', join(HOME, 'token')];
    const first = await runCli([...init, '--units', 'user'], { env });
    expect(first.stdout).toMatch(/^OK {4}state directory: no poller works in .* yet$/m);
    expect(first.stdout.trimEnd().split('\n').at(-1)).toBe(
      'Next: systemctl --user enable --now kapso-whatsapp-poller; then write to +15550100200 from your phone. ' +
        'You get a code: kapso-whatsapp-cli access approve CODE lets you in',
    );
    const own = join(HOME, 'own.yaml');
    const second = await runCli([...init, own, '--admin', '+15551234567'], {
      env: { ...env, KAPSO_STATE_DIR: join(HOME, 'state') },
    });
    expect(second.stdout).toMatch(/^OK {4}state directory: .* is made by the first start of the poller$/m);
    expect(second.stdout.trimEnd().split('\n').at(-1)).toBe(
      `Next: kapso-whatsapp-poller --config '${own}'; then write to +15550100200 from your phone`,
    );
    const broken = await runCli(['config', 'init', '--yes', join(HOME, 'other.yaml')], {
      env: { ...env, OPENCLAW_GATEWAY_URL: 'ws://127.0.0.1:9' },
    });
    expect(broken.stdout).toMatch(/access approve CODE --config '.*other\.yaml' lets you in$/m);
    expect(broken.stdout).toMatch(/Next: put right what has failed above; then kapso-whatsapp-poller --config /);
  });

  test('of several numbers one must be named; a key file stays where it is', async () => {
    const HOME = newHome();
    const many = Array.from({ length: 120 }, (_, at) => ({ phone_number_id: `900${at}` }));
    const otherNumbers = [
      ...many,
      { phone_number_id: '647000000000002', display_phone_number: '+49 30 1234567', name: 'Berlin' },
    ];
    const set = (numbers: object[]) =>
      fetch(`${kapso.url}/__sim/config`, { method: 'POST', body: JSON.stringify({ otherNumbers: numbers }) });
    await set(otherNumbers);
    onTestFinished(async () => void (await set([])));
    writeFileSync(join(HOME, 'key'), `KAPSO_API_KEY=${apiKey}\n`, { mode: 0o600 });
    const args = ['config', 'init', '--yes', '--no-doctor', '--api-key-file', join(HOME, 'key'), '--policy', 'open'];
    const file = join(HOME, 'own.yaml');
    expect((await runCli([...args, file], { env: environment(HOME) })).stderr).toContain(
      '+15550100200 (Simulated Workshop); 9000;',
    );
    expect(await runCli([...args, file, '--number', '49 30 1234567'], { env: environment(HOME) })).toMatchObject({
      code: 0,
    });
    expect(await valuesOf(HOME, file)).toMatchObject({
      'kapso.phoneNumberId': '647000000000002',
      'access.policy': 'open',
    });
    expect(readFileSync(file, 'utf8')).toContain('apiKeyFile: "key"'.replaceAll('"', ''));
    expect(readdirSync(HOME).sort()).toEqual(['key', 'own.yaml']);
  });
});

describe('a file that is there', () => {
  const written = `# mine\nmode: polling   # for now\nkapso:\n  apiKeyFile: kapso-api-key\n  # from Kapso\n  phoneNumberId: "42"\n`;
  function home() {
    const HOME = newHome();
    mkdirSync(join(HOME, '.config/kapso-whatsapp'), { recursive: true });
    writeFileSync(fileIn(HOME), written, { mode: 0o600 });
    writeFileSync(fileIn(HOME, 'kapso-api-key'), `${apiKey}\n`, { mode: 0o600 });
    return HOME;
  }

  test.each(['config.yaml', 'config.yml', 'config.json'])(
    'is left without --edit, and nothing takes the place of %s',
    async name => {
      const HOME = newHome();
      mkdirSync(join(HOME, '.config/kapso-whatsapp'), { recursive: true });
      writeFileSync(fileIn(HOME, name), '{}');
      for (const options of [['--yes'], ['--template']]) {
        const { code, stderr } = await runCli(['config', 'init', ...options], { env: { HOME } });
        expect({ code, stderr }).toEqual({
          code: 64,
          stderr: expect.stringContaining(`${fileIn(HOME, name)} exists already`),
        });
      }
      expect(readdirSync(join(HOME, '.config/kapso-whatsapp'))).toEqual([name]);
      expect(readFileSync(fileIn(HOME, name), 'utf8')).toBe('{}');
    },
  );

  test('gets what --edit gives; comments and all else stay, and the second time nothing changes', async () => {
    const HOME = home();
    const edit = [
      'config',
      'init',
      '--edit',
      '--yes',
      '--no-doctor',
      '--allow',
      '+15557654321',
      '--policy',
      'allowlist',
    ];
    expect(await runCli(edit, { env: environment(HOME) })).toMatchObject({ code: 0 });
    const text = readFileSync(fileIn(HOME), 'utf8');
    for (const part of [
      '# mine',
      'mode: polling   # for now',
      '# from Kapso',
      'phoneNumberId: "42"',
      '# `open`: whoever',
    ])
      expect(text).toContain(part);
    expect(await valuesOf(HOME)).toMatchObject({
      'access.policy': 'allowlist',
      'access.allowFrom': '["+15557654321"]',
    });
    expect(await runCli(edit, { env: environment(HOME) })).toMatchObject({
      stdout: expect.stringContaining('as it should be'),
    });
    expect(readFileSync(fileIn(HOME), 'utf8')).toBe(text);
    expect(modeOf(fileIn(HOME))).toBe(0o600);
  });

  test('a secret that gets a file is taken out of the configuration, where its value would count', async () => {
    const HOME = home();
    const inline = 'former-never-to-be-seen';
    const gateway = `gateway:\n  token: ${inline}-2 # mine\n  url: ws://127.0.0.1:9\n`;
    const own = `mode: polling\nkapso:\n  phoneNumberId: "42"\n  apiKey: ${inline}\n${gateway}`;
    writeFileSync(fileIn(HOME), own, { mode: 0o600 });
    rmSync(fileIn(HOME, 'kapso-api-key'));
    writeFileSync(join(HOME, 'token'), token, { mode: 0o600 });
    const edit = ['config', 'init', '--edit', '--yes', '--no-doctor', '--gateway-token-file', join(HOME, 'token')];
    expect(await runCli(edit, { env: { ...environment(HOME), KAPSO_API_KEY: apiKey } })).toMatchObject({ code: 0 });
    const text = readFileSync(fileIn(HOME), 'utf8');
    expect(text).not.toMatch(/never-to-be-seen|apiKey:|token:/);
    expect(text).toContain('apiKeyFile: kapso-api-key');
    expect(await valuesOf(HOME)).toMatchObject({
      'kapso.apiKey': `set (${apiKey.length} characters)`,
      'gateway.token': `set (${token.length} characters)`,
      'gateway.url': 'ws://127.0.0.1:9',
    });
  });

  test.each(['\n', '\r\n'])(
    'keeps each untouched line to the byte, and is not written where nothing changes (%j)',
    async eol => {
      const HOME = home();
      const lines = ['media:', '    sendFrom: [/a,   /b]', 'mode:   polling', "log: {level: 'info'}   # x", 'kapso:'];
      const own = `${[...lines, "    phoneNumberId:  '42'"].join(eol)}${eol}`;
      writeFileSync(fileIn(HOME), own);
      const init = (...args: string[]) =>
        runCli(['config', 'init', '--edit', '--yes', '--no-doctor', ...args], {
          env: { ...environment(HOME), KAPSO_BASE_URL: '', KAPSO_API_KEY: apiKey },
        });
      expect(await init('--policy', 'open')).toMatchObject({ code: 0 });
      const text = readFileSync(fileIn(HOME), 'utf8');
      for (const line of [...lines, "    phoneNumberId:  '42'"]) expect(text.split(eol)).toContain(line);
      const { ino } = statSync(fileIn(HOME));
      expect((await init('--policy', 'open')).stdout).toContain(`${fileIn(HOME)}: is as it should be`);
      expect(statSync(fileIn(HOME)).ino).toBe(ino);
    },
  );

  test('is not changed through a link, nor where it is wrong', async () => {
    const HOME = home();
    const init = (...args: string[]) =>
      runCli(['config', 'init', '--edit', '--yes', ...args], { env: environment(HOME) });
    const link = join(HOME, 'link.yaml');
    symlinkSync(fileIn(HOME), link);
    expect(await init(link)).toMatchObject({ code: 64, stderr: expect.stringContaining('it is a link to') });
    writeFileSync(fileIn(HOME), 'mode: [\n');
    expect(await init()).toMatchObject({ code: 78, stderr: expect.stringContaining(`${fileIn(HOME)}:2`) });
    expect(readFileSync(fileIn(HOME), 'utf8')).toBe('mode: [\n');
  });

  test('a skill that somebody has changed is left, and replaced when asked for', async () => {
    const HOME = home();
    const skill = join(HOME, 'skills/kapso-whatsapp/SKILL.md');
    mkdirSync(join(HOME, 'skills/kapso-whatsapp'), { recursive: true });
    writeFileSync(skill, 'mine');
    const copy = ['config', 'init', '--edit', '--yes', '--no-doctor', '--skill', join(HOME, 'skills')];
    expect(await runCli(copy, { env: environment(HOME) })).toMatchObject({ code: 69 });
    expect(readFileSync(skill, 'utf8')).toBe('mine');
    expect(await runCli([...copy, '--replace-skill'], { env: environment(HOME) })).toMatchObject({ code: 0 });
    expect([readFileSync(`${skill}.old`, 'utf8'), readFileSync(skill, 'utf8').slice(0, 3)]).toEqual(['mine', '---']);
  });
});

describe('on a terminal', () => {
  test('asks for what is missing, shows no key, and asks again after a wrong one', async () => {
    const HOME = newHome();
    const program = onTerminal(['config', 'init', '--no-doctor'], environment(HOME));
    await program.answer(/API key \(not shown\): /, 'wrong-key-never-to-be-seen');
    await program.answer(/Kapso.*key.*\(not shown\): /s, apiKey);
    expect(program.shown()).toContain('enter it again');
    expect(program.shown()).not.toContain('of this number');
    await program.answer(/Use the number \+15550100200 \(Simulated Workshop\)\? \[Y\/n\]/, '');
    await program.answer(/How do messages come in\?.*Choice \[1\]: /s, '');
    await program.answer(/gateway \[ws:\/\/127\.0\.0\.1:18789\]: /, 'http://here');
    await program.answer(/It must be.*: /s, '');
    await program.answer(/token, empty for none \(not shown\): /, token);
    await program.answer(/Who may write.*Choice \[1\]: /s, '2');
    await program.answer(/Whose numbers\?/, '+15557654321, +15550001111');
    await program.answer(/Your own WhatsApp number/, '');
    await program.answer(/Copy the skill.*Choice \[1\]: /s, '2');
    await program.answer(/Install the systemd units.*Choice \[2\]: /s, '');
    await program.answer(/phoneNumberId: "647000000000001".*Write .*config\.yaml\? \[Y\/n\]/s, 'y');
    expect(await program.ended).toBe(0);
    expect(program.shown()).not.toContain('never-to-be-seen');
    expect(await valuesOf(HOME)).toMatchObject({
      ...{ 'access.policy': 'allowlist', 'access.allowFrom': '["+15557654321","+15550001111"]', mode: 'polling' },
      'gateway.token': `set (${token.length} characters)`,
    });
    expect(existsSync(join(HOME, '.openclaw/skills/kapso-whatsapp/SKILL.md'))).toBe(true);
  }, 60_000);

  test('Ctrl-C at any question leaves nothing, and so does a no at the end; the change of a file is shown', async () => {
    const HOME = newHome();
    const early = onTerminal(['config', 'init'], environment(HOME));
    await early.answer(/\(not shown\): /, '\u0003');
    expect(await early.ended).toBe(130);
    const env = { ...environment(HOME), KAPSO_API_KEY: apiKey };
    const options = ['--skill', 'managed', '--units', 'none', '--policy', 'open', '--mode', 'polling'];
    const late = onTerminal(['config', 'init', ...options], env);
    for (const question of [/Use the number/, /gateway \[/, /token, empty/, /Your own WhatsApp/])
      await late.answer(question, '');
    await late.answer(/Write .*\[Y\/n\]/, '\u0003');
    expect(await late.ended).toBe(130);
    expect(late.shown()).toContain('nothing was written');
    expect(readdirSync(HOME)).toEqual([]);

    const file = join(HOME, 'own.yaml');
    writeFileSync(file, '# mine\nkapso:\n  phoneNumberId: "42"\n', { mode: 0o600 });
    const change = onTerminal(['config', 'init', file, ...options], env);
    await change.answer(/Change it\? \[Y\/n\]/, '');
    for (const question of [/id is 42\. Another number\?/, /gateway \[/, /token, empty/, /Your own WhatsApp/])
      await change.answer(question, '');
    await change.answer(/\+mode: polling.*\[Y\/n\]/s, 'n');
    expect(await change.ended).toBe(130);
    expect(readdirSync(HOME)).toEqual(['own.yaml']);

    const inline =
      '# mine\ngateway: { token: "abc" }\nkapso:\n  apiKey: "former-never\\x2dto-be-seen"\n  phoneNumberId: "42"\n';
    writeFileSync(file, inline);
    const masked = onTerminal(['config', 'init', file, ...options], env);
    await masked.answer(/Change it\? \[Y\/n\]/, '');
    await masked.answer(/id is 42\. Another number\?/, '');
    await masked.answer(/gateway \[/, '');
    await masked.answer(/Replace the token of the gateway\?/, '');
    await masked.answer(/Your own WhatsApp/, '');
    await masked.answer(/- {2}apiKey: \[secret\].*\[Y\/n\]/s, 'n');
    expect(await masked.ended).toBe(130);
    expect(masked.shown()).toContain('gateway: { token: [secret] }');
    expect(masked.shown()).not.toMatch(/never|abc/);
    expect(readFileSync(file, 'utf8')).toBe(inline);
  }, 60_000);
});

test('of a write that fails in the middle nothing is left: the former secret is back', () => {
  const home = newHome();
  const secret = join(home, 'kapso-api-key');
  writeFileSync(secret, 'former\n', { mode: 0o600 });
  const path = join(home, 'config.yaml');
  const secrets = new Map([
    [secret, 'new'],
    [join(home, 'gateway-token'), 'token'],
    [join(home, 'gateway-token/below-a-file'), 'x'],
  ]);
  expect(() => writeSetup({ path, text: 'mode: polling\n', before: null, secrets })).toThrow();
  expect(readdirSync(home)).toEqual(['kapso-api-key']);
  expect(readFileSync(secret, 'utf8')).toBe('former\n');
  chmodSync(secret, 0o644);
  writeSetup({ path, text: 'mode: polling\n', before: null, secrets: new Map([[secret, 'former']]) });
  expect([modeOf(secret), modeOf(path), readdirSync(home).sort()]).toEqual([
    0o600,
    0o600,
    ['config.yaml', 'kapso-api-key'],
  ]);
  expect(() => writeSetup({ path, text: 'x', before: 'other', secrets: new Map() })).toThrow('has changed meanwhile');
  writeSetup({ path, text: 'mode: domain\n', before: 'mode: polling\n', secrets: new Map() });
  expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['mode: domain\n', 0o600]);
});

describe('--template', () => {
  test('is right with the comments taken off, and needs nothing else', async () => {
    const HOME = newHome();
    const file = join(HOME, 'kapso.yaml');
    expect((await runCli(['config', 'init', '--template', file], { env: { HOME } })).code).toBe(0);
    writeFileSync(
      file,
      readFileSync(file, 'utf8')
        .replace(/^( *)# (\w+: )/gm, '$1$2')
        .replace(/^.*All settings.*\n/m, ''),
    );
    for (const name of ['kapso-api-key', 'gateway-token']) writeFileSync(join(HOME, name), 'k3y', { mode: 0o600 });
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => !/^ *(pairing|allowlist|open): /.test(line));
    writeFileSync(file, lines.join('\n'));
    expect(await runCli(['config', 'check', file], { env: { HOME } })).toEqual({
      code: 0,
      stdout: `The configuration is right (${file}).\n`,
      stderr: '',
    });
  });

  test('says what the file system refuses, and takes no other form', async () => {
    const HOME = newHome();
    writeFileSync(join(HOME, 'file'), '');
    const within = await runCli(['config', 'init', '--template', join(HOME, 'file/kapso.yaml')], { env: { HOME } });
    expect(within).toMatchObject({ code: 64, stderr: expect.stringContaining('is a file, and not a directory') });
    const json = await runCli(['config', 'init', '--template', join(HOME, 'kapso.json')], { env: { HOME } });
    expect(json).toMatchObject({ code: 64, stderr: expect.stringContaining('must end in .yaml or .yml') });
  });
});
