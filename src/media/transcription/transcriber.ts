import { createSlots } from '../../slots.ts';
import { type FindText, foundText, NoTextError, noText, plainType, type StoredFile } from '../text-of.ts';
import { within } from '../time-limit.ts';
import type { Attempt, TranscriberOptions } from './attempt.ts';
import { createTranscriptCache } from './cache.ts';
import { transcribeByProgram } from './command.ts';
import { transcribeByDeepgram } from './deepgram.ts';
import { transcribeByOpenAi } from './openai.ts';

export interface Transcriber {
  /** Whether the settings name somebody who transcribes, and the file is audio. */
  transcribes(file: Pick<StoredFile, 'mimeType'>): boolean;
  /** Finds the words of a voice message. */
  transcribe: FindText;
  /** Removes the words that were not asked for since `before` (milliseconds since the epoch), and what was left behind. */
  tidy(before: number): Promise<void>;
}

const ways = { openai: transcribeByOpenAi, deepgram: transcribeByDeepgram, command: transcribeByProgram };

/** Characters of a transcript to take: what is said in two hours. */
const longestTranscript = 100_000;
const megabyte = 1024 * 1024;

/** Turns voice messages into text, by whom the settings name (`transcribe.provider`). */
export function createTranscriber(options: TranscriberOptions): Transcriber {
  const { clock } = options;
  const cache = createTranscriptCache(options);
  const inSlot = createSlots(() => options.settings().parallel);

  async function words(file: StoredFile, signal: AbortSignal): Promise<string> {
    const settings = options.settings();
    const { provider, maxSize, timeout } = settings;
    if (provider === undefined) throw new NoTextError('nobody is set to transcribe voice messages');
    // The same audio may have been in the slot before.
    const known = cache.find(file, settings);
    if (known !== null) return known;
    if (file.size > maxSize * megabyte) {
      throw new NoTextError(`it is larger than the ${maxSize} megabytes that are transcribed`);
    }
    const limit = { clock, ms: timeout * 1000, late: `it was not transcribed within ${timeout} s` };
    const endsAt = clock.monotonic() + limit.ms;
    const attempt: Omit<Attempt, 'signal'> = { ...options, settings, file, endsAt };
    const found = await within(limit, signal, ending => ways[provider]({ ...attempt, signal: ending }));
    cache.keep(file, settings, found);
    return found;
  }

  return {
    transcribes: ({ mimeType }) =>
      options.settings().provider !== undefined && plainType(mimeType).startsWith('audio/'),
    transcribe: async (file, signal) => {
      try {
        // Words that are known wait for no other audio.
        const known = cache.find(file, options.settings());
        const found = known ?? (await inSlot(signal, () => words(file, signal)));
        return foundText(found, longestTranscript, 'no words were found in it');
      } catch (error) {
        return noText(error);
      }
    },
    tidy: cache.tidy,
  };
}
