import type { Answers } from '../../src/delivery/answer.ts';
import type { ForwardOptions } from '../../src/delivery/forward.ts';
import { silentLog } from '../silent-log.ts';

const answers: Answers = {
  afterRun: async (_entry, _message, { reply }) => ({
    do: 'settle',
    outcome: reply === null ? 'silent' : 'answered',
    outgoing: [],
    reason: null,
  }),
  onFailure: async () => [],
};

/**
 * For tests of the way to the agent: a run with a text counts as answered, nothing is sent, every message is worked on, and
 * nobody is told.
 */
export const plainAnswers: Pick<
  ForwardOptions,
  'answers' | 'contextOnly' | 'giveUp' | 'kapsoNow' | 'log' | 'onTaken' | 'random' | 'scrub' | 'via' | 'wakeReplies'
> = {
  answers,
  wakeReplies: () => undefined,
  via: () => 'relay',
  contextOnly: () => new Set(),
  giveUp: () => ({ attempts: 8, after: 24 * 3_600_000, beforeNext: 3 }),
  kapsoNow: () => null,
  log: silentLog,
  onTaken: () => undefined,
  random: () => 0.5,
  scrub: text => text,
};
