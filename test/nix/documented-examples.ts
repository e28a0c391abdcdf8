/** A Nix example of docs/guides/nix.md. */
export interface Example {
  /** The file that its first line names. */
  file: 'home.nix' | 'configuration.nix' | 'flake.nix';
  /** Whether it continues the example of that file before it. */
  continued: boolean;
  /** The line in the page where it begins. */
  line: number;
  text: string;
}

/**
 * Returns every block of Nix in a Markdown text.
 *
 * @throws when the first line of a block does not name its file
 */
export function nixExamples(markdown: string): Example[] {
  return [...markdown.matchAll(/^```nix\n(.*?)^```$/gms)].map(({ index, 1: text = '' }) => {
    const line = markdown.slice(0, index).split('\n').length;
    const [, file, continued] = /^# (home\.nix|configuration\.nix|flake\.nix)( \(continued\))?\n/.exec(text) ?? [];
    if (file === undefined)
      throw new Error(`line ${line}: a block of Nix must begin with the name of its file, such as "# home.nix"`);
    return { file: file as Example['file'], continued: continued !== undefined, line, text };
  });
}
