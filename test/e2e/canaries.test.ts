/** Secrets in every place where one can be, and all that the programs show, write and start: none comes out. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stateFiles } from '../../src/state/files.ts';
import { json, startService } from '../media/transcription/service-stand-in.ts';
import { type Canary, canariesIn, canary, formsOf } from './canary.ts';
import type { Program } from './program.ts';
import { createStage, type Stage } from './programs.ts';
import { begin, crashing, drive, failForGood, get, keep, type Scene, witness } from './quoting-sides.ts';

/** The secrets that the poller uses. */
const used = {
  apiKey: canary('API key', 'k/*+"q"='),
  gatewayToken: canary('gateway token', '*"quoted" \\ %41 & ü'),
  verifyToken: canary('verify token', '* & more'),
  transcription: canary('transcription key'),
  ui: canary('token of the page'),
  proxy: canary('password of the proxy', '*%/@'),
};
/** A Kapso on this machine is reached without it. */
const viaProxy = `http://me:${encodeURIComponent(used.proxy.secret)}@127.0.0.1:9`;
/** What stands in the environment and is not for it. */
const unused = { other: canary('variable of another program'), misspelled: canary('misspelled variable') };
/** Secrets where none belongs. */
const misplaced = {
  gatewayQuery: canary('query of the gateway'),
  baseQuery: canary('query of Kapso'),
  publicQuery: canary('query of the public address'),
  phoneNumber: canary('secret as phone number id'),
  keyName: canary('secret as the name of a key'),
};

/** These files of the state directory are there to keep a secret. */
const keepers: readonly string[] = [stateFiles.signingSecret, stateFiles.deviceIdentity, stateFiles.deviceToken];

/** Looks at everything that the running poller shows and writes. */
async function lookAround({ stage, seen, quoted }: Scene, poller: Program): Promise<void> {
  const { stateDir, dir } = stage;
  const socketPath = join(stateDir, stateFiles.socket);
  const [entry] = (await stage.inbox()).filter(({ state }) => state === 'failed');
  const id = encodeURIComponent(entry?.id ?? '');
  for (const path of ['status', 'arrivals?full=1', `messages?full=1&id=${id}`, `trace?full=1&id=${id}`]) {
    seen.set(`socket: ${path.split('&')[0]}`, await get({ socketPath }, `/v1/${path}`));
  }
  const served = poller.lines.findLast(line => line.includes('Health and metrics are served')) ?? '';
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(served)?.[1]);
  for (const path of ['/live', '/ready', '/metrics']) seen.set(path, await get({ port }, path));
  const page = poller.lines.findLast(line => line.includes('The page is served')) ?? '';
  const origin = `http://${(JSON.parse(page) as { address: string }).address}`;
  seen.set('page', await (await fetch(`${origin}/`)).text());
  seen.set('stream of the page', await begin(`${origin}/events`, { authorization: `Bearer ${used.ui.secret}` }));
  const backup = join(dir, 'backup.tar');
  const commands = [
    ...[
      'status',
      'status --json',
      'doctor',
      'doctor --json',
      `trace ${entry?.id} --full`,
      'config show',
      'config check',
    ],
    ...[
      'config explain gateway.token',
      'inbox list --json --full',
      'outbox list --full',
      'inbox export',
      'webhook list',
    ],
    ...['inbox export --format csv', `backup ${backup}`, `backup ${backup}.public --without-secrets`],
  ].map(words => words.split(' '));
  const waiting = commands.values();
  const runAll = async () => {
    for (const args of waiting) {
      const { code, stdout, stderr } = await stage.run('cli', args);
      seen.set(args.join(' ').replace(entry?.id ?? '', 'ID'), `${code} ${stdout}${stderr}`);
    }
  };
  await Promise.all([runAll(), runAll(), runAll()]);
  seen.set('command line', readFileSync(`/proc/${poller.pid}/cmdline`, 'utf8'));
  seen.set('a backup without secrets', readFileSync(`${backup}.public`, 'latin1'));
  // It is documented to hold these three, and is private.
  expect(canariesIn(readFileSync(backup, 'latin1'), quoted).toSorted()).toEqual([
    ...['device key', 'device token', 'registered signing secret'],
  ]);
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  for (const file of readdirSync(stateDir, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    if (!file.isFile()) continue;
    if (keepers.includes(file.name)) expect([file.name, statSync(path).mode & 0o777]).toEqual([file.name, 0o600]);
    else seen.set(`file ${file.name}`, readFileSync(path, 'latin1'));
  }
}

