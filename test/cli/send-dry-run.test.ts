import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { accepted, account, apiKey, runCli, startApi } from './program.ts';

async function dryRun(args: string[]) {
  const server = await startApi(accepted);
  const stateDir = mkdtempSync(join(tmpdir(), 'send-dry-run-'));
  onTestFinished(async () => {
    await server.close();
    rmSync(stateDir, { recursive: true });
  });
  const env = { ...account(server), KAPSO_STATE_DIR: stateDir };
  const shown = await runCli(['send', '--dry-run', ...args], { env });
  // Neither a request nor a mark of one.
  expect(server.posts).toEqual([]);
  expect(existsSync(join(stateDir, 'sends'))).toBe(false);
  expect(shown.stdout + shown.stderr).not.toContain(apiKey);
  const sent = await runCli(['send', ...args], { env });
  return { ...shown, sent, posts: server.posts, url: server.url };
}

test.each([
  ['a text', ['--to', '+15551234567', 'Hello']],
  ['a long text for two', ['--to', '+15551234567', '--to', 'US.13491208655302741918', 'x'.repeat(9000)]],
  ['a text for a group', ['--group', 'Y2Fw=', 'Hello']],
  ['buttons', ['--to', '+15551234567', '--text', 'Shall we?', '--buttons', 'Yes|No']],
  ['a reaction', ['--to', '+15551234567', '--react', '👍', '--to-message', 'wamid.A']],
])('--dry-run shows of %s the requests that are sent without it, and sends nothing', async (_, args) => {
  const { code, stdout, stderr, sent, posts, url } = await dryRun(args);
  expect({ code, stderr, sent: sent.code }).toEqual({ code: 0, stderr: '', sent: 0 });
  const requests = posts.map(({ path, body: { biz_opaque_callback_data: _mark, ...body } }) => ({
    ...{ method: 'POST', url: `${url}${path}`, body },
  }));
  expect(JSON.parse(stdout)).toEqual({ dryRun: true, requests });
});

test('--dry-run refuses what would be refused, and says which words would be left out', async () => {
  const wrong = await dryRun(['--to', '+15551234567', '--text', 'Shall we?', '--buttons', 'a|b|c|d']);
  expect(wrong).toMatchObject({ code: 64, stdout: '' });
  const words = await dryRun(['--to', '+15551234567', 'Done.\n\nNO_REPLY']);
  expect(words.stderr).toContain('would be sent without NO_REPLY');
  expect(JSON.parse(words.stdout)).toMatchObject({ leftOut: ['NO_REPLY'] });
});

test('--dry-run needs no network, and prints one line with --json', async () => {
  const env = { KAPSO_API_KEY: 'a-key-of-many-characters', KAPSO_PHONE_NUMBER_ID: '647000000000001' };
  const { code, stdout } = await runCli(['send', '--to', '+15551234567', '--dry-run', '--json', 'Hello'], { env });
  expect({ code, lines: stdout.split('\n').length }).toEqual({ code: 0, lines: 2 });
  const { url } = JSON.parse(stdout).requests[0];
  expect(url).toBe('https://api.kapso.ai/meta/whatsapp/v24.0/647000000000001/messages');
});
