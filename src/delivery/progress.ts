/** What this process has seen of a message that is under way. */
export interface Progress {
  /** How often its run was found going on, or the gateway put it off. */
  checks: number;
  /** How often it was sent again because there was no trace of it. */
  sendsWithoutTrace: number;
  /** When the first of its counted attempts failed, by the clock that nobody can set (`Clock.monotonic`); null where that was not seen. */
  firstFailedAt: number | null;
}

export interface ProgressOfMessages {
  /** As it is; to be changed in place. */
  of(id: string): Progress;
  forget(id: string): void;
}

/** Nothing of it is kept over a restart: what is lost with it makes the next pauses shorter. */
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