/** Where the simulators' quotes show, without the secrets: a place that shows nothing proves nothing. */
const quotingPlaces = [
  ...['socket: status', 'socket: arrivals?full=1', 'socket: messages?full=1', 'socket: trace?full=1'],
  ...['status', 'status --json', 'trace ID --full', 'inbox list --json --full', 'outbox list --full', 'inbox export'],
  ...['inbox export --format csv', 'stream of the page', `file ${stateFiles.status}`, 'a backup without secrets'],
  ...['log as JSON', 'a start that fails'],
];

/** Fails with the names of the canaries of each place where one was seen. */
function expectNone(seen: ReadonlyMap<string, string>, canaries: readonly Canary[]): void {
  const found = [...seen].flatMap(([place, text]) => {
    const names = canariesIn(text, canaries);
    return names.length === 0 ? [] : [`${place}: ${names.join(', ')}`];
  });
  expect(found).toEqual([]);
}

/** A poller with all its parts, and a secret from every kind of place. */
async function startAll(): Promise<Scene & { poller: Program }> {
  const stage = createStage();
  const { dir, env } = stage;
  Object.assign(env, { KAPSO_API_KEY: used.apiKey.secret, OPENCLAW_TOKEN: used.gatewayToken.secret });
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway(['--state', join(dir, 'gateway'), '--require-pairing']);
  for (const name of ['KAPSO_API_KEY', 'OPENCLAW_TOKEN']) delete env[name];
  const refused = json({ error: { message: `Incorrect API key: ${used.transcription.secret}` } }, 401);
  const service = await startService(refused);
  const credentials = join(dir, 'credentials');
  mkdirSync(credentials, { mode: 0o700 });
  keep(join(credentials, 'gateway-token'), used.gatewayToken.secret);
  const quotes = keep(join(dir, 'quotes'), used.apiKey.secret);
  const command = [process.execPath, keep(join(dir, 'witness.cjs'), witness), join(dir, 'book'), quotes].join('\n');
  const settings = {
    webhook: { verifyToken: used.verifyToken.secret, publicUrl: 'https://bridge.example.org/webhook', register: true },
    transcribe: { provider: 'openai', baseUrl: service.origin, apiKey: used.transcription.secret },
  };
  Object.assign(env, crashing(quotes), {
    HTTPS_PROXY: viaProxy,
    KAPSO_CONFIG: keep(join(dir, 'config.json'), JSON.stringify(settings)),
    KAPSO_API_KEY_FILE: keep(join(dir, 'api-key'), `${used.apiKey.secret}\n`),
    CREDENTIALS_DIRECTORY: credentials,
    ...{ KAPSO_MODE: 'domain', KAPSO_WEBHOOK_ADDR: '127.0.0.1:0', KAPSO_POLL_FALLBACK: 'true' },
    ...{ KAPSO_METRICS_ENABLE: 'true', KAPSO_METRICS_ADDR: '127.0.0.1:0', KAPSO_GATEWAY_IDENTITY: 'always' },
    ...{ KAPSO_UI_ENABLE: 'true', KAPSO_UI_ADDR: '127.0.0.1:0', KAPSO_UI_TOKEN: used.ui.secret },
    ...{ KAPSO_ALERTS_COMMAND: command, KAPSO_ALERTS_AFTER: '1' },
    KAPSO_MEDIA_DOCUMENT_COMMAND: `${command}\n{file}`,
    ...{ ANOTHER_SECRET: unused.other.secret, KAPSO_APIKEY: unused.misspelled.secret },
  });
  const poller = await stage.startPoller();
  await poller.says('The webhook was registered');
  await poller.says('openclaw devices approve');
  await gateway.control('POST', 'approve', {});
  // The next attempt of this process is a minute away.
  await poller.end();
  await poller.start();
  await poller.says('Connected to the gateway');
  return { stage, kapso, gateway, poller, seen: new Map(), quoted: [...Object.values(used), ...kept(stage)] };
}

/** What the poller and the gateway have made and the state directory keeps. */
function kept({ stateDir }: Stage): Canary[] {
  const read = (name: string) => readFileSync(join(stateDir, name), 'utf8');
  const { privateKey } = JSON.parse(read(stateFiles.deviceIdentity)) as { privateKey: string };
  const { token } = JSON.parse(read(stateFiles.deviceToken)) as { token: string };
  return [
    { name: 'device key', secret: privateKey.split('\n')[1] ?? '' },
    { name: 'device token', secret: token },
    { name: 'registered signing secret', secret: read(stateFiles.signingSecret).trim() },
  ];
}

