import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../../src/clock.ts';
import type { HttpProxy } from '../../../src/config/proxy.ts';
import type { StoredFile } from '../../../src/media/text-of.ts';
import type { TranscribeSettings } from '../../../src/media/transcription/attempt.ts';
import { createTranscriber, type Transcriber } from '../../../src/media/transcription/transcriber.ts';
import { stored, temporaryDirectory } from '../files.ts';

export const never: AbortSignal = new AbortController().signal;

export interface Fixture extends Transcriber {
  dir: string;
  /** A voice message with this content. */
  voice(content?: string | Uint8Array, mimeType?: string): StoredFile;
  /** Changes the settings that the transcriber reads. */
  set(settings: Partial<TranscribeSettings>): void;
}

export function transcriberWith(
  given: Partial<TranscribeSettings>,
  { clock = systemClock, proxy = null }: { clock?: Clock; proxy?: HttpProxy | null } = {},
): Fixture {
  const dir = temporaryDirectory();
  let settings: TranscribeSettings = { command: [], ffmpeg: 'ffmpeg', timeout: 60, maxSize: 16, parallel: 2, ...given };
  const transcriber = createTranscriber({
    settings: () => settings,
    stateDir: dir,
    proxyTo: () => proxy,
    clock,
    random: () => 0.5,
  });
  return {
    ...transcriber,
    dir,
    voice: (content = 'OggS voice', mimeType = 'audio/ogg') => {
      const path = join(dir, 'voice message.ogg');
      writeFileSync(path, content);
      return stored(path, mimeType);
    },
    set: changed => {
      settings = { ...settings, ...changed };
    },
  };
}
