/** Health and metrics of the real poller, after real traffic with failures, and what the dashboard and the rules make of it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { addressOf, domainMode, post, textDelivery, webhookSecret } from '../e2e-webhook/delivery.ts';
import { type Program, patience } from './program.ts';
import { apiKey, bundles, createStage, type Kapso, phoneNumberId } from './programs.ts';

const monitoring = join(import.meta.dirname, '../../docs/monitoring');
const on = { KAPSO_METRICS_ENABLE: 'true', KAPSO_METRICS_ADDR: '127.0.0.1:0' };
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
/** The digits of customers: one is answered, one's replies are refused, and so on. */
const [anna, ben, cleo, dora] = ['15550104477', '15550104478', '15550104479', '15550104480'] as const;

/** Runs promtool. Throws with what it says when it is not content. */
function promtool(args: string[], input = ''): void {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8', cwd: monitoring });
  if (status !== 0) throw new Error(`promtool ${args.join(' ')}:\n${stdout}${stderr}`);
}

async function baseOf(poller: Program): Promise<string> {
  const line = poller.lines[await poller.says('Health and metrics are served')] ?? '';
  return `http://${(JSON.parse(line) as { address: string }).address}`;
}

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

function samplesOf(text: string): Sample[] {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  return lines.map(line => {
    const [, name = '', inner = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    return { name, labels: matchersIn(inner).equal, value: Number(value) };
  });
}

/** Reads what stands between braces: labels of a sample, or the matchers of a selector. */
function matchersIn(inner: string): { equal: Record<string, string>; all: [string, string, string][] } {
  const all = [...inner.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].map(
    ([, label = '', operator = '', value = '']): [string, string, string] => [label, operator, value],
  );
  return { all, equal: Object.fromEntries(all.map(([label, , value]) => [label, value])) };
}

/** Metrics of Prometheus itself, and labels that it adds. */
const ofPrometheus = { names: ['up'], labels: ['job', 'instance'] };

/** Returns the selectors of an expression that no sample fits. */
function unknownIn(expression: string, samples: readonly Sample[]): string[] {
  const selectors = expression.matchAll(/\b((?:kapso_whatsapp|process|nodejs)_\w+|up)\b(?:\{([^}]*)\})?/g);
  return [...selectors].flatMap(([selector, name = '', inner = '']) => {
    if (ofPrometheus.names.includes(name)) return [];
    const matchers = matchersIn(inner).all.filter(([label]) => !ofPrometheus.labels.includes(label));
    const fits = ({ labels }: Sample) =>
      matchers.every(([label, operator, value]) => {
        const is = new RegExp(operator.endsWith('~') ? `^(?:${value})$` : '^').test(labels[label] ?? '');
        const same = operator.endsWith('~') ? is : labels[label] === value;
        return label in labels && same !== operator.startsWith('!');
      });
    return samples.some(sample => sample.name === name && fits(sample)) ? [] : [selector];
  });
}

interface Panel {
  id: number;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string }[];
}

