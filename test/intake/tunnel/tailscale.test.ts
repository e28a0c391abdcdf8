import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createFunnel,
  type Funnel,
  type FunnelDeps,
  type FunnelState,
  funnelTarget,
} from '../../../src/intake/tunnel/tailscale.ts';
import { createEventLog } from '../../../src/observe/event-log.ts';
import { createEvents } from '../../../src/observe/events.ts';
import type { TunnelStatus } from '../../../src/observe/status.ts';
import { statusChange } from '../../../src/observe/status-events.ts';
import { fakeTailscale } from '../../fake-tailscale.ts';
import { type ManualClock, manualClock } from '../../manual-clock.ts';
import { type Line, recordingLog } from '../webhook/harness.ts';

let dir: string;
let fake: string;
const funnels: Funnel[] = [];
let child: ChildProcess | null = null;

/** Sets what the fake does, as shell commands (see there). */
const script = (status: string, funnel = 'hang') => {
  writeFileSync(join(dir, 'status'), status);
  writeFileSync(join(dir, 'funnel'), funnel);
};
const calls = () => readFileSync(join(dir, 'calls'), 'utf8').trimEnd().split('\n');

/** The call of the fake that is running, or comes next: its process id, and the end of all its processes. */
function callOf(command: 'status' | 'funnel'): { pid: Promise<number>; gone: Promise<unknown> } {
  const fifo = createReadStream(join(dir, `${command}.alive`), 'utf8');
  return { pid: once(fifo, 'data').then(([line]) => Number(line)), gone: once(fifo, 'end') };
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tailscale-'));
  execFileSync('mkfifo', ['status.alive', 'funnel.alive', 'gate'], { cwd: dir });
  fake = fakeTailscale(dir);
});
afterEach(async () => {
  await Promise.all(funnels.splice(0).map(funnel => funnel.close()));
  child?.kill('SIGKILL');
  child = null;
  rmSync(dir, { recursive: true });
});

interface Watched {
  funnel: Funnel;
  clock: ManualClock;
  lines: Line[];
  states: FunnelState[];
  statuses: TunnelStatus[];
  /** Resolves with the first state, from now on or now, that the test looks for. */
  until(found: (state: FunnelState) => boolean): Promise<FunnelState>;
}

function start(overrides: Partial<FunnelDeps> = {}): Watched {
  const clock = manualClock(1_000_000);
  const lines: Line[] = [];
  const states: FunnelState[] = [];
  const statuses: TunnelStatus[] = [];
  const watchers = new Set<(state: FunnelState) => void>();
  const funnel = createFunnel({
    command: fake,
    port: 443,
    target: '18790',
    path: '/webhook',
    clock,
    random: () => 0.5,
    emit: createEvents([
      createEventLog(recordingLog(lines), clock),
      event => {
        const next = statusChange(event, clock.now(), text => text)?.tunnel;
        if (next) statuses.push(next);
      },
    ]),
    onState: state => {
      states.push(state);
      for (const watcher of watchers) watcher(state);
    },
    ...overrides,
  });
  funnels.push(funnel);
  funnel.start();
  const until = (found: (state: FunnelState) => boolean) =>
    new Promise<FunnelState>(resolve => {
      const look = (state: FunnelState) => {
        if (!found(state)) return;
        watchers.delete(look);
        resolve(state);
      };
      watchers.add(look);
      look(funnel.state);
    });
  return { funnel, clock, lines, states, statuses, until };
}

const isOpen = ({ phase }: FunnelState) => phase === 'open';
const isWaiting = ({ phase }: FunnelState) => phase === 'waiting';

