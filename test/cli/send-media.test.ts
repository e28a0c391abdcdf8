import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readMarks } from '../../src/state/send-marks.ts';
import {
  type Answer,
  type ApiAnswers,
  type ApiServer,
  accepted,
  account,
  runCli,
  startApi,
  startCli,
} from './program.ts';

const to = '+15551234567';
const media = (name: string) => join(import.meta.dirname, '../fixtures/media', name);
let answers: ApiAnswers = {};
let kapso: ApiServer;
let dir = '';

beforeEach(async () => {
  answers = {};
  kapso = await startApi(accepted, { upload: upload => (answers.upload ?? uploaded)(upload) });
  dir = mkdtempSync(join(tmpdir(), 'kapso-send-media-'));
});
afterEach(async () => {
  await kapso.close();
  rmSync(dir, { recursive: true });
});

const uploaded = (upload: number): Answer => ({ body: { id: `media-${upload}` } });
const environment = (more: Record<string, string> = {}) => ({
  ...account(kapso),
  KAPSO_STATE_DIR: join(dir, 'state'),
  ...more,
});
const send = (args: readonly string[], more: Record<string, string> = {}, stdin = '') =>
  runCli(['send', '--to', to, ...args], { env: environment(more), stdin });
/** The messages that went out: their type, and what stands in the field of it. */
const sent = () => kapso.posts.map(({ body }) => [body.type, body[String(body.type)]]);
/** Everything that was asked for. */
const asked = () => [...kapso.posts, ...kapso.uploads, ...kapso.reads];

describe('a file', () => {
  test.each([
    ['image', 'picture.png', ['--caption', 'Our shop'], 'image', { caption: 'Our shop' }, 'image/png', 'image.png'],
    ['video', 'h264-aac.mp4', ['--caption', 'A\nfilm'], 'video', { caption: 'A\nfilm' }, 'video/mp4', 'video.mp4'],
    ['audio', 'mp3.mp3', [], 'audio', {}, 'audio/mpeg', 'audio.mp3'],
    ['voice', 'opus-mono.ogg', [], 'audio', { voice: true }, 'audio/ogg; codecs=opus', 'voice.ogg'],
    ['document', 'picture.jpg', [], 'document', { filename: 'picture.jpg' }, 'image/jpeg', 'picture.jpg'],
    [
      'document',
      'picture.jpg',
      ['--filename', 'Shop.jpg', '--caption', 'x'],
      'document',
      { filename: 'Shop.jpg', caption: 'x' },
      'image/jpeg',
      'picture.jpg',
    ],
    ['sticker', 'sticker.webp', [], 'sticker', {}, 'image/webp', 'sticker.webp'],
  ])(
    'sent with --%s (%s %j) is uploaded and named by its id',
    async (option, name, more, type, fields, mimeType, uploadedAs) => {
      expect(await send([`--${option}`, media(name), ...more])).toEqual({
        code: 0,
        stdout: expect.stringMatching(/^wamid\.\S+\n$/),
        stderr: '',
      });
      expect(kapso.uploads).toEqual([{ mimeType, name: uploadedAs, size: readFileSync(media(name)).length }]);
      expect(sent()).toEqual([[type, { id: 'media-1', ...fields }]]);
    },
  );

  test('goes up once, whoever gets it', async () => {
    const ended = await send([
      '--to',
      '+15550104477',
      '--to',
      '+15550104478',
      '--image',
      media('picture.png'),
      '--json',
    ]);
    expect(JSON.parse(ended.stdout)).toEqual({
      results: [to, '+15550104477', '+15550104478'].map(one => ({
        to: one,
        messages: [{ id: expect.stringMatching(/^wamid\./), part: 1 }],
      })),
      exitCode: 0,
    });
    expect(kapso.uploads).toHaveLength(1);
    expect(sent()).toEqual(Array(3).fill(['image', { id: 'media-1' }]));
  });

  test('at an address is fetched by WhatsApp, and not uploaded', async () => {
    await send(['--image', 'https://example.org/a.png?x=1', '--caption', 'Hello']);
    await send(['--document', 'https://example.org/My%20bill.pdf']);
    await send(['--document', 'https://example.org/download?id=1']);
    await send(['--voice', 'https://example.org/a.ogg']);
    expect(sent()).toEqual([
      ['image', { link: 'https://example.org/a.png?x=1', caption: 'Hello' }],
      ['document', { link: 'https://example.org/My%20bill.pdf', filename: 'My bill.pdf' }],
      ['document', { link: 'https://example.org/download?id=1' }],
      ['audio', { link: 'https://example.org/a.ogg', voice: true }],
    ]);
    expect(kapso.uploads).toEqual([]);
  });

  test('may answer a message, and its caption may come from standard input', async () => {
    await send(['--image', media('picture.png'), '--caption', '-', '--reply-to', 'wamid.Q'], {}, 'Grüße\n');
    expect(sent()).toEqual([['image', expect.objectContaining({ caption: 'Grüße' })]]);
    expect(kapso.posts[0]?.body.context).toEqual({ message_id: 'wamid.Q' });
  });

  test('has no words of the gateway in its caption', async () => {
    const ended = await send(['--image', media('picture.png'), '--caption', 'Here.\nNO_REPLY', '--json']);
    expect(JSON.parse(ended.stdout)).toMatchObject({ leftOut: ['NO_REPLY'] });
    expect(sent()).toEqual([['image', expect.objectContaining({ caption: 'Here.' })]]);
    expect(await send(['--image', media('picture.png'), '--caption', 'NO_REPLY'])).toMatchObject({ code: 64 });
  });

  test('is shown by --dry-run with its upload, and nothing is asked for', async () => {
    const { stdout } = await send(['--voice', media('opus-mono.ogg'), '--dry-run']);
    expect(JSON.parse(stdout)).toMatchObject({
      uploads: [{ path: media('opus-mono.ogg'), mimeType: 'audio/ogg; codecs=opus', name: 'voice.ogg' }],
      requests: [{ body: { type: 'audio', audio: { id: 'ID-OF-THE-UPLOAD', voice: true } } }],
    });
    expect(asked()).toEqual([]);
  });
});