it('none of the secrets comes out, wherever it stands and in whatever form another side quotes it', {
  timeout: 120_000,
}, async () => {
  const scene = await startAll();
  const { stage, poller, quoted, seen } = scene;
  await drive(scene, poller, quoted.at(-1)?.secret ?? '');
  await failForGood(scene, poller);
  await poller.says('"code":"messages-failed","by":"command"');
  await lookAround(scene, poller);
  // A defect whose message quotes them all.
  keep(stage.env.DEFECT_QUOTES ?? '', quoted.flatMap(formsOf).join('\n'));
  poller.signal('SIGWINCH');
  expect(await poller.ended()).toMatchObject({ code: 70 });
  seen.set('log as JSON', poller.lines.join('\n'));
  // At a start it has not read yet what the state directory keeps.
  keep(stage.env.DEFECT_QUOTES ?? '', Object.values(used).flatMap(formsOf).join('\n'));
  const start = await stage.run('poller', [], { DEFECT_AT: stateFiles.pid });
  expect(start.code).toBe(70);
  seen.set('a start that fails', start.stderr);
  const children = readFileSync(join(stage.dir, 'book'), 'utf8');
  // The operator's programs ran: for alerts, and for documents.
  expect(children).toContain('ALERT_CODE=messages-failed');
  expect(children).toContain('.pdf');
  seen.set('children', children);
  const quoting = [...seen].filter(([, text]) => text.includes('[secret]')).map(([place]) => place);
  expect(quoting).toEqual(expect.arrayContaining(quotingPlaces));
  expectNone(seen, [...quoted, ...Object.values(unused)]);
});

it('none comes out by a wrong configuration, at the start and while it runs, nor by a crash, in the log as text', {
  timeout: 120_000,
}, async () => {
  const stage = createStage();
  const { dir, env } = stage;
  const seen = new Map<string, string>();
  const signing = canary('signing secret', '+/* =');
  const canaries = [...Object.values(used), ...Object.values(misplaced), signing];
  const nowhere = 'http://127.0.0.1:9';
  const config = keep(join(dir, 'config.yaml'), `webhook: { secret: ${JSON.stringify(signing.secret)} }\n`);
  Object.assign(
    env,
    crashing(keep(join(dir, 'quotes'), [...Object.values(used), signing].flatMap(formsOf).join('\n'))),
    {
      ...{ KAPSO_API_KEY: used.apiKey.secret, OPENCLAW_TOKEN: used.gatewayToken.secret, KAPSO_CONFIG: config },
      ...{ KAPSO_WEBHOOK_VERIFY_TOKEN: used.verifyToken.secret, KAPSO_TRANSCRIBE_API_KEY: used.transcription.secret },
      ...{ HTTPS_PROXY: viaProxy, KAPSO_UI_TOKEN: used.ui.secret },
      ...{ KAPSO_MODE: 'domain', KAPSO_WEBHOOK_ADDR: '127.0.0.1:0', KAPSO_LOG_FORMAT: 'text', KAPSO_BASE_URL: nowhere },
      OPENCLAW_GATEWAY_URL: 'ws://127.0.0.1:9',
    },
  );
  const wrong = {
    OPENCLAW_GATEWAY_URL: `ws://127.0.0.1:9/?token=${misplaced.gatewayQuery.secret}`,
    KAPSO_BASE_URL: `${nowhere}/?key=${misplaced.baseQuery.secret}`,
    KAPSO_WEBHOOK_PUBLIC_URL: `https://example.com/webhook?t=${misplaced.publicQuery.secret}`,
    KAPSO_PHONE_NUMBER_ID: misplaced.phoneNumber.secret,
  };
  const poller = stage.poller();
  await poller.start();
  await poller.says('The webhook server is listening');
  writeFileSync(config, `${misplaced.keyName.secret}: 1\nkapso:\n  ${misplaced.keyName.secret}: {}\n`);
  poller.signal('SIGHUP');
  await poller.says('The configuration was not reloaded');
  const runs = await Promise.all([
    stage.run('poller', [], wrong),
    ...['config check', 'config show', 'config explain kapso.baseUrl', 'doctor', 'doctor --json', 'status'].map(words =>
      stage.run('cli', words.split(' '), wrong),
    ),
    ...[['send', '--to', used.apiKey.secret, '--text', 'hi', `--${used.gatewayToken.secret}`], ['--help']].map(args =>
      stage.run('cli', args),
    ),
  ]);
  for (const [at, { code, stdout, stderr }] of runs.entries()) seen.set(`run ${at}, code ${code}`, stdout + stderr);
  poller.signal('SIGWINCH');
  expect(await poller.ended()).toMatchObject({ code: 70 });
  seen.set('log as text', poller.lines.join('\n'));
  expectNone(seen, canaries);
});