describe('a Tailscale tunnel', () => {
  it('is opened by a program that gets none of our secrets, and what a program needs', async () => {
    const secrets = { KAPSO_API_KEY: 's3cret-1', OPENCLAW_TOKEN: 's3cret-2', KAPSO_WEBHOOK_SECRET: 's3cret-3' };
    const ours = { CREDENTIALS_DIRECTORY: '/run/s3cret-4', NOTIFY_SOCKET: '@s3cret-5', DATABASE_PASSWORD: 's3cret-6' };
    for (const [name, value] of Object.entries({ ...secrets, ...ours, LC_TIME: 'C' })) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    script('env >status.env; running', 'env >funnel.env; open_tunnel; hang');
    await start().until(isOpen);
    for (const name of ['status.env', 'funnel.env']) {
      const environment = readFileSync(join(dir, name), 'utf8');
      expect(environment).not.toMatch(/s3cret|KAPSO|OPENCLAW/);
      expect(environment).toMatch(/^PATH=./m);
      expect(environment).toMatch(/^LC_TIME=C$/m);
    }
  });

  it('asks nobody to register what the poller registers by itself', async () => {
    script('running', 'open_tunnel; hang');
    const { until, lines } = start({ registers: true });
    await until(isOpen);
    expect(lines.map(({ message }) => message)).toEqual([
      'The Tailscale tunnel is open: https://machine.tail0000.ts.net/webhook',
    ]);
  });

  it('opens under the public name of the machine, and says once what to register', async () => {
    script('running', 'open_tunnel; hang');
    const { until, lines, clock, statuses } = start();
    const url = 'https://machine.tail0000.ts.net/webhook';
    expect(await until(isOpen)).toMatchObject({ url, problem: null });
    expect(statuses).toMatchObject([{ phase: 'starting' }, { phase: 'open', url, reason: null, hint: null }]);
    expect(calls()).toEqual(['status --json', 'funnel 18790']);
    const said = () => lines.filter(line => line.message.includes('Register this webhook URL in Kapso'));
    expect(said()).toMatchObject([{ message: expect.stringContaining('https://machine.tail0000.ts.net/webhook') }]);

    process.kill(await callOf('funnel').pid, 'SIGKILL');
    expect((await until(isWaiting)).problem).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('SIGKILL'),
    });
    clock.advance(1_000);
    await until(isOpen);
    expect(said().length).toBe(1);
  });

  it.each([8443, 10000])('opens on the public port %d', async port => {
    script('running', 'open_tunnel; hang');
    const { until } = start({ port });
    expect((await until(isOpen)).url).toBe(`https://machine.tail0000.ts.net:${port}/webhook`);
    expect(calls()[1]).toBe(`funnel --https=${port} 18790`);
  });

  it.each([
    [{ host: null, port: 18790 }, '18790'],
    [{ host: '127.0.0.1', port: 1 }, '1'],
    [{ host: '::1', port: 1 }, 'http://localhost:1'],
    [{ host: '192.0.2.1', port: 1 }, 'http://192.0.2.1:1'],
    [{ path: '/run/webhook.sock' }, 'unix:/run/webhook.sock'],
  ])('leads to the server that listens on %j', (address, target) => {
    expect(funnelTarget(address)).toBe(target);
  });

  it('reads the status of a tailnet with thousands of machines', async () => {
    writeFileSync(
      join(dir, 'big.json'),
      JSON.stringify({
        BackendState: 'Running',
        Self: { DNSName: 'machine.tail0000.ts.net.' },
        Peer: Object.fromEntries(
          Array.from({ length: 5000 }, (_, i) => [`nodekey:${i}`, { DNSName: 'x'.repeat(200) }]),
        ),
      }),
    );
    script('cat big.json', 'open_tunnel; hang');
    await start().until(isOpen);
  });
});

