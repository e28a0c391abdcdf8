/** Conditions that a test waits for. They are checked when something has changed, and never by time. */
export interface Watchers {
  /** Resolves when the condition holds. */
  until(condition: () => boolean): Promise<void>;
  /** Call it whenever something has changed. */
  changed(): void;
}

export function createWatchers(): Watchers {
  const looks = new Set<() => void>();
  return {
    until: condition =>
      new Promise(resolve => {
        const look = () => {
          if (!condition()) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        look();
      }),
    changed: () => {
      for (const look of looks) look();
    },
  };
}
