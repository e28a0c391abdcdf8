import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startConnectProxy } from '../../kapso/http/connect-proxy.ts';
import { manualClock } from '../../manual-clock.ts';
import { never, transcriberWith } from './fixture.ts';
import { json, startService } from './service-stand-in.ts';

const apiKey = 'sk-0123456789abcdef';

test('the form has the file, its type, a name that tells it, the model and the language; the key is in the header', async () => {
  const service = await startService(json({ text: ' Call me tomorrow. \n' }));
  const baseUrl = `${service.origin}/openai/v1/`;
  const { transcribe, voice } = transcriberWith({
    provider: 'openai',
    baseUrl,
    apiKey,
    model: 'whisper-large',
    language: 'pt',
  });
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));
  const found = await transcribe(voice(content, 'audio/ogg; codecs=opus'), never);
  expect(found).toEqual({ kind: 'text', text: 'Call me tomorrow.' });
  const [heard] = service.heard;
  expect(heard).toMatchObject({ method: 'POST', url: { pathname: '/openai/v1/audio/transcriptions', search: '' } });
  expect(heard?.headers).toMatchObject({ authorization: `Bearer ${apiKey}`, accept: 'application/json' });
  expect(Number(heard?.headers['content-length'])).toBe(heard?.body.length);
  const form = await heard?.form();
  const file = form?.get('file') as File;
  expect(Object.fromEntries(form?.entries() ?? [])).toEqual({
    model: 'whisper-large',
    language: 'pt',
    response_format: 'json',
    file,
  });
  expect({ name: file.name, type: file.type }).toEqual({ name: 'voice.ogg', type: 'audio/ogg' });
  expect(Buffer.from(await file.arrayBuffer()).equals(content)).toBe(true);
});

test('a service on this machine needs no key, and without a language none is named', async () => {
  const service = await startService(json({ text: 'hello' }));
  const { transcribe, voice } = transcriberWith({ provider: 'openai', baseUrl: `${service.origin}/v1` });
  expect(await transcribe(voice('x', 'audio/mp4'), never)).toEqual({ kind: 'text', text: 'hello' });
  const [heard] = service.heard;
  expect(heard?.headers.authorization).toBeUndefined();
  const form = await heard?.form();
  expect(form?.get('language')).toBeNull();
  expect(form?.get('model')).toBe('whisper-1');
  expect(form?.get('file')).toMatchObject({ name: 'voice.m4a' });
});

describe('a refusal', () => {
  test.each([
    [
      401,
      { error: { message: `Incorrect API key provided: ${apiKey}.`, code: 'invalid_api_key' } },
      'HTTP 401): Incorrect API key provided: (secret).',
      /transcribe\.apiKey/,
    ],
    [
      404,
      { error: { message: 'The model `x` does not exist' } },
      'HTTP 404): The model `x` does not exist',
      /transcribe\.model/,
    ],
    [
      400,
      { error: { message: 'Unrecognized file format.\n[image: x]' } },
      'HTTP 400): Unrecognized file format. (image: x)',
      undefined,
    ],
    [422, { detail: 'no such model' }, 'HTTP 422): no such model', undefined],
    [413, 'no json', 'HTTP 413)', undefined],
    [
      429,
      { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } },
      'HTTP 429): You exceeded your current quota',
      /payment/,
    ],
  ])('HTTP %i is told at once, without the key', async (status, body, said, hint) => {
    const service = await startService(json(body, status));
    const { transcribe, voice } = transcriberWith({ provider: 'openai', baseUrl: service.origin, apiKey });
    const found = await transcribe(voice(), never);
    expect(found).toEqual({
      kind: 'failed',
      reason: `the transcription service refused it (${said}`,
      ...(hint && { hint: expect.stringMatching(hint) }),
    });
    expect(service.heard).toHaveLength(1);
  });

  test('is tried again with a longer pause each time where it passes, and the words come', async () => {
    const clock = manualClock(1_700_000_000_000);
    const busy = json({ error: { message: 'overloaded' } }, 503);
    const service = await startService(
      busy,
      json({ error: 'slow down' }, 429, { 'retry-after': '7' }),
      json({ text: 'hello' }),
    );
    const { transcribe, voice } = transcriberWith({ provider: 'openai', baseUrl: service.origin }, { clock });
    const found = transcribe(voice(), never);
    for (const wait of [1000, 7000]) {
      // The time limit waits, too.
      await expect.poll(() => clock.pending().length).toBe(2);
      expect(clock.pending()[0]).toBe(clock.now() + wait);
      clock.advance(wait);
    }
    expect(await found).toEqual({ kind: 'text', text: 'hello' });
    expect(service.heard).toHaveLength(3);
    expect(service.heard[2]?.body.length).toBeGreaterThan(300);
  });

  test('is given up after four attempts', async () => {
    const clock = manualClock(0);
    const service = await startService(json({ error: { message: 'The server had an error' } }, 500));
    const { transcribe, voice } = transcriberWith({ provider: 'openai', baseUrl: service.origin }, { clock });
    const found = transcribe(voice(), never);
    for (const wait of [1000, 2000, 4000]) {
      await expect.poll(() => clock.pending().length).toBe(2);
      clock.advance(wait);
    }
    expect(await found).toEqual({
      kind: 'failed',
      reason: 'the transcription service refused it (HTTP 500): The server had an error',
    });
    expect(service.heard).toHaveLength(4);
  });

  test.each(['40', '50000000', 'Fri, 31 Dec 2999 23:59:59 GMT'])(
    'that wants a wait of %s is given up at once: no conversation waits for that',
    async wait => {
      const service = await startService(json({ error: 'slow down' }, 429, { 'retry-after': wait }));
      const { transcribe, voice } = transcriberWith({ provider: 'openai', baseUrl: service.origin });
      const found = await transcribe(voice(), never);
      expect(found).toMatchObject({
        kind: 'failed',
        reason: expect.stringMatching(/slow down, and asks to wait \d+ s$/),
      });
      expect(service.heard).toHaveLength(1);
    },
  );

  test('that wants to wait past the time limit is given up at once', async () => {
    const service = await startService(json({ error: 'slow down' }, 429, { 'retry-after': '20' }));
    const { transcribe, voice } = transcriberWith({ provider: 'openai', baseUrl: service.origin, timeout: 15 });
    expect(await transcribe(voice(), never)).toMatchObject({ reason: expect.stringContaining('asks to wait 20 s') });
  });
});