describe('a Tailscale tunnel that does not open tells why:', () => {
  const denied =
    "Access denied: serve config denied\\n\\nUse 'sudo tailscale funnel 18790'.\\n" +
    "To not require root, use 'sudo tailscale set --operator=$USER' once.";

  it.each([
    [
      'the service is down',
      `fail "failed to connect to local tailscaled; it doesn't appear to be running"`,
      '',
      'not-running',
      /tailscaled/,
    ],
    ['logged out', 'json NeedsLogin ""', '', 'not-logged-in', /tailscale up/],
    ['not approved', 'json NeedsMachineAuth ""', '', 'not-logged-in', /approve/],
    ['stopped', 'json Stopped machine.tail0000.ts.net.', '', 'not-running', /tailscale up/],
    ['logged out meanwhile', 'running', 'fail "Logged out."', 'not-logged-in', /tailscale up/],
    [
      'no permission',
      'running',
      `fail "${denied.replaceAll('$', '\\$')}"`,
      'no-permission',
      /sudo tailscale set --operator=\$USER/,
    ],
    [
      'HTTPS is off',
      'running',
      'fail "Funnel not available; HTTPS must be enabled. See https://tailscale.com/s/https."',
      'not-enabled',
      /https:\/\/tailscale\.com\/s\/https /,
    ],
    [
      'no attribute',
      'running',
      `fail 'Funnel not available; "funnel" node attribute not set. See https://tailscale.com/s/no-funnel.'`,
      'not-enabled',
      /no-funnel /,
    ],
    [
      'Funnel is off',
      'running',
      'prompt; exit 0',
      'not-enabled',
      /https:\/\/login\.tailscale\.com\/f\/funnel\?node=nSYNTHETIC /,
    ],
    [
      'the port is not allowed',
      'running',
      'fail "port 443 is not allowed for funnel; allowed ports are: 8443"',
      'port-not-allowed',
      /port/,
    ],
    [
      'the port is taken',
      'running',
      'fail "updating config: listener already exists for port 443"',
      'port-in-use',
      /^set tailscale\.port .*to 8443 or 10000.*funnel status.*reset.*would end everything/,
    ],
    ['anything else', 'running', 'fail "a new error"', 'failed', /started again/],
    ['nonsense for a status', 'echo nonsense', '', 'failed', /started again/],
  ])('%s', async (_case, status, funnel, kind, hint) => {
    script(status, funnel);
    const { until, lines, statuses } = start();
    const { problem, url } = await until(isWaiting);
    expect(statuses.at(-1)).toEqual({ phase: 'waiting', url: null, reason: problem?.reason, hint: problem?.hint });
    expect(problem).toMatchObject({ kind, hint: expect.stringMatching(hint), reason: expect.stringMatching(/./) });
    expect(url).toBeNull();
    expect(lines.filter(line => line.level === 'warn')).toMatchObject([{ fields: { kind, hint: problem?.hint } }]);
  });

  it('Tailscale is not installed', async () => {
    const { until } = start({ command: join(dir, 'missing') });
    expect((await until(isWaiting)).problem).toMatchObject({
      kind: 'not-installed',
      hint: expect.stringContaining('tailscale.command'),
    });
  });

  it('the program is none', async () => {
    writeFileSync(join(dir, 'data'), 'data', { mode: 0o644 });
    const { until } = start({ command: join(dir, 'data') });
    expect((await until(isWaiting)).problem).toMatchObject({ kind: 'not-installed' });
  });

  it('Funnel has no such port, and nothing is started', async () => {
    const { until } = start({ port: 9000 });
    expect((await until(isWaiting)).problem).toMatchObject({
      kind: 'port-not-allowed',
      hint: expect.stringContaining('443, 8443 or 10000'),
    });
    expect(() => calls()).toThrow('ENOENT');
  });

  it('the tailnet does not allow this one of the three ports, which the CLI does not check', async () => {
    script(
      `ports=', "https://tailscale.com/cap/funnel-ports?ports=443,8000-9000": null'; running`,
      'open_tunnel; hang',
    );
    expect((await start({ port: 10000 }).until(isWaiting)).problem).toMatchObject({ kind: 'port-not-allowed' });
    await start({ port: 8443 }).until(isOpen);
  });
});

