/** What the model of a real OpenClaw reads of voice messages. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../media/files.ts';
import { recogniser, speech, voiceNote, withPrograms } from '../media/programs.ts';
import { json, startService } from '../media/transcription/service-stand-in.ts';
import { type Bridge, type Poller, startBridge } from './bridge-fixture.ts';

const customer = '+15550104477';
let bridge: Bridge;
let poller: Poller | null = null;

beforeAll(async () => {
  bridge = await startBridge();
});
afterEach(async () => {
  await poller?.end('SIGTERM');
  poller = null;
});
afterAll(() => bridge?.close());

/** Sends a voice note to a poller with these settings. Resolves with the last text that the model was asked with. */
async function asked(note: Buffer, settings: Record<string, string>): Promise<string> {
  const started = await bridge.startPoller(settings);
  poller = started;
  const media = { type: 'audio', voice: true, base64: note.toString('base64') };
  const body = JSON.stringify({ from: customer, name: 'Ada', media });
  const response = await fetch(`${bridge.kapso.url}/__sim/inbound`, { method: 'POST', body });
  const { ids } = (await response.json()) as { ids: string[] };
  started.pollNow();
  await started.handled(ids);
  return bridge.openclaw.model.requests.at(-1)?.text ?? '';
}

describe('the model of a real OpenClaw', () => {
  it('reads what a service has heard in a voice note, as quoted words', async () => {
    const service = await startService(json({ text: 'Please call me tomorrow.' }));
    const ogg = Buffer.concat([Buffer.from('OggS\0\x02'), Buffer.alloc(22), Buffer.from('\x01\x13OpusHead\x01\x01')]);
    const text = await asked(ogg, {
      KAPSO_TRANSCRIBE_PROVIDER: 'openai',
      KAPSO_TRANSCRIBE_BASE_URL: `${service.origin}/v1`,
    });
    expect(text).toContain('What is said in it, as a machine has understood it:\n> Please call me tomorrow.');
  });

  withPrograms(speech, 'reads what a real recogniser on this machine has heard', async () => {
    const dir = temporaryDirectory();
    const note = readFileSync(voiceNote(dir, 'close the door in the morning'));
    const command = recogniser(dir).join('\n');
    const text = await asked(note, { KAPSO_TRANSCRIBE_PROVIDER: 'command', KAPSO_TRANSCRIBE_COMMAND: command });
    expect(text).toContain('as a machine has understood it:\n> close the door in the morning');
  });
});