test('no redirect is followed: neither the key nor the voice goes elsewhere', async () => {
  const elsewhere = await startService(json({ text: 'stolen' }));
  const service = await startService(response =>
    response.writeHead(307, { location: `${elsewhere.origin}/audio/transcriptions` }).end(),
  );
  const { transcribe, voice } = transcriberWith({ provider: 'openai', baseUrl: service.origin, apiKey });
  expect(await transcribe(voice(), never)).toMatchObject({
    kind: 'failed',
    reason: 'the transcription service sent it elsewhere (HTTP 307), where neither the key nor the audio went',
  });
  expect(elsewhere.connections()).toBe(0);
});

test.each([
  ['no JSON', '<html>', /something that is no JSON/],
  ['no text', '{"words":[]}', /answered without a text/],
  ['an empty text', '{"text":" "}', /^no words were found in it$/],
])('an answer with %s is no transcript', async (_, body, reason) => {
  const service = await startService(response => response.writeHead(200).end(body));
  const { transcribe, voice } = transcriberWith({ provider: 'openai', baseUrl: service.origin });
  expect(await transcribe(voice(), never)).toMatchObject({ kind: 'failed', reason: expect.stringMatching(reason) });
});

test('a service that is not there is told with its address, after a few attempts', async () => {
  const clock = manualClock(0);
  const service = await startService(response => response.socket?.destroy());
  const { transcribe, voice } = transcriberWith({ provider: 'openai', baseUrl: service.origin, apiKey }, { clock });
  const found = transcribe(voice(), never);
  for (const wait of [1000, 2000, 4000]) {
    await expect.poll(() => clock.pending().length).toBe(2);
    clock.advance(wait);
  }
  expect(await found).toMatchObject({
    kind: 'failed',
    reason: expect.stringMatching(/^the transcription service cannot be reached: .*/),
    hint: expect.stringContaining('transcribe.baseUrl'),
  });
});

test('the time limit ends a service that never answers, and its connection', async () => {
  const clock = manualClock(0);
  const closed = Promise.withResolvers<void>();
  const service = await startService(response => response.on('close', () => closed.resolve()));
  const { transcribe, voice } = transcriberWith(
    { provider: 'openai', baseUrl: service.origin, timeout: 30 },
    { clock },
  );
  const found = transcribe(voice(), never);
  await expect.poll(() => service.heard.length).toBe(1);
  clock.advance(30_000);
  expect(await found).toEqual({ kind: 'failed', reason: 'it was not transcribed within 30 s' });
  await closed.promise;
});

test('the signal of the caller ends it with its reason', async () => {
  const service = await startService(() => {});
  const { transcribe, voice } = transcriberWith({ provider: 'openai', baseUrl: service.origin });
  const abort = new AbortController();
  const found = transcribe(voice(), abort.signal);
  await expect.poll(() => service.heard.length).toBe(1);
  abort.abort(new Error('the poller stops'));
  await expect(found).rejects.toThrow('the poller stops');
});

test('through a proxy the service alone sees the key', async () => {
  await using proxy = await startConnectProxy();
  const service = await startService(json({ text: 'hello' }));
  const { transcribe, voice } = transcriberWith(
    { provider: 'openai', baseUrl: service.origin, apiKey },
    { proxy: { url: proxy.origin, name: 'proxy.example:3128 (HTTPS_PROXY)', noProxy: '' } },
  );
  expect(await transcribe(voice(Buffer.alloc(300_000, 'x')), never)).toEqual({ kind: 'text', text: 'hello' });
  expect(proxy.asked).toEqual([`CONNECT ${new URL(service.origin).host}`]);
  expect(service.heard[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
});

test('a file that is gone meanwhile is told as such, and is no fault of the service', async () => {
  const service = await startService(json({ text: 'hello' }));
  const { transcribe, voice } = transcriberWith({ provider: 'openai', baseUrl: service.origin });
  const file = voice();
  rmSync(file.path);
  expect(await transcribe(file, never)).toEqual({ kind: 'failed', reason: 'the file cannot be read (ENOENT)' });
  expect(service.heard).toEqual([]);
});

test('a larger file than the limit goes nowhere', async () => {
  const service = await startService(json({ text: 'hello' }));
  const { transcribe, voice } = transcriberWith({ provider: 'openai', baseUrl: service.origin, maxSize: 1 });
  const file = voice(Buffer.alloc(1024 * 1024 + 1));
  expect(await transcribe(file, never)).toEqual({
    kind: 'failed',
    reason: 'it is larger than the 1 megabytes that are transcribed',
  });
  expect(service.heard).toEqual([]);
});

test('only audio is transcribed, and only where somebody is set to', () => {
  const { transcribes, set } = transcriberWith({});
  expect(transcribes({ mimeType: 'audio/ogg' })).toBe(false);
  set({ provider: 'openai' });
  expect(['audio/ogg; codecs=opus', 'video/mp4', 'application/pdf'].map(mimeType => transcribes({ mimeType }))).toEqual(
    [true, false, false],
  );
});
