/**
 * Returns the text without those characters at its end. The time grows with their number alone: a pattern such as
 * `/x+$/` tries at each of them, so a long run that is not at the end would hold up the program for minutes.
 */
export function trimEndOf(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
