import { expect, test } from 'vitest';
import { never, transcriberWith } from './fixture.ts';
import { json, startService } from './service-stand-in.ts';

const apiKey = 'dg-0123456789abcdef';
const answer = (...transcripts: string[]) =>
  json({
    metadata: { request_id: 'r', channels: transcripts.length },
    results: {
      channels: transcripts.map(transcript => ({ alternatives: [{ transcript, confidence: 0.9, words: [] }] })),
    },
  });

test('the bytes are the body, with their type; the query names the model, and asks to find out the language', async () => {
  const service = await startService(answer('Hello there.'));
  const { transcribe, voice } = transcriberWith({ provider: 'deepgram', baseUrl: service.origin, apiKey });
  expect(await transcribe(voice('OggS bytes', 'audio/ogg; codecs=opus'), never)).toEqual({
    kind: 'text',
    text: 'Hello there.',
  });
  const [heard] = service.heard;
  expect(heard).toMatchObject({ method: 'POST', url: { pathname: '/v1/listen' } });
  expect(Object.fromEntries(heard?.url.searchParams ?? [])).toEqual({
    model: 'nova-3',
    smart_format: 'true',
    detect_language: 'true',
  });
  expect(heard?.headers).toMatchObject({
    authorization: `Token ${apiKey}`,
    'content-type': 'audio/ogg',
    'content-length': '10',
  });
  expect(heard?.body.toString()).toBe('OggS bytes');
});

test('a language of the settings is named, and each channel has its line', async () => {
  const service = await startService(answer('Hola.', 'Adiós.'));
  const settings = { baseUrl: service.origin, apiKey, model: 'nova-2', language: 'es-419' };
  const { transcribe, voice } = transcriberWith({ provider: 'deepgram', ...settings });
  expect(await transcribe(voice(), never)).toEqual({ kind: 'text', text: 'Hola.\nAdiós.' });
  expect(service.heard[0]?.url.search).toBe('?model=nova-2&smart_format=true&language=es-419');
});

test.each([
  [
    { err_code: 'INVALID_AUTH', err_msg: 'Invalid credentials.', request_id: 'r' },
    401,
    'HTTP 401): Invalid credentials.',
  ],
  [
    { category: 'INVALID_JSON', message: 'Bad Request: corrupt data', details: 'x' },
    400,
    'HTTP 400): Bad Request: corrupt data',
  ],
  [
    { err_code: 'ASR_PAYMENT_REQUIRED', err_msg: 'Project does not have enough credits' },
    402,
    'HTTP 402): Project does not have',
  ],
])('the words of a refusal are told: %j', async (body, status, said) => {
  const service = await startService(json(body, status));
  const { transcribe, voice } = transcriberWith({ provider: 'deepgram', baseUrl: service.origin, apiKey });
  expect(await transcribe(voice(), never)).toMatchObject({ kind: 'failed', reason: expect.stringContaining(said) });
  expect(service.heard).toHaveLength(1);
});

test('silence has no words, and an answer in another form is none', async () => {
  const service = await startService(answer(''), json({ results: { channels: [{}] } }));
  const { transcribe, voice } = transcriberWith({ provider: 'deepgram', baseUrl: service.origin, apiKey });
  expect(await transcribe(voice(), never)).toEqual({ kind: 'failed', reason: 'no words were found in it' });
  expect(await transcribe(voice('other'), never)).toMatchObject({
    reason: 'the transcription service answered without a text',
  });
});