describe('what cannot be sent is refused before anything is uploaded', () => {
  const large = (name: string, size: number) => {
    const path = join(dir, name);
    copyFileSync(media(name), path);
    truncateSync(path, size);
    return path;
  };
  test.each<[string, () => readonly string[], RegExp]>([
    ['a type that Meta does not take', () => ['--voice', media('vorbis.ogg')], /with vorbis by its content.*ffmpeg/],
    ['a name that says another type', () => ['--image', media('picture.gif')], /is image\/gif by its content/],
    [
      'an image that is too large',
      () => ['--image', large('picture.png', 6e6)],
      /has 5\.8 MB, and Meta takes 5 MB.*not changed/,
    ],
    ['an empty path', () => ['--image', ''], /--image is empty/],
    ['no file', () => ['--image', join(dir, 'none.png')], /none\.png" is not there/],
    ['an http address', () => ['--image', 'http://example.org/a.png'], /begins with http:.*https:\/\/ addresses only/],
    ['a file address', () => ['--image', 'file:///etc/passwd'], /begins with file:.*without a scheme/],
    ['bytes in an address', () => ['--image', 'data:image/png;base64,AAAA'], /begins with data:/],
    ['an address with a password', () => ['--image', 'https://a:b@example.org/a.png'], /a user name or password in it/],
    ['an address of this machine', () => ['--image', 'https://localhost/a.png'], /names no public host/],
    ['an address in numbers', () => ['--image', 'https://127.0.0.1/a.png'], /names no public host/],
    ['an address in spelled numbers', () => ['--image', 'https://0x7f.1/a.png'], /names no public host/],
    ['an address of six', () => ['--image', 'https://[::1]/a.png'], /names no public host/],
    ['an address with blanks', () => ['--image', 'https://example.org/a b.png'], /is no address/],
    ['a broken address', () => ['--image', 'https://'], /is no address/],
    ['a caption of audio', () => ['--audio', media('mp3.mp3'), '--caption', 'x'], /--caption does not go with --audio/],
    [
      'a caption of a sticker',
      () => ['--sticker', media('sticker.webp'), '--caption', 'x'],
      /does not go with --sticker/,
    ],
    [
      'a caption that is too long',
      () => ['--image', media('picture.png'), '--caption', 'x'.repeat(1025)],
      /1025 characters/,
    ],
    [
      'a name of an image',
      () => ['--image', media('picture.png'), '--filename', 'a'],
      /--filename does not go with --image/,
    ],
    [
      'a name with a directory',
      () => ['--document', media('picture.png'), '--filename', 'a/b.png'],
      /the name alone: b\.png/,
    ],
    ['an empty name', () => ['--document', media('picture.png'), '--filename', ' '], /--filename is empty/],
    ['two files', () => ['--image', media('picture.png'), '--sticker', media('sticker.webp')], /both given/],
    ['a text beside it', () => ['--image', media('picture.png'), 'Hello'], /takes no text.*--caption/],
    ['a caption alone', () => ['--caption', 'x'], /goes with --image, --video or --document/],
  ])('%s', async (_, args, said) => {
    const ended = await send(args());
    expect(ended).toMatchObject({ stdout: '', stderr: expect.stringMatching(said) });
    expect([64, 69]).toContain(ended.code);
    expect(asked()).toEqual([]);
  });
});

describe('an agent sends files of its workspace only', () => {
  const agent = { OPENCLAW_SHELL: 'exec' };
  let home = '';
  beforeEach(() => {
    home = join(dir, 'home');
    for (const path of ['home/.openclaw/workspace', 'home/.ssh', 'state', 'shared'])
      mkdirSync(join(dir, path), { recursive: true });
    copyFileSync(media('picture.png'), join(home, '.openclaw/workspace/a.png'));
    copyFileSync(media('picture.png'), join(home, '.ssh/a.png'));
    copyFileSync(media('picture.png'), join(dir, 'shared/a.png'));
    writeFileSync(join(dir, 'state/inbox.txt'), 'secret');
  });
  const writeConfig = (text: string): string => {
    mkdirSync(join(home, '.config/kapso-whatsapp'), { recursive: true });
    const path = join(home, '.config/kapso-whatsapp/config.yaml');
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const asAgent = (args: readonly string[], more: Record<string, string> = {}) =>
    send(args, { ...agent, HOME: home, ...more });

  test('it is taken from there', async () => {
    expect(await asAgent(['--image', join(home, '.openclaw/workspace/a.png')])).toMatchObject({ code: 0 });
    expect(kapso.uploads).toHaveLength(1);
  });

  test.each([
    ['elsewhere', () => '/etc/passwd'],
    ['by steps up', () => join(home, '.openclaw/workspace/../../.ssh/a.png')],
    ['in the home directory', () => join(home, '.ssh/a.png')],
    [
      'behind a link',
      () => {
        symlinkSync('../../.ssh/a.png', join(home, '.openclaw/workspace/link.png'));
        return join(home, '.openclaw/workspace/link.png');
      },
    ],
  ])('not from %s', async (_, path) => {
    expect(await asAgent(['--document', path()])).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(
        /is outside the directories from which an agent may send\. Allowed are files below \S+workspace/,
      ),
    });
    expect(asked()).toEqual([]);
  });

  test('and from the directories that the operator sets, not from those that it sets itself', async () => {
    const path = join(dir, 'shared/a.png');
    const written = `media:\n  sendFrom: ["${join(dir, 'shared')}"]\n`;
    const own = join(home, '.openclaw/workspace/config.yaml');
    writeFileSync(own, written);
    expect(await asAgent(['--image', path, '--config', own])).toMatchObject({ code: 64 });
    expect(await asAgent(['--image', path], { KAPSO_CONFIG: own })).toMatchObject({ code: 64 });
    const variable = { KAPSO_MEDIA_SEND_FROM: join(dir, 'shared') };
    expect(await asAgent(['--image', path], variable)).toMatchObject({ code: 64 });
    expect(asked()).toEqual([]);
    writeConfig(written);
    expect(await asAgent(['--image', path])).toMatchObject({ code: 0 });
    expect(await asAgent(['--image', path], { KAPSO_MEDIA_SEND_FROM: dir })).toMatchObject({ code: 64 });
  });

  test('never the state directory or the configuration, wherever they are', async () => {
    const config = writeConfig(`media:\n  sendFrom: [${dir}, ${home}/.config]\n`);
    for (const path of [join(dir, 'state/inbox.txt'), config]) {
      expect(await asAgent(['--document', path])).toMatchObject({
        code: 64,
        stderr: expect.stringContaining("is one of this program's own files"),
      });
    }
    expect(await asAgent(['--image', join(dir, 'shared/a.png')])).toMatchObject({ code: 0 });
  });
});

