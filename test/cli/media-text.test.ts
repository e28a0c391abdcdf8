import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../media/files.ts';
import { json, startService } from '../media/transcription/service-stand-in.ts';
import { runCli } from './program.ts';

const ogg = Buffer.concat([Buffer.from('OggS\0\x02'), Buffer.alloc(22), Buffer.from('\x01\x13OpusHead\x01\x01')]);

function run(dir: string, name: string, settings: Record<string, string>, ...args: string[]) {
  const env = { HOME: dir, TMPDIR: dir, KAPSO_STATE_DIR: join(dir, 'state'), ...settings };
  return runCli(['media', 'text', join(dir, name), ...args], { env });
}

describe('kapso-whatsapp-cli media text', () => {
  test('prints the words that the service of the settings finds, without an account, and keeps nothing', async () => {
    const service = await startService(json({ text: 'Call me tomorrow.' }));
    const dir = temporaryDirectory();
    writeFileSync(join(dir, 'note.ogg'), ogg);
    writeFileSync(join(dir, 'key'), 'sk-0123456789abcdef\n', { mode: 0o600 });
    const settings = {
      KAPSO_TRANSCRIBE_PROVIDER: 'openai',
      KAPSO_TRANSCRIBE_BASE_URL: service.origin,
      KAPSO_TRANSCRIBE_API_KEY_FILE: join(dir, 'key'),
    };
    expect(await run(dir, 'note.ogg', settings)).toEqual({ code: 0, stdout: 'Call me tomorrow.\n', stderr: '' });
    expect(service.heard[0]?.headers.authorization).toBe('Bearer sk-0123456789abcdef');
    expect(JSON.parse((await run(dir, 'note.ogg', settings, '--json')).stdout)).toEqual({
      text: 'Call me tomorrow.',
      mimeType: 'audio/ogg',
    });
    // Asked anew each time.
    expect(service.heard).toHaveLength(2);
    expect(readdirSync(dir).sort()).toEqual(['key', 'note.ogg']);
  });

  test('prints the text of a document by the program of the settings', async () => {
    const dir = temporaryDirectory();
    writeFileSync(join(dir, 'offer.bin'), '%PDF-1.7\nThree chairs');
    const settings = { KAPSO_MEDIA_DOCUMENT_COMMAND: 'tail\n-n1\n{file}' };
    expect(await run(dir, 'offer.bin', settings)).toEqual({ code: 0, stdout: 'Three chairs\n', stderr: '' });
  });

  test('says why there are no words, and what to do, without the key', async () => {
    const service = await startService(json({ error: { message: 'Incorrect API key: sk-0123456789abcdef' } }, 401));
    const dir = temporaryDirectory();
    writeFileSync(join(dir, 'note.ogg'), ogg);
    const settings = {
      KAPSO_TRANSCRIBE_PROVIDER: 'openai',
      KAPSO_TRANSCRIBE_BASE_URL: service.origin,
      KAPSO_TRANSCRIBE_API_KEY: 'sk-0123456789abcdef',
    };
    const { code, stderr } = await run(dir, 'note.ogg', settings);
    expect(code).toBe(69);
    expect(stderr).toContain('the transcription service refused it (HTTP 401)');
    expect(stderr).toContain('Check transcribe.apiKey');
    expect(stderr).not.toContain('sk-0123456789abcdef');
  });

  test.each([
    ['note.ogg', {}, 'the settings have nobody find the words in a file of the type audio/ogg'],
    ['none.ogg', {}, 'none.ogg cannot be read (ENOENT)'],
    ['.', {}, 'is no file'],
  ])('refuses %s where nobody can find words in it', async (name, settings, said) => {
    const dir = temporaryDirectory();
    writeFileSync(join(dir, 'note.ogg'), ogg);
    const { code, stderr } = await run(dir, name, settings);
    expect(code).toBe(64);
    expect(stderr).toContain(said);
  });

  test('is not for agents: a file of theirs would go to a service', async () => {
    const dir = temporaryDirectory();
    const { code } = await run(dir, 'note.ogg', { OPENCLAW_SHELL: '1' });
    expect(code).toBe(69);
  });
});
