import type { Answers } from '../../src/delivery/answer.ts';
import type { ForwardOptions } from '../../src/delivery/forward.ts';

/** For tests of the way to the agent: a run with a text counts as answered, and nothing is sent. */
const answers: Answers = {
  afterRun: async (_entry, _message, { reply }) => ({
    do: 'settle',
    outcome: reply === null ? 'silent' : 'answered',
    outgoing: [],
    reason: null,
  }),
  onFailure: async () => [],
};

export const plainAnswers: Pick<ForwardOptions, 'answers' | 'wakeReplies' | 'via'> = {
  answers,
  wakeReplies: () => undefined,
  via: () => 'relay',
};
