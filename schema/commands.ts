import { createProgram } from '../src/cli/program.ts';
import { pollerHelp } from '../src/poller-options.ts';

/** Columns: a help that depended on the terminal would be another one on each machine. */
const width = 100;

const nothing = async () => {};

/** What `--help` after these words prints, as the real command line has it. */
export function helpOf(words: readonly string[]): string {
  const handlers = {
    send: () => {},
    config: nothing,
    status: nothing,
    inbox: nothing,
    webhook: nothing,
    units: nothing,
  };
  let help = '';
  createProgram(handlers)
    .wrap(width)
    .parse([...words, '--help'], {}, (_error, _args, output) => {
      help = output;
    });
  if (help === '') throw new Error(`"${words.join(' ')} --help" prints nothing`);
  return help;
}

/** Every command that has a help of its own, by its words, groups such as `inbox` before their commands. */
export function commands(words: readonly string[] = []): string[][] {
  const row = new RegExp(`^ {2}${['kapso-whatsapp-cli', ...words].join(' ')} ([a-z]+)`, 'gm');
  const [, section = ''] = /^Commands:\n(.*?)\n\n/ms.exec(helpOf(words)) ?? [];
  return (
    [...section.matchAll(row)]
      .map(([, name = '']) => [...words, name])
      // Its help is the program's: yargs prints the script in the place of one.
      .filter(([first]) => first !== 'completion')
      .flatMap(command => [command, ...commands(command)])
  );
}

/** The help of every command of the CLI, under a heading each. */
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
