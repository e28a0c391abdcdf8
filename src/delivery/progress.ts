/** What this process has seen of a message under way. */
export interface Progress {
  /** How often its run was found running, or the gateway deferred it. */
  checks: number;
  /** How often it was sent again because there was no trace of it. */
  sendsWithoutTrace: number;
  /** When its first counted attempt failed, by the monotonic clock (`Clock.monotonic`); null when this process did not see that. */
  firstFailedAt: number | null;
}

export interface ProgressOfMessages {
  /** Returns the present progress. The caller changes it in place. */
  of(id: string): Progress;
  forget(id: string): void;
}

/** Progress is not kept over a restart. Its loss only makes the next pauses shorter. */
export function createProgress(): ProgressOfMessages {
  const messages = new Map<string, Progress>();
  return {
    of(id) {
      const known = messages.get(id);
      if (known) return known;
      const begun: Progress = { checks: 0, sendsWithoutTrace: 0, firstFailedAt: null };
      messages.set(id, begun);
      return begun;
    },
    forget: id => void messages.delete(id),
  };
}
