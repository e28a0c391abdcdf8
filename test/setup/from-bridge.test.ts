import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bridgeVariables } from '../../src/setup/bridge-variables.ts';
import { readBridge } from '../../src/setup/from-bridge.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-bridge-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function read(files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return readBridge(
    Object.keys(files).map(name => join(dir, name)),
    dir,
  );
}
const settingsOf = (files: Record<string, string>) => Object.fromEntries(read(files).settings);

describe('an environment file', () => {
  it('is read as systemd and shells do: comments, export, quotes, and a file whose content is meant', () => {
    const text = [
      ...['# a comment', '; another', '', 'KAPSO_API_KEY="k-\\"1\\$\\`\\\\\\n"', "export OPENCLAW_TOKEN='t $1 `x`'"],
      ...['  KAPSO_PHONE_NUMBER_ID=647000000000001  ', 'KAPSO_POLL_INTERVAL=', 'GATEWAY_URL=ws://127.0.0.1:1\r'],
      'export KAPSO_WEBHOOK_SECRET="$(cat /run/secrets/webhook)"',
    ].join('\n');
    const bridge = read({ env: text });
    expect(Object.fromEntries(bridge.secrets)).toEqual({ 'kapso-api-key': 'k-"1$`\\\\n', 'gateway-token': 't $1 `x`' });
    expect(Object.fromEntries(bridge.settings)).toMatchObject({
      ...{ 'kapso.phoneNumberId': '647000000000001', 'gateway.url': 'ws://127.0.0.1:1' },
      ...{ 'webhook.secretFile': '/run/secrets/webhook', 'kapso.apiKeyFile': 'kapso-api-key' },
    });
    expect(bridge.settings.has('polling.interval')).toBe(false);
  });

  it.each([
    ['KAPSO_API_KEY=$(pass show kapso)', 'nothing is run'],
    ['KAPSO_API_KEY="never $shown"', 'nothing is run'],
    ['KAPSO_API_KEY=`never-shown`', 'nothing is run'],
    ['KAPSO_API_KEY=never shown', 'in quotes'],
    ['KAPSO_API_KEY=never-shown # mine', 'in quotes'],
    ['KAPSO_API_KEY="never-shown', 'the double quotes do not fit'],
    ["KAPSO_API_KEY='never'shown", 'the single quotes do not fit'],
    ['KAPSO_API_KEY=never-shown\\', 'one line'],
    ['source never-shown', 'is no assignment'],
    ['set -a', 'is no assignment'],
  ])('with %s is refused by its line, and nothing of it is shown', (line, why) => {
    const refused = () => read({ env: `A=1\n\n${line}\nif true; then` });
    expect(refused).toThrow(`${join(dir, 'env')}:3: `);
    expect(refused).toThrow(why);
    expect(refused).toThrow(':4: is no assignment');
    expect(refused).not.toThrow(/never|shown/);
  });
});