describe('a Tailscale tunnel', () => {
  it('is opened by a program that gets none of our secrets, and what a program needs', async () => {
    const secrets = { KAPSO_API_KEY: 's3cret-1', OPENCLAW_TOKEN: 's3cret-2', KAPSO_WEBHOOK_SECRET: 's3cret-3' };
    const ours = { CREDENTIALS_DIRECTORY: '/run/s3cret-4', NOTIFY_SOCKET: '@s3cret-5', DATABASE_PASSWORD: 's3cret-6' };
    for (const [name, value] of Object.entries({ ...secrets, ...ours, LC_TIME: 'C' })) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    script('env >status.env; running', 'env >funnel.env; open_tunnel; hang');
    await start().until(isOpen);
    for (const name of ['status.env', 'funnel.env']) {
      const environment = readFileSync(join(dir, name), 'utf8');
      expect(environment).not.toMatch(/s3cret|KAPSO|OPENCLAW/);
      expect(environment).toMatch(/^PATH=./m);
      expect(environment).toMatch(/^LC_TIME=C$/m);
    }
  });

  it('waits with the CLI until Funnel is enabled, and shows the link meanwhile', async () => {
    script('running', 'prompt; read -r _ <gate; echo Success.; open_tunnel; hang');
    const { until } = start();
    const { problem } = await until(isWaiting);
    expect(problem).toMatchObject({
      kind: 'not-enabled',
      link: 'https://login.tailscale.com/f/funnel?node=nSYNTHETIC',
    });
    writeFileSync(join(dir, 'gate'), 'enabled\n');
    await until(isOpen);
    expect(calls().length).toBe(2);
  });

  it('that keeps failing is tried again later and later, at most a minute apart, and logged once', async () => {
    script('json NeedsLogin ""');
    const { until, clock, lines, statuses } = start();
    const delays = [];
    for (let i = 0; i < 9; i += 1) {
      await until(isWaiting);
      const delay = (clock.pending()[0] ?? Number.NaN) - clock.now();
      delays.push(delay);
      if (i === 8) script('running', 'open_tunnel; hang');
      clock.advance(delay);
    }
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map(seconds => seconds * 1000));
    await until(isOpen);
    expect(lines.filter(line => line.level === 'warn').length).toBe(1);
    expect(statuses.filter(({ phase }) => phase === 'waiting').length).toBe(9);
  });

  it('whose CLI says nothing for a minute is started anew', async () => {
    script('running', 'hang');
    const { until, clock } = start();
    await callOf('funnel').pid;
    clock.advance(60_000);
    expect((await until(isWaiting)).problem).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('no answer'),
    });
  });

  it.each([
    ['open', 'running', 'open_tunnel; hang', 'funnel'],
    ['asking for the status', 'hang', '', 'status'],
    ['starting', 'running', 'hang', 'funnel'],
    ['open with children of its own', 'running', 'open_tunnel; sleep 1000; true', 'funnel'],
  ] as const)('is gone after closing while it is %s', async (_case, status, funnelScript, command) => {
    script(status, funnelScript);
    const { funnel } = start();
    const call = callOf(command);
    await call.pid;
    await funnel.close();
    expect(funnel.state.phase).toBe('closed');
    await call.gone;
  });

  it('that does not heed SIGTERM is killed', async () => {
    script('running', "trap '' TERM; open_tunnel; while :; do sleep 1000; done");
    const { funnel, until, clock } = start();
    await until(isOpen);
    const call = callOf('funnel');
    await call.pid;
    const closed = funnel.close();
    clock.advance(3_000);
    await closed;
    await call.gone;
  });

  it('is not tried again after closing', async () => {
    script('json NeedsLogin ""');
    const { funnel, until, clock } = start();
    await until(isWaiting);
    await funnel.close();
    expect(clock.pending()).toEqual([]);
    expect(calls()).toEqual(['status --json']);
  });
});

describe('a tunnel does not outlive its process:', () => {
  const cases = [
    ['asking for the status', 'hang', '', 'status'],
    ['starting', 'running', 'hang', 'funnel'],
    ['open', 'running', 'open_tunnel; hang', 'funnel'],
    ['deaf to SIGTERM', 'running', "trap '' TERM HUP; open_tunnel; while :; do sleep 1000; done", 'funnel'],
  ] as const;

  it.each(cases)('killed while %s', async (_case, status, funnelScript, command) => {
    script(status, funnelScript);
    child = spawn(process.execPath, [join(import.meta.dirname, 'tailscale-child.ts'), fake], { stdio: 'ignore' });
    const call = callOf(command);
    await call.pid;
    child.kill('SIGKILL');
    await once(child, 'exit');
    await call.gone;
  });

  it.each(cases.slice(0, 3))('ended by SIGTERM while %s', async (_case, status, funnelScript, command) => {
    script(status, funnelScript);
    child = spawn(process.execPath, [join(import.meta.dirname, 'tailscale-child.ts'), fake], { stdio: 'ignore' });
    const call = callOf(command);
    await call.pid;
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await call.gone;
  });
});
