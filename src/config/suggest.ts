/**
 * Returns the candidate that `name` most likely means, or null when none is near.
 *
 * @param slips how many letters may differ. The default of a third allows a slip but does not turn one word into
 * another.
 */
export function nearest(
  name: string,
  candidates: Iterable<string>,
  slips = Math.floor(name.length / 3),
): string | null {
  const wanted = name.toLowerCase();
  let best: string | null = null;
  let bestDistance = slips + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Levenshtein distance: how many letters to insert, remove or change. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const current = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const change = at(previous, j) + (a[i] === b[j] ? 0 : 1);
      current.push(Math.min(change, at(previous, j + 1) + 1, at(current, j) + 1));
    }
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
