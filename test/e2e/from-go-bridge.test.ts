import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { apiKey, createStage, phoneNumberId, type Stage } from './programs.ts';

const ann = '+15551234567';
const stranger = '+15550000000';
const token = 'gateway-token-2b80e6d4';

/** What is left of a bridge: its configuration, its environment file, and its position, which is by WhatsApp's clock. */
function leaveBridge(stage: Stage, gatewayUrl: string, position: number): { toml: string; env: string } {
  const [toml, env] = [join(stage.dir, 'config.toml'), join(stage.dir, 'bridge.env')];
  mkdirSync(stage.stateDir, { mode: 0o700 });
  writeFileSync(
    toml,
    `[delivery]
poll_interval = 5

[gateway]
url = "${gatewayUrl}"
session_key = "main"
sessions_json = "~/.openclaw/agents/main/sessions/sessions.json"

[state]
dir = "${stage.stateDir}"

[security.roles]
admin = ["${ann}"]
`,
  );
  writeFileSync(
    env,
    `# the secrets\nexport KAPSO_API_KEY="${apiKey}"\nKAPSO_PHONE_NUMBER_ID=${phoneNumberId}\nOPENCLAW_TOKEN='${token}'\n`,
  );
  writeFileSync(join(stage.stateDir, 'last-poll'), new Date(position).toISOString().replace(/\.\d+Z/, 'Z'));
  return { toml, env };
}

/** The programs get nothing but the configuration that was imported. */
function forgetVariables({ env }: Stage): void {
  for (const name of Object.keys(env)) {
    if (/^(KAPSO_(?!BASE_URL|LOG_)|OPENCLAW_)/.test(name)) delete env[name];
  }
}

it('a bridge is left for this program: its settings, and its position; nothing is lost, and nothing is run twice', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  const last = Math.floor(Date.now() / 1000) - 60;
  const { toml, env } = leaveBridge(stage, gateway.url, (last + 1) * 1000);
  // The bridge had this one; Kapso took it in after WhatsApp had, as it does.
  await kapso.receive([
    { id: 'wamid.had', from: ann, text: 'had', timestamp: last, createdAt: new Date(last * 1000 + 1800).toISOString() },
    {
      id: 'wamid.gap',
      from: ann,
      text: 'gap',
      timestamp: last + 5,
      createdAt: new Date(last * 1000 + 6000).toISOString(),
    },
    { id: 'wamid.stranger', from: stranger, text: 'let me in' },
  ]);
  forgetVariables(stage);

  const dry = await stage.run('cli', ['config', 'import', '--dry-run', toml, env]);
  expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing was written') });
  expect(existsSync(join(stage.home, '.config'))).toBe(false);
  const imported = await stage.run('cli', ['config', 'import', toml, env]);
  expect(imported.code, imported.stdout + imported.stderr).toBe(0);
  for (const said of [
    'KAPSO_API_KEY (line 2)',
    'kapso.apiKeyFile: kapso-api-key',
    'no counterpart',
    '+1555…67',
    'Position: ',
  ])
    expect(imported.stdout).toContain(said);
  const written = join(stage.home, '.config/kapso-whatsapp');
  expect(readdirSync(written).sort()).toEqual(['config.yaml', 'gateway-token', 'kapso-api-key']);
  for (const name of readdirSync(written)) expect(statSync(join(written, name)).mode & 0o777).toBe(0o600);
  for (const text of [dry.stdout, imported.stdout, readFileSync(join(written, 'config.yaml'), 'utf8')]) {
    expect(text).not.toContain(apiKey);
    expect(text).not.toContain(token);
  }
  const again = await stage.run('cli', ['config', 'import', toml, env]);
  expect(again).toMatchObject({ code: 64, stderr: expect.stringContaining('exists already') });

  const poller = stage.poller();
  await poller.start();
  await stage.holds('settled', 1);
  await kapso.receive([{ id: 'wamid.new', from: ann, text: 'new' }]);
  poller.signal('SIGUSR2');
  await stage.holds('settled', 2);
  expect((await gateway.runs()).map(({ key }) => key)).toEqual(['wamid.gap', 'wamid.new']);
  const states = (await stage.inbox()).map(({ id, state }) => `${id} ${state}`);
  expect(states.sort()).toEqual([
    'wamid.gap settled',
    'wamid.had dropped',
    'wamid.new settled',
    'wamid.stranger denied',
  ]);
  expect((await stage.run('cli', ['inbox', 'list', '--state', 'dropped'])).stdout).toContain(
    'The earlier program had it',
  );
});

it('what cannot be read, or is in the way, is refused before anything is written; an old position is put aside', async () => {
  const stage = createStage();
  const { toml, env } = leaveBridge(stage, 'ws://127.0.0.1:9', Date.parse('2026-01-01T00:00:00Z'));
  forgetVariables(stage);
  const run = (...args: string[]) => stage.run('cli', ['config', 'import', ...args]);
  writeFileSync(join(stage.dir, 'wrong.env'), 'KAPSO_API_KEY=$(pass kapso)\n');
  const wrong = await run(toml, join(stage.dir, 'wrong.env'));
  expect(wrong).toMatchObject({ code: 78, stderr: expect.stringContaining('wrong.env:1: ') });
  expect(await run(join(stage.dir, 'none.env'))).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('does not exist'),
  });
  const lastPoll = join(stage.stateDir, 'last-poll');
  writeFileSync(join(stage.dir, 'no-position'), 'yesterday');
  expect(await run(toml, env, '--last-poll', join(stage.dir, 'no-position'))).toMatchObject({ code: 78 });
  const elsewhere = join(stage.dir, 'elsewhere');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'last-poll'), '2026-02-01T00:00:00Z\n');
  expect(await run(toml, env, '--state-dir', elsewhere)).toMatchObject({
    code: 78,
    stderr: expect.stringContaining('has another position already'),
  });
  expect(existsSync(join(stage.home, '.config'))).toBe(false);

  // Webhooks alone do not move the position.
  writeFileSync(env, `${readFileSync(env, 'utf8')}KAPSO_MODE=domain\nKAPSO_WEBHOOK_VERIFY_TOKEN=verify\n`);
  const { code, stdout } = await run(toml, env, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout).position).toMatchObject({ action: 'put aside', file: lastPoll });
  expect(readdirSync(stage.stateDir)).toEqual(['last-poll.old']);
});
