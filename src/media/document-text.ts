import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { createSlots } from '../slots.ts';
import { runProgram } from './run-program.ts';
import { type FindText, foundText, noText, plainType, type StoredFile } from './text-of.ts';
import { within } from './time-limit.ts';

/** How much text of a document the agent is given at most, and what the program may take for it. */
export const documentLimits = {
  /** Characters. The file itself has the rest. */
  text: 50_000,
  /** Milliseconds. */
  timeout: 60_000,
  /** Programs at a time. */
  parallel: 2,
} as const;

export interface DocumentTexts {
  /** Whether the settings have a program for documents of this type. */
  reads(file: Pick<StoredFile, 'mimeType'>): boolean;
  /** Has the program print the text of a document. */
  textOf: FindText;
}

/** Finds the text of documents by the operator's program (`media.documentCommand`). */
export function createDocumentTexts(options: {
  /** The present settings. The function is called each time. */
  settings: () => Pick<Config['media'], 'documentCommand' | 'documentTypes'>;
  clock: Clock;
}): DocumentTexts {
  const { settings, clock } = options;
  const { timeout } = documentLimits;
  const limit = { clock, ms: timeout, late: `the program for documents took longer than ${timeout / 1000} s` };
  const inSlot = createSlots(() => documentLimits.parallel);
  const print = (file: StoredFile, ending: AbortSignal) =>
    runProgram({
      words: settings().documentCommand,
      setting: 'media.documentCommand',
      values: { file: file.path, type: plainType(file.mimeType) },
      maxOutput: 2 * documentLimits.text,
      clock,
      signal: ending,
    });

  return {
    reads: ({ mimeType }) => {
      const { documentCommand, documentTypes } = settings();
      return documentCommand.length > 0 && documentTypes.includes(plainType(mimeType));
    },
    textOf: async (file, signal) => {
      try {
        const { output } = await inSlot(signal, () => within(limit, signal, ending => print(file, ending)));
        return foundText(output, documentLimits.text, 'the program for documents found no text in it');
      } catch (error) {
        return noText(error);
      }
    },
  };
}