describe('config.toml', () => {
  it('which is wrong is refused by line and column, and nothing of it is shown', () => {
    const refused = () => read({ 'config.toml': '[kapso]\napi_key = "never-shown\n' });
    expect(refused).toThrow(/config\.toml:2:\d+: is not valid TOML here/);
    expect(refused).not.toThrow(/never/);
  });

  it('becomes ours, and each entry says what it became', () => {
    const bridge = read({
      'config.toml': `
[delivery]
mode = "Domain"
poll_interval = 3
poll_fallback = true
[webhook]
addr = ":18790"
verify_token = "verify-token"
[gateway]
error_message = "Sorry."
session_key = "main"
scopes = ["operator.read"]
[security]
mode = "open"
deny_message = "No."
rate_limit = 5
rate_window = 30
session_isolation = false
[security.roles]
Admin_1 = ["+1 555 123-4567", "nobody"]
member = ["15557654321", "+15551234567"]
[transcribe]
provider = "groq"
api_key = "sk-1"
max_audio_size = 26214400
cache_ttl = 60
[commands.definitions.reload]
type = "shell"
[routing]
default_agent = "main"
[other]
thing = 1
`,
    });
    expect(Object.fromEntries(bridge.settings)).toEqual({
      ...{ mode: 'domain', 'polling.interval': 30, 'polling.fallback': true, 'webhook.listen': ':18790' },
      ...{ 'webhook.verifyTokenFile': 'webhook-verify-token', 'reply.onFailure': 'Sorry.', 'gateway.agent': 'main' },
      ...{ 'access.policy': 'open', 'access.refusal': 'No.', 'access.limits.messagesPerMinute': 10 },
      ...{ 'gateway.session': 'shared', 'gateway.sharedSession': 'main', 'transcribe.provider': 'openai' },
      ...{ 'transcribe.baseUrl': 'https://api.groq.com/openai/v1', 'transcribe.model': 'whisper-large-v3' },
      ...{ 'transcribe.apiKeyFile': 'transcribe-api-key', 'transcribe.maxSize': 25 },
      'access.contacts': [
        { id: '+15551234567', role: 'admin-1' },
        { id: '+15557654321', role: 'member' },
      ],
    });
    const noteOf = (name: string) => bridge.entries.find(entry => entry.name === name)?.note;
    expect(noteOf('security.roles.Admin_1')).toContain('left out: 1 that is no phone number');
    expect(noteOf('security.roles.Admin_1')).not.toContain('1234567');
    expect(noteOf('commands.definitions.reload.type')).toContain('no counterpart');
    expect(noteOf('other.thing')).toContain('left out');
    expect(noteOf('gateway.scopes')).toContain('no counterpart');
    expect(bridge.entries.every(({ became, note }) => became.length > 0 || note !== null)).toBe(true);
    expect(bridge.differences).toEqual([]);
  });

  it('is weaker than the variables; whoever is allowed has the default role; the door is shut by default', () => {
    const files = {
      'config.toml': '[kapso]\nphone_number_id = "1"\n[security.roles]\nadmin = ["+15551234567"]\n',
      env: 'KAPSO_PHONE_NUMBER_ID=2\nKAPSO_ALLOWED_NUMBERS="+15551234567, 15557654321"\nKAPSO_DEFAULT_ROLE=guest\nKAPSO_CONFIG=x',
    };
    expect(settingsOf(files)).toEqual({
      ...{ 'kapso.phoneNumberId': '2', 'access.policy': 'allowlist' },
      'access.contacts': [
        { id: '+15551234567', role: 'admin' },
        { id: '+15557654321', role: 'guest' },
      ],
    });
    const { entries, differences } = read(files);
    expect(entries[0]).toMatchObject({ name: 'kapso.phone_number_id', note: 'not read beside KAPSO_PHONE_NUMBER_ID' });
    expect(entries.at(-1)?.note).toContain('left out: here it would name our own file');
    expect(differences).toHaveLength(3);
  });

  it('of the fork with agents for persons brings each to its agent', () => {
    const users = { '+5492615562747': { name: 'Ana', dir: 'x' }, '+15551234567': { name: 'Ben', agent: 'ben' } };
    writeFileSync(join(dir, 'users.json'), JSON.stringify(users));
    expect(settingsOf({ 'config.toml': '[routing]\nregistry = "~/users.json"\n' })['access.contacts']).toEqual([
      { id: '+5492615562747', name: 'Ana', agent: 'user-5492615562747' },
      { id: '+15551234567', name: 'Ben', agent: 'ben' },
    ]);
  });

  it('with a program of this machine for voice messages names it by its whole path: no shell expands it here', () => {
    const toml = '[transcribe]\nprovider = "local"\nmodel_path = "~/ggml.bin"\n';
    const { 'transcribe.command': command } = settingsOf({ 'config.toml': toml });
    expect(command).toEqual([
      'whisper-cli',
      '-m',
      join(dir, 'ggml.bin'),
      ...'-l {language} -nt -np -f {wav}'.split(' '),
    ]);
  });

  it('for another gateway than OpenClaw is refused', () => {
    expect(() => read({ 'config.toml': '[gateway]\ntype = "zeroclaw"\n' })).toThrow('the gateway is no OpenClaw');
  });
});

it('every variable of the bridge becomes something, or says why not', () => {
  const values: Readonly<Record<string, string>> = { GATEWAY_TYPE: 'openclaw', KAPSO_TRANSCRIBE_PROVIDER: 'deepgram' };
  const lines = Object.keys(bridgeVariables).map(name => `${name}=${values[name] ?? '7'}`);
  const { entries } = read({ env: lines.join('\n') });
  expect(entries.filter(({ became, note }) => became.length === 0 && note === null)).toEqual([]);
  expect(entries.filter(({ note }) => note?.includes('no entry of this name'))).toEqual([]);
});
