import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Program, patience } from '../e2e/program.ts';
import { createStage, type Gateway, type Kapso, type Stage } from '../e2e/programs.ts';
import { fakeTailscale } from '../fake-tailscale.ts';
import { addressOf, domainMode, post, textDelivery } from './delivery.ts';

const publicUrl = 'https://machine.tail0000.ts.net/webhook';
const invitation = `Register this webhook URL in Kapso: ${publicUrl}`;

let stage: Stage;
let kapso: Kapso;
let gateway: Gateway;
let env: Record<string, string>;

/** Sets what the fake CLI does, as shell commands (see there). */
const script = (status: string, funnel = 'hang') => {
  writeFileSync(join(stage.dir, 'tailscale', 'status'), status);
  writeFileSync(join(stage.dir, 'tailscale', 'funnel'), funnel);
};
/** The call of the fake that is running, or comes next: its process id, and the end of all its processes. */
function callOf(command: 'status' | 'funnel'): { pid: Promise<number>; gone: Promise<unknown> } {
  const fifo = createReadStream(join(stage.dir, 'tailscale', `${command}.alive`), 'utf8');
  return { pid: once(fifo, 'data').then(([line]) => Number(line)), gone: once(fifo, 'end') };
}
/** The poller writes its status file once a second. */
const statusSays = (text: string) =>
  expect.poll(async () => (await stage.run('cli', ['status'], env)).stdout, { timeout: patience }).toContain(text);
const invitations = (poller: Program) => poller.lines.filter(line => line.includes(invitation)).length;

beforeEach(async () => {
  stage = createStage();
  const folder = join(stage.dir, 'tailscale');
  mkdirSync(folder);
  execFileSync('mkfifo', ['status.alive', 'funnel.alive', 'gate'], { cwd: folder });
  kapso = await stage.startKapso();
  gateway = await stage.startGateway();
  env = { ...domainMode, KAPSO_MODE: 'tailscale', KAPSO_TAILSCALE_COMMAND: fakeTailscale(folder) };
});

