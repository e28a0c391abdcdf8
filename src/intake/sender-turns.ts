/**
 * Lets one sender have only so much under way at a time, so that a flood of one waits for its own turns and not others
 * for theirs: what many senders write at once is committed together, and the more of it is one sender's, the longer all
 * wait for the disk.
 */
export interface SenderTurns {
  /** Does the work when it is its turn: what one sender began first is done first. Ends as the work ends. */
  run<T>(sender: string, work: () => Promise<T>): Promise<T>;
}

interface Turns {
  underWay: number;
  waiting: (() => void)[];
}

/** `most`: what one sender may have under way. */
export function createSenderTurns(most: number): SenderTurns {
  const senders = new Map<string, Turns>();

  const end = (sender: string, turns: Turns) => {
    const next = turns.waiting.shift();
    // The place goes to the next one, which nobody who comes meanwhile may take.
    if (next !== undefined) return next();
    turns.underWay -= 1;
    if (turns.underWay === 0) senders.delete(sender);
  };

  return {
    async run(sender, work) {
      const turns = senders.get(sender) ?? { underWay: 0, waiting: [] };
      if (turns.underWay === 0) senders.set(sender, turns);
      if (turns.underWay < most) turns.underWay += 1;
      else await new Promise<void>(resolve => turns.waiting.push(resolve));
      try {
        return await work();
      } finally {
        end(sender, turns);
      }
    },
  };
}
