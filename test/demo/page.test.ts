import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { startGatewaySimulator } from '../../src/simulator/gateway.ts';

/** Starts the demo with `dir` for its files. Resolves to the page's address and token when it is served. */
async function startDemo(dir: string, args: readonly string[] = []) {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../dist/demo.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: dir, OPENCLAW_TOKEN: 'own-token' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let address = '';
  for await (const line of createInterface(child.stdout)) {
    address = /http:\S+/.exec(line)?.[0] ?? '';
    if (address !== '') break;
  }
  const { origin, hash } = new URL(address);
  return { child, origin, headers: { authorization: `Bearer ${hash.replace('#token=', '')}` } };
}

function makeDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'demo-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

it('the page of the demo says that its directory is gone, and ends all the same', async () => {
  const dir = makeDirectory();
  const { child, origin, headers } = await startDemo(dir);
  const stream = await fetch(`${origin}/events`, { headers });
  let told = '';
  for await (const text of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    told += text;
    if (told.includes('Everything runs')) {
      for (const name of readdirSync(dir)) rmSync(join(dir, name), { recursive: true, force: true });
    }
    if (told.includes('directory is gone')) break;
  }
  child.kill('SIGTERM');
  expect((await once(child, 'exit'))[0]).toBe(0);
  expect(readdirSync(dir)).toEqual([]);
});

it('what is written before the poller has begun reaches it all the same', async () => {
  const { child, origin, headers } = await startDemo(makeDirectory());
  const write = { method: 'POST', headers, body: JSON.stringify({ texts: ['the first'] }) };
  expect((await fetch(`${origin}/actions/write`, write)).ok).toBe(true);
  const stream = await fetch(`${origin}/events`, { headers });
  let told = '';
  for await (const text of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    told += text;
    if (told.includes('You said: the first')) break;
  }
  child.kill('SIGTERM');
  expect((await once(child, 'exit'))[0]).toBe(0);
});

interface Process {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** The processes of the demo in `dir`, from /proc. */
function processesOf(dir: string): Process[] {
  const words = (file: string) => readFileSync(file, 'utf8').split('\0');
  return readdirSync('/proc').flatMap(pid => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const env = Object.fromEntries(words(`/proc/${pid}/environ`).map(one => one.split(/=(.*)/s).slice(0, 2)));
      return env.HOME?.startsWith(dir) ? [{ args: words(`/proc/${pid}/cmdline`), env }] : [];
    } catch {
      return [];
    }
  });
}

// Other processes are looked up in /proc.
it.runIf(process.platform === 'linux')(
  'with an own gateway, nobody but the phone on the page reaches the agent',
  async () => {
    const gateway = await startGatewaySimulator({ token: 'own-token' });
    onTestFinished(() => gateway.close());
    const dir = makeDirectory();
    const { child, origin, headers } = await startDemo(dir, ['--gateway', gateway.url]);
    const stream = await fetch(`${origin}/events`, { headers });
    const events = stream.body?.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
    let told = '';
    const says = async (text: string) => {
      while (!told.includes(text)) told += (await events?.next())?.value ?? '';
    };
    // A poller that has just begun takes what comes from then on.
    await says('Your own, at');

    const programs = processesOf(dir);
    const kapso = programs.find(({ args }) => args.includes('kapso'));
    const token = kapso?.env.SIMULATOR_CONTROL_TOKEN ?? '';
    expect(token.length).toBeGreaterThan(20);
    for (const secret of [token, kapso?.env.KAPSO_API_KEY ?? '']) {
      expect(programs.flatMap(({ args }) => args).join(' ')).not.toContain(secret);
    }
    const url = kapso?.env.KAPSO_BASE_URL;
    const inbound = (from: string, text: string, more: Record<string, string> = {}) =>
      fetch(`${url}/__sim/inbound`, { method: 'POST', headers: more, body: JSON.stringify({ from, text }) });
    expect((await inbound('+15551234567', 'forged')).status).toBe(403);
    expect((await fetch(`${url}/__sim/sent`)).status).toBe(403);
    // Even one who could write would be a stranger to the poller.
    expect((await inbound('+15557654321', 'from a stranger', { 'X-Simulator-Token': token })).status).toBe(200);
    const write = { method: 'POST', headers, body: JSON.stringify({ texts: ['from the page'] }) };
    expect((await fetch(`${origin}/actions/write`, write)).ok).toBe(true);
    await says('You said: from the page');
    expect(gateway.runs().map(({ text }) => text)).toEqual([expect.stringContaining('from the page')]);

    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  },
);