describe('an upload that fails', () => {
  const image = ['--image', media('picture.png')];
  const refused: Answer = { status: 401, body: { error: 'Invalid or missing API key' } };

  test('is tried again while the fault passes, and the message is sent once', async () => {
    answers.upload = upload => (upload < 3 ? { status: 503, body: { error: 'down' } } : uploaded(upload));
    expect(await send(image)).toMatchObject({ code: 0, stderr: '' });
    expect(kapso.uploads).toHaveLength(3);
    expect(sent()).toEqual([['image', { id: 'media-3' }]]);
  });

  test('ends the send for all, with one reason, and leaves no doubt', async () => {
    answers.upload = () => refused;
    const ended = await send(['--to', '+15550104477', ...image]);
    expect(ended).toMatchObject({ code: 77, stdout: '' });
    expect(ended.stderr.match(/Invalid or missing API key/g)).toHaveLength(1);
    expect(ended.stderr).toContain('for that reason nothing was sent to +15550104477');
    const json = JSON.parse((await send([...image, '--json'])).stdout);
    expect(json).toMatchObject({ error: { code: 'KAPSO_UNAUTHORIZED' }, exitCode: 77, to, messages: [] });
    expect(kapso.posts).toEqual([]);
  });

  test('tells the poller that nothing was sent, whatever became of the file', async () => {
    mkdirSync(join(dir, 'state'));
    answers.upload = () => ({ status: 504, body: '' });
    const { stdout } = await send([...image, '--wait', '0', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'KAPSO_UNAVAILABLE' }, exitCode: 75 });
    expect(readMarks(join(dir, 'state'), { since: 0 })).toMatchObject([{ state: 'failed', ids: [] }]);
  });

  test('is ended by an interrupt at once, and the message was not sent', async () => {
    answers.upload = () => {
      child.kill('SIGINT');
      return null;
    };
    const child = startCli(['send', '--to', to, ...image], environment());
    const [stderr, [code]] = await Promise.all([readAll(child.stderr), once(child, 'close')]);
    expect([code, stderr]).toEqual([130, expect.stringContaining('interrupted by SIGINT; the message was not sent')]);
    expect(kapso.posts).toEqual([]);
  });
});
