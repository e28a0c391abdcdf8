import { createProgram } from '../src/cli/program.ts';
import { pollerHelp } from '../src/poller-options.ts';

/** Columns. The width of the terminal would give another help on each machine. */
const width = 100;

const nothing = async () => {};

/** Returns what `--help` after these words prints, from the real command line; with `null` columns no line is broken. */
export function helpOf(words: readonly string[], columns: number | null = width): string {
  const handlers = {
    send: () => {},
    config: nothing,
    status: nothing,
    inbox: nothing,
    outbox: nothing,
    access: nothing,
    contacts: nothing,
    media: nothing,
    read: nothing,
    templates: nothing,
    webhook: nothing,
    demo: nothing,
    doctor: nothing,
    backup: nothing,
    restore: nothing,
    forget: nothing,
    state: nothing,
    explain: nothing,
    trace: nothing,
    units: nothing,
  };
  let help = '';
  createProgram(handlers)
    .wrap(columns)
    .parse([...words, '--help'], {}, (_error, _args, output) => {
      help = output;
    });
  if (help === '') throw new Error(`"${words.join(' ')} --help" prints nothing`);
  return help;
}

/** Lists every command that has a help of its own, by its words. A group such as `inbox` comes before its commands. */
export function commands(words: readonly string[] = []): string[][] {
  const row = new RegExp(`^ {2}${['kapso-whatsapp-cli', ...words].join(' ')} ([a-z]+)`, 'gm');
  const [, section = ''] = /^Commands:\n(.*?)\n\n/ms.exec(helpOf(words)) ?? [];
  return (
    [...section.matchAll(row)]
      .map(([, name = '']) => [...words, name])
      // `completion` is left out: with `--help`, yargs prints the script and no help.
      .filter(([first]) => first !== 'completion')
      .flatMap(command => [command, ...commands(command)])
  );
}

/** Returns the help of every CLI command, each under its heading. */
export function commandReference(): string {
  const section = (heading: string, words: readonly string[]) =>
    `### ${heading}\n\n\`\`\`text\n${helpOf(words).trim()}\n\`\`\``;
  return [
    section('kapso-whatsapp-cli', []),
    ...commands().map(words => section(`kapso-whatsapp-cli ${words.join(' ')}`, words)),
  ].join('\n\n');
}

/** The help of the poller. */
export function pollerReference(): string {
  return `\`\`\`text\n${pollerHelp.trim()}\n\`\`\``;
}
