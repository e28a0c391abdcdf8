/**
 * Returns a text with each paragraph on one line, for yargs to break at the width of the terminal: lines that were broken
 * in the source would be broken again. Lines of a synopsis, which begin with `$0`, stay lines.
 */
export function flowing(text: string): string {
  return text.replace(/(?<!\n)\n(?!\n|\$0)/g, ' ');
}
