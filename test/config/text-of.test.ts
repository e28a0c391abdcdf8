import { expect, test } from 'vitest';
import { account, createHome } from './fixture.ts';

const refused = (env: NodeJS.ProcessEnv) =>
  createHome()
    .refusal({ env: { ...account, ...env } })
    .then(error => error.problems.map(({ key, message }) => `${key}: ${message}`));
const taken = (env: NodeJS.ProcessEnv) => createHome().load({ env: { ...account, ...env } });

test('without settings nothing is transcribed and no document is read', async () => {
  const { config, warnings } = await taken({});
  expect(config.transcribe).toEqual({ command: [], ffmpeg: 'ffmpeg', timeout: 60, maxSize: 16, parallel: 2 });
  expect(config.media).toMatchObject({ documentCommand: [], documentTypes: ['application/pdf'] });
  expect(warnings).toEqual([]);
});

test('a command has one word a line in the environment, and names its file', async () => {
  const { config } = await taken({
    KAPSO_TRANSCRIBE_PROVIDER: 'command',
    KAPSO_TRANSCRIBE_COMMAND: 'whisper-cli\n-f\n{wav}\n',
    KAPSO_MEDIA_DOCUMENT_COMMAND: 'pdftotext\n{file}\n-',
    KAPSO_MEDIA_DOCUMENT_TYPES: 'application/pdf, text/csv',
  });
  expect(config.transcribe.command).toEqual(['whisper-cli', '-f', '{wav}']);
  expect(config.media.documentCommand).toEqual(['pdftotext', '{file}', '-']);
  expect(config.media.documentTypes).toEqual(['application/pdf', 'text/csv']);
});

test.each([
  ['command', 'whisper -f {file}', 'transcribe.command: is one word with blanks in it, and no shell splits it'],
  ['command', 'whisper\n-f', 'transcribe.command: names no file; give {file} or {wav} among the arguments'],
  ['command', '{file}', 'transcribe.command: names no file'],
  ['command', '', 'transcribe.command: is required with the provider command'],
  ['', 'whisper\n{file}', 'transcribe.provider: is required where transcribe.command is given; set it to command'],
])('provider %j with the command %j is refused', async (provider, command, said) => {
  const problems = await refused({ KAPSO_TRANSCRIBE_PROVIDER: provider, KAPSO_TRANSCRIBE_COMMAND: command });
  expect(problems).toEqual([expect.stringContaining(said)]);
});

test('a program for documents names the document', async () => {
  expect(await refused({ KAPSO_MEDIA_DOCUMENT_COMMAND: 'pdftotext\n{type}' })).toEqual([
    'media.documentCommand: names no file; give {file} among the arguments',
  ]);
});

test.each(['openai', 'deepgram'])('%s itself needs a key, and a service of your own may need none', async provider => {
  expect(await refused({ KAPSO_TRANSCRIBE_PROVIDER: provider })).toEqual([
    expect.stringContaining(
      `transcribe.apiKey: is required with the provider ${provider}; set it, or KAPSO_TRANSCRIBE_API_KEY_FILE`,
    ),
  ]);
  const { config } = await taken({ KAPSO_TRANSCRIBE_PROVIDER: provider, KAPSO_TRANSCRIBE_API_KEY: 'key-0123456789' });
  expect(config.transcribe).toMatchObject({ provider, apiKey: 'key-0123456789' });
  await taken({ KAPSO_TRANSCRIBE_PROVIDER: provider, KAPSO_TRANSCRIBE_BASE_URL: 'http://127.0.0.1:8000/v1' });
});

test.each([
  'http://127.0.0.1:8000/v1',
  'http://10.0.0.7:8000',
  'http://box.local/v1',
  'https://api.example.com/openai/v1',
])('the service may be at %s', async baseUrl => {
  const { config } = await taken({ KAPSO_TRANSCRIBE_PROVIDER: 'openai', KAPSO_TRANSCRIBE_BASE_URL: baseUrl });
  expect(config.transcribe.baseUrl).toBe(baseUrl);
});

test.each([
  ['http://api.example.com/v1', 'must start with https://: the key and the voice messages would go there in the clear'],
  ['http://8.8.8.8/v1', 'must start with https://'],
  ['https://user:password@example.com/v1', 'without a user name, password or query'],
  ['https://example.com/v1?key=x', 'without a user name, password or query'],
  ['file:///v1', 'starts with https:// or http://'],
])('the service is not at %s', async (baseUrl, said) => {
  const provider = { KAPSO_TRANSCRIBE_PROVIDER: 'openai', KAPSO_TRANSCRIBE_API_KEY: 'key-0123456789' };
  const problems = await refused({ ...provider, KAPSO_TRANSCRIBE_BASE_URL: baseUrl });
  expect(problems).toEqual([expect.stringContaining(said)]);
});

test('an address without a provider is told: nothing would be transcribed', async () => {
  expect(await refused({ KAPSO_TRANSCRIBE_BASE_URL: 'https://api.example.com/v1' })).toEqual([
    'transcribe.provider: is required where transcribe.baseUrl is given: without it nothing is transcribed',
  ]);
});

test('the command line, which transcribes nothing, sends although these settings are wrong', async () => {
  await createHome().load({ env: { ...account, KAPSO_TRANSCRIBE_PROVIDER: 'openai' }, need: 'cli' });
  await createHome().load({ env: { ...account, KAPSO_TRANSCRIBE_PROVIDER: 'command' }, need: 'cli' });
});
