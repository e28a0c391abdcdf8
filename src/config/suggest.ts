/**
 * The candidate that was most likely meant by `name`, or null when none is near: up to `slips` letters differ. By default a third
 * of them may: enough for a slip, too few to turn one word into another.
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

/** Levenshtein distance: how many letters must be put in, left out or changed. */
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
