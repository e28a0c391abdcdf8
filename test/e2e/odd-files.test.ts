import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createStage, type Stage } from './programs.ts';

/** A pipe that nobody writes to stops whoever opens it; a device has no end. */
const kinds: [string, (path: string) => void][] = [
  ['a pipe', path => void execFileSync('mkfifo', ['-m', '600', path])],
  ['a device', path => symlinkSync('/dev/zero', path)],
];

function withFile(name: string, make: (path: string) => void): Stage {
  const stage = createStage();
  mkdirSync(stage.stateDir, { mode: 0o700 });
  make(join(stage.stateDir, name));
  return stage;
}

describe.each(kinds)('%s in the state directory', (_kind, make) => {
  it.each(['status.json', 'last-poll', 'first-start', 'poller.pid', 'webhook-registration.json', 'device-token.json'])(
    'called %s does not stop the poller from starting and ending well',
    async name => {
      const stage = withFile(name, make);
      await stage.startKapso();
      await stage.startGateway();
      const poller = stage.poller({ KAPSO_GATEWAY_IDENTITY: 'always' });
      await poller.start();
      await poller.says('Connected to the gateway');
      expect(await poller.end()).toMatchObject({ code: 0 });
      if (name === 'status.json') expect(statSync(join(stage.stateDir, name)).isFile()).toBe(true);
    },
  );

  it.each([
    ['status.json', ['status']],
    ['poller.pid', ['status']],
    ['webhook-secret', ['config', 'check']],
    ['webhook-secret.new', ['webhook', 'register', '--url', 'https://example.com/webhook']],
    ['inbox.sqlite', ['inbox', 'list']],
    ['poller.lock', ['status']],
  ])('called %s does not hang `%s`', async (name, args) => {
    const stage = withFile(name, make);
    const { code, stdout, stderr } = await stage.run('cli', args, {
      KAPSO_MODE: 'domain',
      KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify',
      KAPSO_BASE_URL: 'http://127.0.0.1:9',
    });
    expect([64, 69, 75, 78]).toContain(code);
    expect(stdout + stderr).not.toContain('a defect in this program');
    if (code !== 69 || stdout === '') expect(stderr).toContain(name.replace('.new', ''));
  });

  it('called webhook-secret is named by the poller, which does not start: deliveries were signed once', async () => {
    const stage = withFile('webhook-secret', make);
    await stage.startKapso();
    const { code, stderr } = await stage.run('poller', [], {
      KAPSO_MODE: 'domain',
      KAPSO_WEBHOOK_VERIFY_TOKEN: 'verify',
      KAPSO_WEBHOOK_ADDR: '127.0.0.1:0',
    });
    expect(code).toBe(78);
    expect(stderr).toContain('webhook-secret');
    expect(stderr).toContain('only regular files are read');
  });
});

describe.each(kinds)('%s in the place of a file that is named', (_kind, make) => {
  it.each(['KAPSO_API_KEY_FILE', 'KAPSO_WEBHOOK_SECRET_FILE', 'OPENCLAW_TOKEN_FILE', 'KAPSO_CONFIG'])(
    'by %s ends both programs with 78 and the reason',
    async variable => {
      const stage = createStage();
      const path = join(stage.dir, 'odd.yaml');
      make(path);
      const env = { [variable]: path, ...(variable !== 'KAPSO_CONFIG' && { [variable.replace('_FILE', '')]: '' }) };
      for (const [program, args] of [
        ['poller', []],
        ['cli', ['config', 'check']],
      ] as const) {
        const { code, stderr } = await stage.run(program, [...args], env);
        expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining('only regular files are read') });
        expect(stderr).toContain(path);
      }
    },
  );
});
