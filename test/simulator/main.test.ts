import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runSimulator, startSimulator } from './child.ts';
import { kapsoClient } from './kapso-client.ts';

const program = join(import.meta.dirname, '../../src/simulator/main.ts');
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'simulator-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const client = (url: string) => kapsoClient({ url, apiKey: 'key', phoneNumberId: '1' });
const args = () => ['kapso', '--state', join(dir, 'kapso.jsonl'), '--api-key', 'key', '--phone-number-id', '1'];

describe('simulator kapso', () => {
  it('has everything it confirmed after SIGKILL at any time', async () => {
    const first = await startSimulator(args());
    const { inbound, text, send, request, sim } = client(first.url);
    const confirmed: string[] = [];
    // The process is killed while messages are on their way: what was confirmed by then must be there.
    const flood = Array.from({ length: 200 }, (_, n) =>
      inbound({ text: `${n}` }).then(
        ids => confirmed.push(...ids),
        () => {},
      ),
    );
    await Promise.race([flood[50], flood[199]]);
    const sent = (await text('+15551234567', 'out')).body.messages[0].id;
    await send({ status: 'read', message_id: confirmed[0] });
    const webhooks = '/platform/v1/whatsapp/phone_numbers/1/webhooks';
    const whatsapp_webhook = { url: 'http://127.0.0.1:9/', events: ['whatsapp.message.delivered'] };
    await request('POST', webhooks, { whatsapp_webhook });
    expect((await sim('GET', 'state')).status).toBe(200);
    expect(await first.stop('SIGKILL')).toBe('SIGKILL');
    await Promise.all(flood);
    expect(confirmed.length).toBeGreaterThan(0);

    const second = await startSimulator(args());
    const again = client(second.url);
    for (const id of confirmed) {
      expect((await again.request('GET', `${again.messages}/${encodeURIComponent(id)}`)).status).toBe(200);
    }
    expect((await again.sim('GET', 'sent')).body.sent).toMatchObject([{ id: sent, text: 'out' }]);
    expect((await again.sim('GET', 'read')).body.read).toMatchObject([{ messageId: confirmed[0] }]);
    expect((await again.request('GET', webhooks)).body.data).toHaveLength(1);
    expect((await again.sim('GET', 'wait?for=sent&count=1&timeout=0')).status).toBe(200);
    expect(await second.stop('SIGTERM')).toBe(0);
  });

  it('ends with its standard input when it is told to', async () => {
    const child = await startSimulator(['kapso']);
    child.process.stdin?.end();
    expect(await child.exit).toBe(0);
  });
});

describe('the command line', () => {
  it('has help', async () => {
    const { code, stdout } = await runSimulator(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('simulator gateway');
  });

  it.each([
    [[], 'say which'],
    [['other'], 'say which'],
    [['kapso', '--nope'], '--nope'],
    [['kapso', '--port', 'x'], '--port'],
    [['kapso', '--order', 'random'], '--order'],
    [['gateway', '--token', ''], 'token'],
    [['gateway', '--token', 't', '--reply', 'cli'], '--cli'],
    [['gateway', '--token', 't', '--reply', 'in-turn'], '--cli'],
    [['gateway', '--token', 't', '--reply', 'magic'], '--reply'],
  ])('refuses %j with 64 and says why', async (wrong, why) => {
    const { code, stdout, stderr } = await runSimulator(wrong);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain(why);
  });

  it.each(['kapso', 'gateway'])('says of %s that its port is taken, in a sentence', async which => {
    const first = await startSimulator(args());
    const { code, stdout, stderr } = await runSimulator([which, '--token', 't', '--port', String(first.port)]);
    expect([code, stdout]).toEqual([75, '']);
    expect(stderr).toBe(
      `simulator: another program, or another simulator, listens on port ${first.port} already. End it, or take another --port.\n`,
    );
    await first.stop('SIGTERM');
  });
});

describe('simulator keep', () => {
  const script = `
    process.on('SIGTERM', () => { console.log('told'); process.exit(3); });
    console.log('up');
    setInterval(() => {}, 1000);
  `;

  it('ends the command when its own standard input ends, and exits as the command did', async () => {
    const child = spawn(process.execPath, [program, 'keep', '--', process.execPath, '-e', script], { stdio: 'pipe' });
    const output = createInterface(child.stderr);
    await once(output, 'line');
    child.stdin.end();
    expect(await once(output, 'line')).toEqual(['told']);
    expect((await once(child, 'exit'))[0]).toBe(3);
  });
});
