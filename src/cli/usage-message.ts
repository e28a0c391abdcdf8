/**
 * Turns yargs's message about a wrong command line into one that names what was written. `words` is that command line.
 * An unknown message stays unchanged.
 */
export function usageMessage(said: string, words: readonly string[]): string {
  for (const [pattern, explain] of sayings) {
    const found = pattern.exec(said);
    if (found) return explain(found.slice(1), words);
  }
  return said.replaceAll('\n', ' ');
}

/** Says what may stand after the name of a group of commands. */
export function noCommandAfter(group: string, commands: readonly string[]): string {
  return `no command after ${group}: it has ${commands.join(', ')}`;
}

const sayings: readonly [RegExp, (found: string[], words: readonly string[]) => string][] = [
  [/^Unknown (?:argument|command)s?: (.+)$/s, ([names = ''], words) => unknown(names.split(', '), words)],
  [
    /Argument: ([\w-]+), Given: (.+), Choices: (.+)$/s,
    ([name, given, choices = '']) => `--${name} takes one of ${choices.replaceAll('"', '')}, not ${given}`,
  ],
  [/^Not enough non-option arguments/, () => 'an argument is missing'],
  [/^Not enough arguments following: (.+)$/s, ([name]) => `--${name} needs a value`],
];

function unknown(names: readonly string[], words: readonly string[]): string {
  // Without the value, which may be a secret.
  const given = words.map(word => (word.startsWith('-') ? word.replace(/=.*$/s, '') : word));
  const written = names.map(name => given.find(word => word.replace(/^-+/, '') === name) ?? name);
  const [first = ''] = written;
  if (written.length === 1)
    return first.startsWith('-') ? `there is no option ${first}` : `"${first}" is not known here`;
  return `not known here: ${written.join(', ')}`;
}
