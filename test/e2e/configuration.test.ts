import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { settings } from '../../src/config/config.generated.ts';
import { startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { apiKey, createStage, phoneNumberId, type Stage } from './programs.ts';

interface Values {
  /** Right; `@…` is a file with this content. */
  right: string;
  wrong: string;
  /** What the right value goes with. */
  beside?: Record<string, string>;
}

const webhookMode = { KAPSO_MODE: 'domain', KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify', KAPSO_WEBHOOK_ADDR: '127.0.0.1:0' };
const noFile = '/nowhere/to/be/found';
const uiToken = 'a-long-random-text-of-your-own';

const values: Record<string, Values> = {
  KAPSO_MODE: { right: 'domain', wrong: 'webhook', beside: webhookMode },
  KAPSO_API_KEY: { right: apiKey, wrong: 'two words' },
  KAPSO_API_KEY_FILE: { right: `@${apiKey}\n`, wrong: noFile, beside: { KAPSO_API_KEY: '' } },
  KAPSO_PHONE_NUMBER_ID: { right: phoneNumberId, wrong: '+1 555 000' },
  KAPSO_BASE_URL: { right: '', wrong: 'http://api.kapso.ai' },
  KAPSO_API_VERSION: { right: 'v23.0', wrong: 'latest' },
  KAPSO_TIMEOUT: { right: '5', wrong: '0' },
  OPENCLAW_GATEWAY_URL: { right: 'ws://localhost:1', wrong: 'ws://gateway.example.com' },
  OPENCLAW_TOKEN: { right: 'a token, with blanks', wrong: ' blank' },
  OPENCLAW_TOKEN_FILE: { right: '@token\n', wrong: noFile, beside: { OPENCLAW_TOKEN: '' } },
  KAPSO_GATEWAY_AGENT: { right: 'support', wrong: 'Two Words' },
  KAPSO_GATEWAY_SESSION: { right: 'shared', wrong: 'everybody' },
  KAPSO_GATEWAY_SHARED_SESSION: { right: 'kapso:all', wrong: 'Not A Name' },
  KAPSO_GATEWAY_IDENTITY: { right: 'always', wrong: 'sometimes' },
  KAPSO_GATEWAY_RUN_TIMEOUT: { right: '60', wrong: '10m' },
  KAPSO_POLL_INTERVAL: { right: '5', wrong: '4' },
  KAPSO_POLL_OVERLAP: { right: '60', wrong: '59' },
  KAPSO_POLL_FALLBACK: { right: 'true', wrong: 'yes' },
  KAPSO_POLL_CATCH_UP: { right: 'false', wrong: 'no' },
  KAPSO_STATE_DIR: { right: 'somewhere/else', wrong: ' ' },
  // A right one needs a database: see postgres.test.ts.
  KAPSO_STATE_DATABASE: { right: '', wrong: 'mysql://localhost/inbox' },
  KAPSO_STATE_DATABASE_FILE: { right: '', wrong: noFile },
  KAPSO_STATE_RETENTION: { right: '7', wrong: '6' },
  KAPSO_WEBHOOK_ADDR: { right: '[::1]:0', wrong: '18790' },
  KAPSO_WEBHOOK_PATH: { right: '/kapso', wrong: 'kapso' },
  KAPSO_WEBHOOK_VERIFY_TOKEN: { right: 'verify', wrong: 'two\nlines' },
  KAPSO_WEBHOOK_VERIFY_TOKEN_FILE: { right: '@verify', wrong: noFile },
  KAPSO_WEBHOOK_SECRET: { right: 'new\nold', wrong: 'good\n \ngood' },
  KAPSO_WEBHOOK_SECRET_FILE: { right: '@secret', wrong: noFile },
  KAPSO_WEBHOOK_REQUIRE_SIGNATURE: { right: 'true', wrong: 'maybe' },
  KAPSO_WEBHOOK_PUBLIC_URL: { right: 'https://example.com/webhook', wrong: 'example.com' },
  KAPSO_WEBHOOK_REGISTER: { right: 'false', wrong: 'often' },
  KAPSO_WEBHOOK_MAX_BODY_BYTES: { right: '1024', wrong: '1023' },
  KAPSO_TAILSCALE_COMMAND: { right: '/usr/bin/tailscale', wrong: ' ' },
  KAPSO_TAILSCALE_PORT: { right: '8443', wrong: '80' },
  KAPSO_ACCESS_POLICY: { right: 'pairing', wrong: 'closed' },
  KAPSO_ALLOWED_NUMBERS: { right: '+15551234567, US.1349', wrong: 'whatsapp:+1 (555) 123-4567' },
  KAPSO_ACCESS_KEEP_DENIED_TEXT: { right: 'true', wrong: 'yes' },
  KAPSO_ACCESS_REFUSAL: { right: 'Sorry.', wrong: ' ' },
  KAPSO_ACCESS_CONTACTS: { right: '[{"id":"+15551234567","role":"admin"}]', wrong: '[{"role":"admin"}]' },
  KAPSO_ACCESS_ROLES: { right: '{"admin":{"agent":"main"}}', wrong: '{"Admin":{}}' },
  KAPSO_ACCESS_PAIRING_EXPIRES: { right: '30', wrong: '0' },
  KAPSO_ACCESS_PAIRING_MOST: { right: '1', wrong: '0' },
  KAPSO_ACCESS_PAIRING_HELD: { right: '1', wrong: '0' },
  KAPSO_ACCESS_PAIRING_MESSAGE: { right: 'Your code: {code}', wrong: 'No code' },
  KAPSO_ACCESS_LIMITS_MESSAGES_PER_MINUTE: { right: '10', wrong: '-1' },
  KAPSO_ACCESS_LIMITS_BYTES_PER_MINUTE: { right: '10000', wrong: '10k' },
  KAPSO_ACCESS_LIMITS_RUNS_PER_MINUTE: { right: '5', wrong: 'many' },
  KAPSO_ACCESS_LIMITS_TOTAL_MESSAGES_PER_MINUTE: { right: '100', wrong: '-1' },
  KAPSO_ACCESS_LIMITS_TOTAL_BYTES_PER_MINUTE: { right: '0', wrong: '-1' },
  KAPSO_ACCESS_LIMITS_TOTAL_RUNS_PER_MINUTE: { right: '50', wrong: '0.5' },
  KAPSO_ACCESS_LIMITS_WAITING: { right: '20', wrong: '-1' },
  KAPSO_ACCESS_LIMITS_NOTICE: { right: 'Please wait.', wrong: ' ' },
  KAPSO_ACCESS_COMMANDS_ENABLED: { right: 'true', wrong: 'on' },
  KAPSO_GROUPS_POLICY: { right: 'allowlist', wrong: 'everybody' },
  KAPSO_GROUPS_ALLOW_FROM: { right: '120363040000000000,+15551234567', wrong: 'a b' },
  KAPSO_GROUPS_REQUIRE_MENTION: { right: 'false', wrong: 'no' },
  KAPSO_GROUPS_MENTIONS: { right: 'Ada\nthe bot', wrong: ' ' },
  KAPSO_DELIVERY_PARALLEL: { right: '1', wrong: '0' },
  KAPSO_DELIVERY_CONTEXT_ONLY: { right: 'reaction, edit', wrong: 'text' },
  KAPSO_DELIVERY_GATHER: { right: '2', wrong: '61' },
  KAPSO_DELIVERY_ATTEMPTS_BEFORE_NEXT: { right: '1', wrong: '-1' },
  KAPSO_DELIVERY_MIN_ATTEMPTS: { right: '1', wrong: 'none' },
  KAPSO_DELIVERY_GIVE_UP_AFTER: { right: '1', wrong: '0.5' },
  KAPSO_MEDIA_DELIVER: { right: 'links', wrong: 'both' },
  KAPSO_MEDIA_MAX_FILE_SIZE: { right: '20', wrong: '101' },
  KAPSO_MEDIA_MAX_TOTAL_SIZE: { right: '100', wrong: '0' },
  KAPSO_MEDIA_RETENTION: { right: '1', wrong: '0' },
  KAPSO_MEDIA_WAIT_FOR: { right: '5', wrong: '4' },
  KAPSO_MEDIA_SEND_FROM: { right: '/srv/files, ~/files', wrong: 'files' },
  KAPSO_MEDIA_DOCUMENT_COMMAND: { right: 'pdftotext\n{file}\n-', wrong: 'pdftotext' },
  KAPSO_MEDIA_DOCUMENT_TYPES: { right: 'application/pdf,text/rtf', wrong: 'PDF' },
  KAPSO_TRANSCRIBE_PROVIDER: { right: 'openai', wrong: 'whisper' },
  KAPSO_TRANSCRIBE_BASE_URL: { right: 'http://127.0.0.1:9/v1', wrong: 'api.example.com' },
  KAPSO_TRANSCRIBE_API_KEY: { right: 'transcribe-key', wrong: 'two words' },
  KAPSO_TRANSCRIBE_API_KEY_FILE: { right: '@transcribe-key\n', wrong: noFile },
  KAPSO_TRANSCRIBE_MODEL: { right: 'whisper-1', wrong: 'a model' },
  KAPSO_TRANSCRIBE_LANGUAGE: { right: 'pt-BR', wrong: 'Portuguese, of Brazil' },
  KAPSO_TRANSCRIBE_COMMAND: { right: 'hear\n{file}', wrong: 'hear' },
  KAPSO_TRANSCRIBE_FFMPEG: { right: '/usr/bin/ffmpeg', wrong: ' ' },
  KAPSO_TRANSCRIBE_TIMEOUT: { right: '10', wrong: '0' },
  KAPSO_TRANSCRIBE_MAX_SIZE: { right: '1', wrong: '101' },
  KAPSO_TRANSCRIBE_PARALLEL: { right: '1', wrong: '33' },
  KAPSO_REPLY_VIA: { right: 'relay', wrong: 'bridge' },
  KAPSO_REPLY_LOOK_UP_FOR: { right: '30', wrong: '0' },
  KAPSO_REPLY_ON_FAILURE: { right: 'Sorry.', wrong: ' ' },
  KAPSO_REPLY_NUMBERED: { right: 'true', wrong: 'yes' },
  KAPSO_REPLY_TEMPLATE: { right: 'late_answer', wrong: 'Late Answer' },
  KAPSO_REPLY_TEMPLATE_LANGUAGE: { right: 'pt_BR', wrong: 'Portuguese' },
  KAPSO_REPLY_MEDIA_HOSTS: { right: 'files.example.com', wrong: 'https://files.example.com/' },
  KAPSO_REPLY_TELL_AGENT: { right: 'true', wrong: 'on' },
  KAPSO_RECEIPTS_READ: { right: 'true', wrong: 'on' },
  KAPSO_RECEIPTS_TYPING: { right: 'false', wrong: 'off' },
  KAPSO_RECEIPTS_REACTION: { right: '👀', wrong: '👀👀' },
  KAPSO_ALERTS_COMMAND: { right: '/usr/local/bin/tell-me\n--to\nops', wrong: ' ' },
  KAPSO_ALERTS_WHATSAPP: { right: '+15551234567', wrong: 'the owner' },
  KAPSO_ALERTS_FROM: { right: phoneNumberId, wrong: 'Two Words' },
  KAPSO_ALERTS_AFTER: { right: '300', wrong: '0' },
  KAPSO_ALERTS_TIMEOUT: { right: '10', wrong: '601' },
  KAPSO_ALERTS_TEMPLATE: { right: 'service_alert', wrong: 'Service Alert' },
  KAPSO_ALERTS_TEMPLATE_LANGUAGE: { right: 'pt_BR', wrong: 'Portuguese' },
  KAPSO_LOG_LEVEL: { right: 'error', wrong: 'trace' },
  KAPSO_LOG_FORMAT: { right: 'text', wrong: 'xml' },
  KAPSO_METRICS_ENABLE: { right: 'true', wrong: 'on' },
  KAPSO_METRICS_ADDR: { right: '[::1]:0', wrong: '9464' },
  KAPSO_UI_ENABLE: { right: 'true', wrong: 'on', beside: { KAPSO_UI_ADDR: '127.0.0.1:0', KAPSO_UI_TOKEN: uiToken } },
  KAPSO_UI_ADDR: { right: '[::1]:0', wrong: '9465' },
  KAPSO_UI_TOKEN: { right: uiToken, wrong: 'two words' },
  KAPSO_UI_TOKEN_FILE: { right: `@${uiToken}\n`, wrong: noFile },
  KAPSO_SHUTDOWN_TIMEOUT: { right: '0', wrong: '-1' },
};

/** The account alone, and a state directory in the home directory. */
function accountOnly(): Stage {
  const stage = createStage();
  for (const name of [
    'KAPSO_STATE_DIR',
    'KAPSO_POLL_INTERVAL',
    'KAPSO_LOG_LEVEL',
    'KAPSO_LOG_FORMAT',
    'OPENCLAW_TOKEN',
  ])
    delete stage.env[name];
  return stage;
}

function given(stage: Stage, variable: string): Record<string, string> {
  const { right, beside = {} } = values[variable] ?? { right: '' };
  if (right === '') return beside;
  if (!right.startsWith('@')) return { ...beside, [variable]: right };
  const file = join(stage.dir, 'secret');
  writeFileSync(file, right.slice(1), { mode: 0o600 });
  return { ...beside, [variable]: file };
}

it('every variable is tried here', () => {
  expect(Object.keys(values)).toEqual(settings.map(({ env }) => env));
});

/** Right values that are tried together: each start takes a while. */
const together = [
  /^KAPSO_ACCESS_LIMITS_/,
  /^KAPSO_(?:ALERTS|METRICS)_/,
  /^KAPSO_ACCESS_PAIRING_/,
  /^KAPSO_(?:ACCESS_(?!LIMITS|PAIRING)|ALLOWED_|GROUPS_)/,
  /^KAPSO_MEDIA_/,
  /^KAPSO_TRANSCRIBE_(?!API_KEY)/,
];
const isTogether = (variable: string) => together.some(form => form.test(variable));

/** A Kapso in this process: what a start asks of it says nothing of the simulator's own start. */
async function kapsoFor(stage: Stage) {
  const kapso = await startKapsoSimulator({ apiKey, phoneNumberId });
  onTestFinished(() => kapso.close());
  stage.env.KAPSO_BASE_URL = kapso.url;
  const ask = async (path: string) => (await fetch(`${kapso.url}/__sim/${path}`)).json();
  return {
    isAsked: () => ask('wait?for=list&count=1&timeout=40000'),
    refused: async () => {
      const { requests } = (await ask('requests?kind=list')) as { requests: { status: number }[] };
      return requests.filter(({ status }) => status !== 200);
    },
  };
}

/** The poller accepts the environment, starts with it, and ends well. */
async function startsWith(stage: Stage, env: Record<string, string>): Promise<void> {
  const kapso = await kapsoFor(stage);
  expect(await stage.run('poller', ['--check-config'], env)).toMatchObject({ code: 0, stderr: '' });
  const poller = stage.poller(env, { quiet: true });
  await poller.start();
  if (env.KAPSO_MODE === 'domain') await poller.says('kapso-whatsapp-poller started');
  else await kapso.isAsked();
  expect(await poller.end()).toEqual({ code: 0, signal: null });
  expect(await kapso.refused()).toEqual([]);
}

describe('beside the account', () => {
  const alone = Object.keys(values).filter(variable => !isTogether(variable));

  it.each(alone)('%s is accepted, and the poller starts with it and ends well', async variable => {
    const stage = accountOnly();
    await startsWith(stage, given(stage, variable));
    const stateDir =
      variable === 'KAPSO_STATE_DIR' ? join(stage.dir, 'somewhere/else') : join(stage.home, '.config/kapso-whatsapp');
    expect(existsSync(join(stateDir, 'inbox.sqlite'))).toBe(true);
  });

  it('those that are tried together are accepted, and the poller starts with them and ends well', async () => {
    const variables = Object.keys(values).filter(isTogether);
    await startsWith(
      accountOnly(),
      Object.fromEntries(variables.map(variable => [variable, values[variable]?.right ?? ''])),
    );
  });
});

/** A wrong value ends the start: groups of them, in the order of the settings, as an error names at most 20. */
function wrongGroups(): string[][] {
  // A file that cannot be read ends the start before the values are looked at, and what hides another has its own start.
  const alone = Object.keys(values).filter(variable => /_FILE$/.test(variable) || values[variable]?.beside);
  const others = Object.keys(values).filter(variable => !alone.includes(variable));
  const groups = Array.from({ length: Math.ceil(others.length / 20) }, (_, at) => others.slice(at * 20, (at + 1) * 20));
  return [...alone.map(variable => [variable]), ...groups];
}

it.each(wrongGroups().map(names => ({ names, from: names[0], to: names.at(-1) })))(
  'wrong values, from $from to $to, end the start with 78 and are named',
  async ({ names }) => {
    const stage = accountOnly();
    const env = Object.assign(
      {},
      ...names.map(variable => ({ ...values[variable]?.beside, [variable]: values[variable]?.wrong })),
    );
    for (const args of [['--check-config'], []]) {
      const { code, stdout, stderr } = await stage.run('poller', args, env);
      expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
      for (const variable of names) expect(stderr).toContain(`${variable} (`);
      expect(stderr).toMatch(/\nMore: kapso-whatsapp-cli explain CONFIG_INVALID\n$/);
    }
    expect(existsSync(join(stage.home, '.config'))).toBe(false);
  },
);

describe('without', () => {
  it.each(['KAPSO_API_KEY', 'KAPSO_PHONE_NUMBER_ID'])('%s it does not start, and says what to set', async variable => {
    const stage = accountOnly();
    delete stage.env[variable];
    const { code, stderr } = await stage.run('poller', []);
    expect(code).toBe(78);
    expect(stderr).toContain(`${variable} (`);
    expect(stderr).toContain('is required');
  });

  it('a configuration file that is named it does not start', async () => {
    const stage = accountOnly();
    for (const [args, env] of [
      [['--config', noFile], {}],
      [[], { KAPSO_CONFIG: noFile }],
    ] as const) {
      const { code, stderr } = await stage.run('poller', [...args], env);
      expect(code).toBe(78);
      expect(stderr).toContain(noFile);
    }
  });
});

it('a mistake in the file is named with its line, and nothing is started', async () => {
  const stage = accountOnly();
  const file = join(stage.dir, 'config.yaml');
  writeFileSync(file, 'polling:\n  interval: 3\n', { mode: 0o600 });
  const { code, stderr } = await stage.run('poller', ['--config', file]);
  expect(code).toBe(78);
  expect(stderr).toContain(`${file}:2`);
  expect(stderr).toContain('polling.interval');
});

it('the account alone has the documented defaults', async context => {
  const stage = accountOnly();
  // Nothing may leave this machine, and the default addresses are others'.
  const under = ['unshare', '--net'];
  const poller = stage.poller({}, { under });
  await poller.start().catch((error: Error) => {
    if (error.message.includes('unshare')) context.skip(`no network of its own can be had here: ${error.message}`);
    throw error;
  });
  await poller.says('Polling Kapso failed');
  await poller.says('ws://127.0.0.1:18789');
  expect(await poller.end()).toEqual({ code: 0, signal: null });
  const stateDir = join(stage.home, '.config/kapso-whatsapp');
  expect(JSON.parse(readFileSync(join(stateDir, 'status.json'), 'utf8'))).toMatchObject({
    mode: 'polling',
    polling: { interval: 30, lastError: expect.stringContaining('api.kapso.ai') },
    gateway: { url: 'ws://127.0.0.1:18789' },
  });
});

it('the position that the earlier program left is taken over: what is older is not received, what is newer is', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  const hour = 3_600_000;
  const left = Math.floor(Date.now() / 1000) * 1000 - 2 * hour;
  mkdirSync(stage.stateDir, { mode: 0o700 });
  const lastPoll = join(stage.stateDir, 'last-poll');
  writeFileSync(lastPoll, `${new Date(left).toISOString().replace('.000Z', 'Z')}\n`);
  await kapso.receive(
    [-1, 1].map(hours => {
      const at = left + hours * hour;
      return { text: `${hours} h`, timestamp: at / 1000, createdAt: new Date(at).toISOString() };
    }),
  );
  const poller = await stage.startPoller();
  await stage.holds('settled', 1);
  expect((await gateway.runs()).map(({ reply }) => reply)).toEqual(['You said: 1 h']);
  expect(await poller.end()).toMatchObject({ code: 0 });
  expect(Date.parse(readFileSync(lastPoll, 'utf8').trim())).toBeGreaterThan(Date.now() - hour);
});