const rulesFile = readFileSync(join(monitoring, 'rules.yaml'), 'utf8');
const rules = (parse(rulesFile) as { groups: { rules: { alert: string; expr: string }[] }[] }).groups.flatMap(
  group => group.rules,
);
const dashboard = JSON.parse(readFileSync(join(monitoring, 'grafana-dashboard.json'), 'utf8')) as { panels: Panel[] };
const shown = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** Reads the metrics until they are as wanted: a text serves everybody for 2 s. */
async function until(base: string, wanted: Record<string, number>): Promise<{ text: string; samples: Sample[] }> {
  const endsAt = Date.now() + patience;
  for (;;) {
    const answer = await fetch(`${base}/metrics`);
    const text = await answer.text();
    const lines = new Set(text.split('\n'));
    const missing = Object.entries(wanted).filter(([name, value]) => !lines.has(`kapso_whatsapp_${name} ${value}`));
    if (missing.length === 0) {
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        200,
        'text/plain; version=0.0.4; charset=utf-8',
      ]);
      return { text, samples: samplesOf(text) };
    }
    if (Date.now() > endsAt) throw new Error(`not so: ${JSON.stringify(missing)}\n${text}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

/** Has Kapso say by webhook what became of the last message to somebody. */
async function report(kapso: Kapso, url: string, to: string, status: string, code?: number): Promise<void> {
  const id = (await kapso.sent()).findLast(sent => sent.to === `+${to}`)?.id;
  await kapso.control('POST', 'status', { id, status, ...(code === undefined ? {} : { code }) });
  const event = `whatsapp.message.${status}`;
  await kapso.control('POST', 'deliver', { url, id, event, secret: webhookSecret });
}

it('counts what happened, in the words of Prometheus, and what the dashboard and the rules read is there', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  const poller = await stage.startPoller({ ...domainMode, KAPSO_POLL_FALLBACK: 'true', ...on });
  const [base, url] = [await baseOf(poller), await addressOf(poller, 0)];
  // The one's reply is refused with a known code, the other's with one that Meta has yet to invent.
  const refused = (to: string, code: number) => ({
    kind: 'send',
    to,
    status: 400,
    body: { error: { message: 'no', code } },
  });
  await kapso.control('POST', 'faults', [refused(ben, 131026), refused(cleo, 987654)]);

  await kapso.receive([{ from: `+${anna}`, text: 'hello' }]);
  poller.signal('SIGUSR2');
  await kapso.reaches('sent', 1);
  const again = textDelivery({ id: 'wamid.again', from: ben, text: 'twice' });
  for (const delivery of [again, again]) expect(await post(url, delivery)).toBe(200);
  const other = textDelivery({ id: 'wamid.other', from: cleo, text: 'once' });
  expect(await post(url, other)).toBe(200);
  expect(await post(url, { ...again, headers: { ...again.headers, 'X-Webhook-Signature': 'wrong' } })).toBe(401);
  expect(await post(url, textDelivery({ id: 'wamid.fails', from: dora, text: '[[fail-late]]' }))).toBe(200);
  await stage.holds('failed', 1);
  await until(base, { 'replies_total{outcome="sent"}': 1, 'replies_total{outcome="failed"}': 2 });
  for (const status of ['delivered', 'read']) await report(kapso, url, anna, status);
  await until(base, { 'delivery_reports_total{status="read"}': 1 });
  expect(await fetch(`${base}/ready`).then(answer => answer.json())).toMatchObject({
    status: 'ready',
    gateway: 'connected',
  });

  // A run is under way when the gateway goes, and Kapso's list refuses the key: webhooks still come in.
  expect(await post(url, textDelivery({ id: 'wamid.slow', from: anna, text: '[[hang]]' }))).toBe(200);
  await until(base, { runs_in_progress: 1 });
  await kapso.control('POST', 'faults', { kind: 'list', status: 401, body: { error: 'Invalid API key' }, count: 1000 });
  poller.signal('SIGUSR2');
  await gateway.end('SIGKILL');
  const { text, samples } = await until(base, {
    'messages_received_total{by="poll"}': 1,
    'messages_received_total{by="webhook"}': 4,
    'messages_known_total{by="webhook"}': 1,
    messages_failed_total: 1,
    'run_duration_seconds_count{outcome="ended"}': 3,
    'run_duration_seconds_count{outcome="error"}': 1,
    'run_duration_seconds_count{outcome="lost"}': 1,
    runs_in_progress: 0,
    'send_refusals_total{code="131026"}': 1,
    'send_refusals_total{code="other"}': 1,
    'delivery_reports_total{status="delivered"}': 1,
    'webhook_refused_total{status="401"}': 1,
    'problem{code="key-refused"}': 1,
    'problem{code="gateway-away"}': 1,
    'problem{code="tunnel-down"}': 0,
    'inbox_messages{state="sending"}': 1,
    'inbox_messages{state="failed"}': 1,
    'outbox_messages{state="failed"}': 2,
    gateway_connected: 0,
    gateway_connections_total: 1,
    healthy: 1,
    ready: 1,
  });
  const answers = await Promise.all(['live', 'ready'].map(path => fetch(`${base}/${path}`)));
  expect(await Promise.all(answers.map(async answer => [answer.status, await answer.json()]))).toEqual([
    [200, { status: 'ok' }],
    [
      200,
      {
        ...{ status: 'ready', store: 'ok', polling: 'failing', webhook: 'ok' },
        gateway: expect.stringMatching(/^(connecting|waiting)$/),
      },
    ],
  ]);

  // Nobody's number, id or secret is in it, and every label has few values.
  for (const secret of [anna, ben, cleo, dora, phoneNumberId, apiKey, webhookSecret, stage.dir, 'wamid', '987654']) {
    expect(text).not.toContain(secret);
  }
  expect(samples.length).toBeLessThan(300);
  expect(samples.find(({ name }) => name === 'kapso_whatsapp_build_info')?.labels).toMatchObject({ mode: 'domain' });
  expect(rules.flatMap(({ expr }) => unknownIn(expr, samples))).toEqual([]);
  expect(shown.flatMap(expression => unknownIn(expression, samples))).toEqual([]);
  if (hasPromtool) promtool(['check', 'metrics', '--extended'], text);
  await poller.end();
});

it.skipIf(!hasPromtool)('promtool takes the rules, their tests, and the expressions of the dashboard', () => {
  promtool(['check', 'rules', 'rules.yaml']);
  promtool(['test', 'rules', 'rules.test.yaml']);
  // As rules, because this promtool checks no expression alone.
  const records = shown.map((expression, at) => ({
    record: `panel_${at}`,
    expr: expression.replaceAll('$__rate_interval', '5m'),
  }));
  const file = join(createStage().dir, 'panels.yaml');
  execFileSync('tee', [file], { input: JSON.stringify({ groups: [{ name: 'panels', rules: records }] }) });
  promtool(['check', 'rules', file]);
});

it('tests every alert, and lays the panels of the dashboard beside each other', () => {
  const tests = readFileSync(join(monitoring, 'rules.test.yaml'), 'utf8');
  const untested = rules.filter(({ alert }) => !new RegExp(`alertname[=:] ?"?${alert}\\b`).test(tests));
  expect(untested.map(({ alert }) => alert)).toEqual([]);
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  expect(Math.max(...cells.map(cell => Number.parseInt(cell, 10)))).toBeLessThan(24);
});

it('an address that is taken ends the start before anything is accepted, and names the setting', async () => {
  const stage = createStage();
  await stage.startKapso();
  await stage.startGateway();
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  const { code, stderr } = await stage.run('poller', [], { ...on, KAPSO_METRICS_ADDR: `127.0.0.1:${port}` });
  other.close();
  expect(code).toBe(75);
  expect(stderr).toContain(`the server of health and metrics cannot listen on 127.0.0.1:${port}`);
  expect(stderr).toContain('metrics.listen (KAPSO_METRICS_ADDR)');
});

it('is not even loaded where it is off', async () => {
  const stage = createStage();
  await stage.startKapso();
  await stage.startGateway();
  const dist = join(stage.dir, 'dist');
  cpSync(join(bundles.poller, '..'), dist, { recursive: true });
  rmSync(join(dist, 'on-demand/metrics.cjs'));
  const run = (env: Record<string, string>) =>
    spawnSync(process.execPath, [join(dist, 'kapso-whatsapp-poller.cjs'), '--once'], {
      env: { ...stage.env, ...env },
      encoding: 'utf8',
    });
  expect(run({}).status).toBe(0);
  expect(run(on).stderr).toContain('metrics.cjs');
});