describe('the poller behind a Tailscale Funnel', () => {
  it('prints the address once, shows it in the status, receives, and closes the tunnel when it ends', async () => {
    script('running', 'open_tunnel; hang');
    const poller = await stage.startPoller(env);
    await poller.says(invitation);
    const funnel = callOf('funnel');
    await funnel.pid;
    const url = await addressOf(poller, 0);
    expect(await post(url, textDelivery({ id: 'wamid.FUNNEL', from: '15551234567', text: 'hello' }))).toBe(200);
    await gateway.reaches('runs', 1);
    await statusSays(publicUrl);
    const calls = readFileSync(join(stage.dir, 'tailscale', 'calls'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(calls).toEqual(['status --json', `funnel ${new URL(url).port}`]);

    expect(await poller.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await funnel.gone;
    expect(invitations(poller)).toBe(1);
  });

  it('fetches what came while the tunnel was closed, when it is open again', async () => {
    script('running', 'open_tunnel; hang');
    const poller = await stage.startPoller(env);
    await poller.says(invitation);
    const { pid } = callOf('funnel');
    // The life after this one opens when the test says so.
    script('running', 'read -r _ <gate; open_tunnel; hang');
    process.kill(await pid, 'SIGKILL');
    await poller.says('The Tailscale tunnel is not open');
    await kapso.receive([{ id: 'wamid.MISSED', text: 'while it was closed' }]);
    writeFileSync(join(stage.dir, 'tailscale', 'gate'), '\n');
    await gateway.reaches('runs', 1);
    expect((await gateway.runs()).map(({ key }) => key)).toEqual(['wamid.MISSED']);
    expect(invitations(poller)).toBe(1);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)(
    'leaves nothing behind after %s, with an open tunnel',
    async signal => {
      script('running', 'open_tunnel; hang');
      const poller = await stage.startPoller(env);
      const funnel = callOf('funnel');
      await Promise.all([poller.says(invitation), funnel.pid]);
      await poller.end(signal);
      await funnel.gone;
    },
  );

  it.each([
    ['status', 'SIGKILL'],
    ['funnel', 'SIGKILL'],
    ['status', 'SIGTERM'],
    ['funnel', 'SIGTERM'],
  ] as const)('leaves nothing behind when it is killed while it waits for %s (%s)', async (command, signal) => {
    script(command === 'status' ? 'hang' : 'running', 'hang');
    const call = callOf(command);
    const poller = await stage.startPoller(env);
    await call.pid;
    await poller.end(signal);
    await call.gone;
  });

  it('polls on while the tunnel cannot be opened, and says why', async () => {
    script('running', 'fail "Access denied: serve config denied\\n\\nUse \'sudo tailscale funnel 18790\'."');
    const poller = await stage.startPoller({ ...env, KAPSO_POLL_FALLBACK: 'true' });
    await poller.says('The Tailscale tunnel is not open');
    await kapso.reaches('list', 1);
    await kapso.receive([{ id: 'wamid.POLLED', text: 'hello' }]);
    poller.signal('SIGUSR2');
    await gateway.reaches('runs', 1);
    await statusSays('the tunnel fails');
  });
});

describe('webhook.register', () => {
  it('registers once the address is known, signed with a secret that is made and checked from the start', async () => {
    script('running', 'open_tunnel; hang');
    const { KAPSO_WEBHOOK_SECRET: _, ...unsigned } = env;
    const registering = { ...unsigned, KAPSO_WEBHOOK_REGISTER: 'true' };
    const poller = await stage.startPoller(registering);
    const url = await addressOf(poller, 0);
    const delivery = textDelivery({ id: 'wamid.FORGED', from: '15551234567', text: 'signed with another secret' });
    expect(await post(url, delivery)).toBe(401);

    await poller.says('The webhook was registered at Kapso');
    const secret = readFileSync(join(stage.stateDir, 'webhook-secret'), 'utf8').trim();
    const { 0: listed } = JSON.parse((await stage.run('cli', ['webhook', 'list', '--json'], registering)).stdout);
    expect(listed).toMatchObject({ url: publicUrl, active: true });
    await kapso.receive([{ id: 'wamid.SIGNED', text: 'hello' }]);
    await kapso.control('POST', 'deliver', { url, id: 'wamid.SIGNED', secret });
    await gateway.reaches('runs', 1);
    expect(poller.lines.join('\n')).not.toContain(secret);

    const from = poller.lines.length;
    await poller.end('SIGTERM');
    await poller.start();
    await poller.says(`The Tailscale tunnel is open: ${publicUrl}`, from);
    expect(poller.lines.join('\n')).not.toContain(invitation);
    await statusSays(publicUrl);
    const again = await stage.run('cli', ['webhook', 'register'], registering);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^unchanged: /) });
    const { requests } = await kapso.control<{ requests: { method: string }[] }>('GET', 'requests?kind=webhooks');
    expect(requests.filter(({ method }) => method !== 'GET')).toHaveLength(1);
    expect((await gateway.runs()).map(({ key }) => key)).toEqual(['wamid.SIGNED']);
  });

  it('that Kapso refuses stops nothing, is shown, and is tried again until it works', async () => {
    script('running', 'open_tunnel; hang');
    await kapso.control('POST', 'faults', { kind: 'webhooks', status: 500, body: { error: 'away' } });
    const poller = await stage.startPoller({ ...env, KAPSO_WEBHOOK_REGISTER: 'true' });
    await poller.says('The webhook could not be registered');
    const url = await addressOf(poller, 0);
    expect(await post(url, textDelivery({ id: 'wamid.MEANWHILE', from: '15551234567', text: 'hello' }))).toBe(200);
    await gateway.reaches('runs', 1);
    await statusSays('the webhook is not registered');
    await poller.says('The webhook was registered at Kapso');
  });
});
