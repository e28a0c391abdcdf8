/** Entries to look at with each call. Two find every one that is over before as many again were added. */
const looks = 2;

/**
 * Returns a function that looks at a few entries of a map, in turns, and forgets those that are over. Call it with each
 * use of the map: its size then depends on what is not over, and not on what ever was.
 */
export function createSweep<Key, Value>(map: Map<Key, Value>, isOver: (value: Value, key: Key) => boolean): () => void {
  let next = map.entries();
  return () => {
    for (let look = 0; look < looks; look += 1) {
      const { value, done } = next.next();
      if (done) {
        next = map.entries();
        return;
      }
      if (isOver(value[1], value[0])) map.delete(value[0]);
    }
  };
}
