import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createStage } from '../e2e/programs.ts';
import { domainMode, post, textDelivery } from './delivery.ts';

/** A poller in webhook mode whose log goes where the shell's redirection says. */
async function logging(redirection: string, fifo: string | null = null) {
  const stage = createStage();
  const pipe = fifo === null ? '' : join(stage.dir, fifo);
  if (fifo !== null) execFileSync('mkfifo', [pipe]);
  const open = () => openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const reader = fifo === null ? null : open();
  await stage.startKapso();
  const gateway = await stage.startGateway();
  const under = ['bash', '-c', `exec "$@" 2> ${redirection}`, 'bash'];
  const poller = stage.poller({ ...domainMode, PIPE: pipe }, { quiet: true, under });
  await poller.start();
  await expect.poll(() => stage.statusFile().webhook?.address, { timeout: 40_000 }).toBeTruthy();
  const url = `http://${stage.statusFile().webhook?.address}/webhook`;
  let sent = 0;
  const deliver = (count: number) =>
    Promise.all(
      Array.from({ length: count }, () => {
        const number = sent++;
        const from = `1555000${1000 + (number % 50)}`;
        return post(url, textDelivery({ id: `wamid.LOG${number}`, from, text: `message ${number}` }));
      }),
    );
  return { stage, gateway, poller, deliver, open, reader };
}

function readAll(fd: number): string {
  const buffer = Buffer.alloc(65536);
  try {
    const size = readSync(fd, buffer);
    return size === 0 ? '' : buffer.toString('utf8', 0, size) + readAll(fd);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
    throw error;
  }
}

it.each([
  ['that ends after a line', '>(head -1 > /dev/null)'],
  ['that never reads', '>(tail -f --pid=$$ /dev/null)'],
  ['on a full disk', '/dev/full'],
])('a log reader %s costs no message, and the poller goes on', async (_, redirection) => {
  const { stage, gateway, poller, deliver } = await logging(redirection);
  expect(new Set(await deliver(300))).toEqual(new Set([200]));
  await gateway.reaches('runs', 300);
  await stage.holds('settled', 300);
  expect(poller.endings).toEqual([]);
  expect(await poller.end()).toEqual({ code: 0, signal: null });
});

it('the log goes on for the next reader, and says how much was lost', async () => {
  const { stage, poller, deliver, open, reader } = await logging('"$PIPE"', 'log');
  if (reader === null) throw new Error('there is no reader');
  await deliver(1);
  expect(readAll(reader)).toContain('kapso-whatsapp-poller started');
  closeSync(reader);
  await deliver(5);
  // What is settled was logged before.
  await stage.holds('settled', 6);
  const next = open();
  onTestFinished(() => closeSync(next));
  let text = '';
  await expect
    .poll(
      async () => {
        await deliver(1);
        text += readAll(next);
        return text;
      },
      { timeout: 40_000 },
    )
    .toMatch(/"lost":\d+,"msg":"The log goes on/);
  for (const line of text.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  expect(poller.endings).toEqual([]);
});

it('a stuck reader does not make the poller grow', { timeout: 120_000 }, async () => {
  const { poller, deliver } = await logging('>(tail -f --pid=$$ /dev/null)');
  const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${poller.pid}/status`, 'utf8'))?.[1]);
  // The heap takes its size with the first thousands, whoever reads.
  for (let n = 0; n < 20; n++) await deliver(200);
  const before = resident();
  for (let n = 0; n < 20; n++) await deliver(200);
  // Each message logs several hundred bytes; kept, they would be megabytes. What else a poller takes stays within this.
  expect(resident() - before).toBeLessThan(40_000);
});

it.each([
  ['kapso-whatsapp-cli', ['--help']],
  ['kapso-whatsapp-cli', ['config', 'schema']],
  ['kapso-whatsapp-poller', ['--help']],
  ['kapso-whatsapp-poller', ['--check-config']],
])('%s %j ends quietly when its reader has gone', async (program, args) => {
  const stage = createStage();
  const bundle = join(import.meta.dirname, `../../dist/${program}.cjs`);
  const child = spawn('bash', ['-c', 'set -o pipefail; "$@" | true', 'bash', process.execPath, bundle, ...args], {
    env: { ...stage.env, KAPSO_BASE_URL: 'http://127.0.0.1:1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', data => (said += data));
  const [code] = await once(child, 'close');
  expect({ code, said }).toEqual({ code: 0, said: '' });
});

it.each([
  ['kapso-whatsapp-cli', ['config', 'schema']],
  ['kapso-whatsapp-poller', ['--check-config']],
])('%s %j says that its output has no place, and no stack trace', async (program, args) => {
  const stage = createStage();
  const bundle = join(import.meta.dirname, `../../dist/${program}.cjs`);
  const child = spawn('bash', ['-c', 'exec "$@" > /dev/full', 'bash', process.execPath, bundle, ...args], {
    env: stage.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', data => (said += data));
  const [code] = await once(child, 'close');
  expect(code).toBe(75);
  expect(said).toMatch(/standard output cannot be written: ENOSPC/);
  const lines = said.trim().split('\n');
  expect(lines.filter(line => !line.startsWith('More: '))).toHaveLength(1);
});
