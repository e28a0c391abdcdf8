import type { Config } from '../../config/load.ts';
import { createSlots } from '../slots.ts';
import { type FindText, foundText, NoTextError, plainType, type StoredFile } from '../text-of.ts';
import { within } from '../time-limit.ts';
import type { Attempt, TranscriberOptions } from './attempt.ts';
import { transcribeByProgram } from './command.ts';

export interface Transcriber {
  /** Whether the settings name somebody who transcribes, and the file is audio. */
  transcribes(file: Pick<StoredFile, 'mimeType'>): boolean;
  /** Finds the words of a voice message. */
  transcribe: FindText;
}

async function by(provider: Config['transcribe']['provider'], attempt: Attempt): Promise<string> {
  switch (provider) {
    case 'command':
      return transcribeByProgram(attempt);
    default:
      throw new NoTextError('nobody is set to transcribe voice messages');
  }
}

/** Characters of a transcript to take: what is said in two hours. */
const longestTranscript = 100_000;
const megabyte = 1024 * 1024;

/** Turns voice messages into text, by whom the settings name (`transcribe.provider`). */
export function createTranscriber(options: TranscriberOptions): Transcriber {
  const { settings, clock } = options;
  const inSlot = createSlots(() => settings().parallel);

  async function words(file: StoredFile, signal: AbortSignal): Promise<string> {
    const { provider, maxSize, timeout } = settings();
    if (file.size > maxSize * megabyte) {
      throw new NoTextError(`it has more than the ${maxSize} megabytes that are transcribed`);
    }
    const limit = { clock, ms: timeout * 1000, late: `it was not transcribed within ${timeout} s` };
    return within(limit, signal, ending => by(provider, { ...options, file, signal: ending }));
  }

  return {
    transcribes: ({ mimeType }) => settings().provider !== undefined && plainType(mimeType).startsWith('audio/'),
    transcribe: async (file, signal) => {
      try {
        const found = await inSlot(signal, () => words(file, signal));
        return foundText(found, longestTranscript, 'no words were found in it');
      } catch (error) {
        if (error instanceof NoTextError) return { kind: 'failed', reason: error.message };
        throw error;
      }
    },
  };
}
