/** The recent ids of one pass: enough to recognise a list that repeats itself. The oldest are forgotten. */
export interface SeenIds {
  /** Returns whether the id is new. */
  add(id: string): boolean;
  /** How many ids were new. */
  readonly count: number;
}

/** Ids in each of two generations: about 20 MB at most. */
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
