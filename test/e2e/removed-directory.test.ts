import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { account, startApi } from '../cli/program.ts';

const dist = join(import.meta.dirname, '../../dist');

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'kapso-removed-'));
});
afterEach(() => rm(home, { recursive: true }));

/** Runs a program in a directory that is removed before it starts. */
async function runWithoutDirectory(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const script = 'mkdir "$0/gone" && cd "$0/gone" && rmdir "$0/gone" && exec "$@"';
  const child = spawn('sh', ['-c', script, home, process.execPath, join(dist, program), ...args], {
    env: { PATH: process.env.PATH, HOME: home, KAPSO_STATE_DIR: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

describe('in a working directory that was removed', () => {
  test('the agent can send', async () => {
    const api = await startApi(() => ({ body: { messages: [{ id: 'wamid.1' }] } }));
    const send = ['send', '--to', '+15551234567', '--text', 'Hello'];
    const sent = await runWithoutDirectory('kapso-whatsapp-cli.cjs', send, account(api));
    expect(sent).toMatchObject({ code: 0, stdout: 'wamid.1\n' });
    await api.close();
  });

  test('every other command works as well', async () => {
    const { code, stderr } = await runWithoutDirectory('kapso-whatsapp-cli.cjs', ['inbox', 'list']);
    expect(stderr).toContain('there is no inbox');
    expect(code).toBe(69);
  });

  test('the poller says what is missing in its configuration', async () => {
    const { code, stderr } = await runWithoutDirectory('kapso-whatsapp-poller.cjs', ['--check-config']);
    expect(stderr).toContain('KAPSO_API_KEY');
    expect(code).toBe(78);
  });
});
