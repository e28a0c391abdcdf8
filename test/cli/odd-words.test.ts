import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/store/open.ts';
import { runCli } from './program.ts';

let dir: string;
const before = process.cwd();
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kapso-cli-'));
});
afterEach(async () => {
  process.chdir(before);
  await rm(dir, { recursive: true });
});

test.each([
  ['a word', ['fo\no\u001b[2J']],
  ['an option', ['status', '--fo\no\u001b]0;x\u0007=1']],
  ['a state directory', ['inbox', 'list', '--state-dir', '/nowhere\n\u001b[2J']],
])('control characters of %s do not reach the terminal', async (_, args) => {
  const { code, stderr } = await runCli(args);
  expect(code).toBeGreaterThan(0);
  expect(stderr.trimEnd()).not.toMatch(/\p{Cc}/u);
});

test('the value of an option that is not known is not repeated: it may be a secret', async () => {
  const { code, stderr } = await runCli(['inbox', 'list', '--api-key=sk_live_123456']);
  expect(code).toBe(64);
  expect(stderr).toContain('there is no option --api-key.');
  expect(stderr).not.toContain('sk_live_123456');
});

test.each(['', ' '])(
  'the state directory %j, which a variable that is not set gives, is not the present one',
  async named => {
    const store = await openStore({ dir, clock: systemClock });
    await store.accept([{ id: 'wamid.abcdefgh', account: '106540352242922', lane: 'l', occurredAt: 1, body: '{}' }]);
    process.chdir(dir);
    const terminal = {
      out: () => true,
      err: () => undefined,
      input: () => Promise.resolve(''),
      onInterrupt: () => () => undefined,
      outIsSeen: () => false,
      width: () => null,
      screen: () => null,
      exit: (): never => {
        throw new Error('ended');
      },
    };
    const code = await run(['inbox', 'drop', 'wamid.abcdefgh', '--state-dir', named], terminal, {
      env: {},
      home: dir,
      secrets: new Set(),
    });
    expect(code).toBe(64);
    expect((await store.get('wamid.abcdefgh'))?.state).toBe('pending');
    await store.close();
  },
);
