/** A Nix example of docs/guides/nix.md. */
export interface Example {
  /** What its first line says it is. */
  file: 'home.nix' | 'configuration.nix' | 'flake.nix';
  /** To be read together with the example of that file before it. */
  continued: boolean;
  /** Where it begins in the page. */
  line: number;
  text: string;
}

/**
 * Every block of Nix in a Markdown text.
 *
 * @throws where a block does not say in its first line which file it is
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
