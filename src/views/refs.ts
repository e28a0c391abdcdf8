/** Characters of an id's end that are always shown. WhatsApp's ids differ at their ends. */
const shortest = 12;

/**
 * Returns the ends of ids by which they can be told apart. Not their beginnings: a WhatsApp id begins with the
 * conversation's phone number in base64, so its beginning would show the number.
 */
export function refsOf(ids: readonly string[]): Map<string, string> {
  // Reversed and sorted, an id stands beside those with which it shares the longest end.
  const sorted = [...new Set(ids)].map(id => ({ id, backwards: id.split('').reverse().join('') }));
  sorted.sort((a, b) => (a.backwards < b.backwards ? -1 : 1));
  const lengths = new Map<string, number>();
  for (const [at, { id, backwards }] of sorted.entries()) {
    const shared = [at - 1, at + 1].map(other => commonStart(backwards, sorted[other]?.backwards ?? ''));
    let length = Math.max(shortest, ...shared.map(characters => characters + 1));
    while (length < id.length && !/^\w/.test(id.slice(-length))) length += 1;
    lengths.set(id, length);
  }
  return new Map(ids.map(id => [id, id.slice(-(lengths.get(id) ?? id.length))]));
}

function commonStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}

/** Returns the end of one id, which may not tell it from all others. */
export function endOf(id: string): string {
  return id.slice(-shortest);
}
