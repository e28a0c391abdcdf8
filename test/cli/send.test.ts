import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type Answer,
  type ApiServer,
  accepted,
  account,
  apiKey,
  bundle,
  runCli,
  startApi,
  startCli,
} from './program.ts';

const to = '+15551234567';
let server: ApiServer | null = null;

async function api(answer: (post: number) => Answer | null = accepted): Promise<ApiServer> {
  server = await startApi(answer);
  return server;
}

afterEach(async () => {
  await server?.close();
  server = null;
});

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/kapso', `${name}.json`), 'utf8'));

const sendWith = async (kapso: ApiServer, args: string[], stdin?: string | Buffer) =>
  runCli(['send', ...args], { env: account(kapso), ...(stdin === undefined ? {} : { stdin }) });

describe('kapso-whatsapp-cli send', () => {
  test('sends the text and prints the id of the message', async () => {
    const kapso = await api();
    expect(await sendWith(kapso, ['--to', to, '--text', 'Hello'])).toEqual({
      code: 0,
      stdout: 'wamid.OUT1\n',
      stderr: '',
    });
    expect(kapso.posts).toHaveLength(1);
    expect(kapso.posts[0]).toMatchObject({
      path: '/meta/whatsapp/v24.0/647000000000001/messages',
      headers: { 'x-api-key': apiKey, 'user-agent': expect.stringMatching(/^kapso-whatsapp\/\d+\.\d+\.\d+$/) },
      body: { to, type: 'text', text: { body: 'Hello' } },
    });
  });

  test.each([
    ['quotes around it', '"Hello"'],
    ['a backslash and an n', 'one\\ntwo'],
    ['a list', '- one\n- two'],
    ['an option', '--json'],
    ['help', '--help'],
    ['a number', '007'],
    ['an equals sign', '--to=+4915112345678'],
    ['emoji and line breaks', '👩‍👩‍👧 a\n\n b '],
  ])('sends a text with %s as it is', async (_, text) => {
    const kapso = await api();
    for (const args of [
      ['--to', to, '--text', text],
      [`--text=${text}`, `--to=${to}`],
      ['--to', to, '--', text],
    ]) {
      expect(await sendWith(kapso, args)).toMatchObject({ code: 0, stderr: '' });
    }
    expect(kapso.posts.map(({ body }) => body.text)).toEqual([{ body: text }, { body: text }, { body: text }]);
  });

  test('takes the text as a word, or from standard input without the line breaks at its end', async () => {
    const kapso = await api();
    await sendWith(kapso, ['--to', to, 'Hello there']);
    await sendWith(kapso, ['--to', to, '-'], ' Grüße\n\nAda\n\n');
    await sendWith(kapso, ['--to', to, '--text', '-'], 'x\r\n');
    expect(kapso.posts.map(({ body }) => body.text)).toEqual([
      { body: 'Hello there' },
      { body: ' Grüße\n\nAda' },
      { body: 'x' },
    ]);
  });

  test.each([
    ['Done.\n\nNO_REPLY', 'Done.', /without NO_REPLY, which is for your gateway/, ['NO_REPLY']],
    [
      '[[reply_to_current]] Hello\nMEDIA:/tmp/a.png',
      'Hello',
      /The file was not sent: that goes with --image/,
      ['[[reply_to_current]]', 'MEDIA:/tmp/a.png'],
    ],
  ])(
    'leaves the words of the gateway out of %j, whatever way it comes in, and says so',
    async (text, body, said, leftOut) => {
      const kapso = await api();
      const ways: [string[], string?][] = [[['--text', text]], [[text]], [['-'], text], [['--text', '-'], `${text}\n`]];
      for (const [args, stdin] of ways) {
        const ended = await sendWith(kapso, ['--to', to, ...args], stdin);
        expect(ended).toMatchObject({ code: 0, stderr: expect.stringMatching(said) });
      }
      const json = await sendWith(kapso, ['--to', to, '--json', text]);
      expect(json).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(json.stdout)).toMatchObject({ leftOut });
      expect(kapso.posts.map(post => post.body.text)).toEqual(Array(5).fill({ body }));
    },
  );

  test('refuses a word of the gateway from standard input, too', async () => {
    const kapso = await api();
    expect(await sendWith(kapso, ['--to', to, '-'], 'NO_REPLY\n')).toMatchObject({ code: 64, stdout: '' });
    expect(kapso.posts).toEqual([]);
  });

  test('takes a number written with separators, and a user id, which goes into a field of its own', async () => {
    const kapso = await api();
    await sendWith(kapso, ['--to', '+1 (555) 123-45.67', 'a']);
    await sendWith(kapso, ['--to', 'US.13491208655302741918', 'b']);
    expect(kapso.posts.map(({ body }) => [body.to, body.recipient])).toEqual([
      [to, undefined],
      [undefined, 'US.13491208655302741918'],
    ]);
  });

  test('sends a long text in parts, in order, and prints their ids', async () => {
    const kapso = await api();
    const text = Array.from({ length: 1200 }, (_, i) => `word${i}`).join(' ');
    const plain = await sendWith(kapso, ['--to', to, '-'], text);
    expect(plain).toEqual({ code: 0, stdout: 'wamid.OUT1\nwamid.OUT2\nwamid.OUT3\n', stderr: '' });
    const bodies = kapso.posts.map(({ body }) => (body.text as { body: string }).body);
    expect(bodies.join(' ')).toBe(text);

    const json = await sendWith(kapso, ['--to', to, '--json', '-'], text);
    expect(JSON.parse(json.stdout)).toEqual({
      to,
      messages: [4, 5, 6].map((post, at) => ({ id: `wamid.OUT${post}`, part: at + 1 })),
    });
  });

  test('puts Markdown into the form of WhatsApp with --markdown, before it is split, and only with it', async () => {
    const kapso = await api();
    const markdown = '## Prices\n**Table**: [menu](https://example.org/m)\n';
    for (const args of [['--markdown', markdown], ['--markdown', '-'], ['-']])
      expect(await sendWith(kapso, ['--to', to, ...args], markdown)).toMatchObject({ code: 0, stderr: '' });
    const written = '*Prices*\n*Table*: menu (https://example.org/m)';
    expect(kapso.posts.map(({ body }) => body.text)).toEqual([
      { body: written },
      { body: written },
      { body: markdown.trim() },
    ]);
    await sendWith(kapso, ['--to', to, '--markdown', `**${'word '.repeat(1000)}end**`]);
    const bodies = kapso.posts.slice(3).map(({ body }) => (body.text as { body: string }).body);
    expect(bodies.map(body => [body.slice(0, 5), body.slice(-1)])).toEqual([
      ['*word', '*'],
      ['*word', '*'],
    ]);
    expect(await sendWith(kapso, ['--to', to, '--markdown', '<!-- nothing -->'])).toMatchObject({ code: 64 });
  });

  test('stops at the first part that fails, and says which went out', async () => {
    const refusal: Answer = { status: 400, body: fixture('error-meta-131026-undeliverable') };
    const kapso = await api(post => (post % 3 === 2 ? refusal : accepted(post)));
    const text = 'x'.repeat(9000);
    const plain = await sendWith(kapso, ['--to', to, '-'], text);
    expect(plain).toMatchObject({ code: 69, stdout: 'wamid.OUT1\n' });
    expect(plain.stderr).toMatch(/part 2 of 3 was not sent: .*131026.* Part 1 was sent\. More: .*\n$/);
    expect(kapso.posts).toHaveLength(2);

    await server?.close();
    const again = await api(post => (post === 2 ? refusal : accepted(post)));
    const json = await sendWith(again, ['--to', to, '--json', '-'], text);
    expect(json.stderr).toBe('');
    expect(JSON.parse(json.stdout)).toMatchObject({
      error: { code: 'KAPSO_REFUSED', metaCode: 131026, httpStatus: 400 },
      exitCode: 69,
      to,
      parts: 3,
      failedPart: 2,
      messages: [{ id: 'wamid.OUT1', part: 1 }],
    });
  });

  const refusals: [string, number, number, RegExp][] = [
    ['error-meta-131047-reengagement', 400, 69, /131047.*24.hour window/],
    ['error-meta-131026-undeliverable', 400, 69, /131026/],
    ['error-meta-131030-not-in-allowed-list', 400, 69, /131030/],
    ['error-meta-100-invalid-parameter', 400, 69, /100/],
    ['error-kapso-404', 404, 69, /configuration not found/],
    ['error-kapso-422', 422, 69, /Url must be https/],
    ['error-kapso-401', 401, 77, /Invalid or missing API key/],
    ['error-meta-190-token', 401, 77, /190/],
    ['error-kapso-429', 429, 75, /Rate limit exceeded/],
    ['error-meta-130429-throughput', 400, 75, /130429/],
    ['error-meta-131056-pair-rate', 400, 75, /131056/],
    ['error-kapso-409-in-flight', 409, 75, /in flight/],
    ['error-kapso-504', 504, 75, /may have been sent/],
  ];
  test.each(refusals)('says what %s (HTTP %i) means and exits with %i', async (name, status, code, message) => {
    const kapso = await api(() => ({ status, body: fixture(name) }));
    const ended = await sendWith(kapso, ['--to', to, '--wait', '0', 'Hello']);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).toMatch(/^kapso-whatsapp-cli: [^\n]+\n$/);

    const json = await sendWith(kapso, ['--to', to, '--wait', '0', '--json', 'Hello']);
    expect(json).toMatchObject({ code, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ exitCode: code, messages: [] });
  });

  test('exits with 69 when Kapso cannot be reached, and says that nothing was sent', async () => {
    const kapso = await api();
    await kapso.close();
    server = null;
    const ended = await sendWith(kapso, ['--to', to, '--wait', '0', 'Hello']);
    expect(ended.code).toBe(69);
    expect(ended.stderr).toMatch(/Nothing was sent/);
  });

  test('never prints the key, even if the answer has it', async () => {
    const kapso = await api(() => ({ status: 401, body: { error: `The key ${apiKey} is unknown` } }));
    for (const form of [[], ['--json']]) {
      const ended = await sendWith(kapso, ['--to', to, ...form, 'Hello']);
      expect(ended.code).toBe(77);
      expect(ended.stdout + ended.stderr).not.toContain(apiKey);
      expect(ended.stdout + ended.stderr).toContain('[secret]');
    }
  });

  const wrong: [string, string[], RegExp][] = [
    ['no recipient', ['--text', 'x'], /no recipient/],
    ['no text', ['--to', to], /no text/],
    ['an empty text', ['--to', to, '--text', ''], /the text is empty/],
    ['a blank text', ['--to', to, ' \n'], /the text is empty/],
    ['empty standard input', ['--to', to, '-'], /the text is empty/],
    ['two ways of text', ['--to', to, '--text', 'a', 'b'], /2 texts/],
    ['a text that is not in quotes', ['--to', to, 'hello', 'there'], /2 texts/],
    ['a recipient twice', ['--to', to, '--to', '+1 555 123 4567', 'x'], /\+15551234567 is named twice/],
    ['a text twice', ['--to', to, '--text', 'x', '--text', 'y'], /--text is given more than once/],
    ['an option without its value', ['x', '--to'], /--to/],
    ['an unknown option', ['--to', to, '--txt', 'x'], /unknown option '--txt'/],
    ['a number without +', ['--to', '15551234567', 'x'], /no \+ and country code.*\+15551234567/],
    ['a number with (0)', ['--to', '+49 (0) 151 12345678', 'x'], /\(0\)/],
    ['a number that begins with 0', ['--to', '+0151123456', 'x'], /no \+ and country code/],
    ['a number that is too short', ['--to', '+123456', 'x'], /not a WhatsApp address/],
    ['a number that is too long', ['--to', '+1234567890123456', 'x'], /not a WhatsApp address/],
    ['digits of another script', ['--to', '+١٥٥٥١٢٣٤٥٦٧', 'x'], /digits 0 to 9.*Write it as \+15551234567/],
    ['a word of the gateway', ['--to', to, 'NO_REPLY'], /NO_REPLY tells your gateway.*do not run this command/],
    ['a file for the gateway', ['--to', to, 'MEDIA:/tmp/a.png'], /"?MEDIA:\/tmp\/a\.png.*sent with --image/],
    ['a name', ['--to', 'Ada', 'x'], /not a WhatsApp address/],
    ['a wait that is no number', ['--to', to, '--wait', '1m', 'x'], /--wait/],
    ['a text of a whole book', ['--to', to, 'x'.repeat(65_537)], /65537 characters/],
  ];
  test.each(wrong)('refuses %s with 64 and sends nothing', async (_, args, message) => {
    const kapso = await api();
    const ended = await sendWith(kapso, args);
    expect(ended).toMatchObject({ code: 64, stdout: '' });
    expect(ended.stderr).toMatch(message);
    const json = await sendWith(kapso, ['--json', ...args]);
    expect(json).toMatchObject({ code: 64, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ exitCode: 64 });
    expect(kapso.posts).toEqual([]);
  });

  test.each([
    ['SEND_RECIPIENT_INVALID', ['--to', 'Ada', 'x']],
    ['SEND_RECIPIENT_INVALID', ['--to', '15551234567', 'x']],
    ['SEND_TEXT_EMPTY', ['--to', to, ' ']],
    ['USAGE', ['--to', to]],
  ])('has with --json the code %s for %j', async (code, args) => {
    const { stdout } = await sendWith(await api(), ['--json', ...args]);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code }, exitCode: 64 });
  });

  test('refuses standard input that is not UTF-8 or has no end in sight', async () => {
    const kapso = await api();
    expect(await sendWith(kapso, ['--to', to, '-'], Buffer.from([0x61, 0xff]))).toMatchObject({ code: 64 });
    expect(await sendWith(kapso, ['--to', to, '-'], Buffer.alloc(300_000, 0x61))).toMatchObject({ code: 64 });
    expect(kapso.posts).toEqual([]);
  });

  test('exits with 78 when the configuration is wrong', async () => {
    const ended = await runCli(['send', '--to', to, 'x'], { env: { KAPSO_PHONE_NUMBER_ID: '1' } });
    expect(ended.code).toBe(78);
    expect(ended.stderr).toContain('KAPSO_API_KEY');
  });

  test('takes its configuration from the file that --config names', async () => {
    const kapso = await api();
    const dir = await mkdtemp(join(tmpdir(), 'kapso-cli-'));
    const file = join(dir, 'mine.yaml');
    const number = '"647000000000002"';
    await writeFile(file, `kapso:\n  apiKey: ${apiKey}\n  phoneNumberId: ${number}\n  baseUrl: ${kapso.url}\n`, {
      mode: 0o600,
    });
    expect(await runCli(['send', '--to', to, '--config', file, 'Hello'])).toMatchObject({ code: 0 });
    expect(kapso.posts[0]?.path).toContain('/647000000000002/');
    await rm(dir, { recursive: true });
  });

  test('counts a message as sent though nobody reads its id', async () => {
    let release = () => {};
    const gone = new Promise<void>(resolve => {
      release = resolve;
    });
    const kapso = await api(accepted);
    const child = startCli(['send', '--to', to, '-'], account(kapso));
    child.stdout.destroy();
    child.stdout.once('close', release);
    await gone;
    child.stdin.end('x'.repeat(9000));
    const [stderr, [code]] = await Promise.all([readAll(child.stderr), once(child, 'close')]);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(kapso.posts).toHaveLength(3);
  });

  test.skipIf(!existsSync('/dev/full'))(
    'does not take a full disk behind its output for a message that was not sent',
    async () => {
      const kapso = await api();
      const full = await open('/dev/full', 'w');
      const child = spawn(process.execPath, [bundle, 'send', '--to', to, 'Hello'], {
        env: { ...account(kapso), HOME: '/nonexistent' },
        stdio: ['ignore', full.fd, 'pipe'],
      });
      const [stderr, [code]] = await Promise.all([
        readAll(child.stderr as NodeJS.ReadableStream),
        once(child, 'close'),
      ]);
      await full.close();
      expect(code).toBe(0);
      expect(stderr).toContain('sent, but the id could not be printed');
    },
  );

  test('says at a signal that nothing was sent, while Kapso is not reached yet', async () => {
    // Takes connections, and never completes TLS.
    const mute = createServer();
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const url = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const child = startCli(['send', '--to', to, 'Hello'], account({ url }));
    const said = Promise.all([readAll(child.stdout), readAll(child.stderr), once(child, 'close')]);
    const [socket] = await once(mute, 'connection');
    child.kill('SIGTERM');
    const [stdout, stderr, [code]] = await said;
    expect({ code, stdout }).toEqual({ code: 143, stdout: '' });
    expect(stderr).toContain('kapso-whatsapp-cli: interrupted by SIGTERM; the message was not sent.');
    socket.destroy();
    mute.close();
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('says at %s what was sent and what may have been', async (signal, expected) => {
    let posted = () => {};
    const reached = new Promise<void>(resolve => {
      posted = resolve;
    });
    const kapso = await api(post => {
      if (post === 1) return accepted(post);
      posted();
      return null;
    });
    const child = startCli(['send', '--to', to, '-'], account(kapso));
    child.stdin.end('x'.repeat(5000));
    const said = Promise.all([readAll(child.stdout), readAll(child.stderr), once(child, 'close')]);
    await reached;
    child.kill(signal);
    const [stdout, stderr, [code]] = await said;
    expect(code).toBe(expected);
    expect(stdout).toBe('wamid.OUT1\n');
    expect(stderr).toMatch(/part 2 of 2 may or may not have been sent: interrupted by SIG.*Part 1 was sent\./);
  });
});
