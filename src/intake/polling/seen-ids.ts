/** Ids of one pass, as many as a list that goes in circles needs to be told from one that goes on; the oldest are let go. */
export interface SeenIds {
  /** Returns whether it is new. */
  add(id: string): boolean;
  /** How many were new. */
  readonly count: number;
}

/** Ids in each of two generations: some 20 MB at most. */
const generation = 100_000;

export function createSeenIds(): SeenIds {
  let young = new Set<string>();
  let old = new Set<string>();
  let count = 0;
  return {
    add: id => {
      if (young.has(id)) return false;
      const isNew = !old.has(id);
      if (young.size >= generation) {
        old = young;
        young = new Set();
      }
      young.add(id);
      if (isNew) count += 1;
      return isNew;
    },
    get count() {
      return count;
    },
  };
}
