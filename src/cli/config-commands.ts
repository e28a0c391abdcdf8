import type { Argv } from 'yargs';
import type { CommandArguments } from './command.ts';
import { common, withOptions } from './common-options.ts';

export type ConfigAction = 'init' | 'check' | 'show' | 'schema';

export const configActions: readonly ConfigAction[] = ['init', 'check', 'show', 'schema'];

/** The commands after `config`, for yargs. */
export function configCommands(y: Argv, run: (action: ConfigAction, args: CommandArguments) => Promise<void>): Argv {
  return y
    .usage('$0 config COMMAND')
    .example('$0 config init', 'begin with one in which strangers need your approval')
    .example('$0 config check', 'whether the poller would start with it')
    .example('$0 config show', 'which setting comes from where')
    .command(
      'init [file]',
      'write a configuration file to begin with; none is replaced',
      c =>
        withOptions(c, common)
          .positional('file', { type: 'string', describe: 'the file; as --config' })
          .example('$0 config init', 'the one that the poller would use')
          .example('$0 config init kapso-whatsapp.yaml', ''),
      args => run('init', args),
    )
    .command(
      'check [file]',
      'say whether the configuration is right; exit with 78 when not',
      c =>
        withOptions(c, common)
          .positional('file', { type: 'string', describe: 'the file; as --config' })
          .option('for', {
            choices: ['poller', 'cli', 'none'] as const,
            default: 'poller',
            describe: 'what must be set: all that the program needs, or nothing',
          })
          .option('no-secrets', { type: 'boolean', describe: 'look at everything but secrets, which are elsewhere' })
          .example('$0 config check', 'the one that the poller would use')
          .example('$0 config check --for none kapso-whatsapp.yaml', 'a file that is not complete')
          .example('$0 config check --no-secrets kapso-whatsapp.yaml', 'where the secrets cannot be read'),
      args => run('check', args),
    )
    .command(
      'show',
      'print every setting with its value and where it comes from; secrets are left out',
      c => withOptions(c, common).example('$0 config show', '').example('$0 config show --json', ''),
      args => run('show', args),
    )
    .command(
      'schema',
      'print the JSON Schema of the configuration file',
      c => c.example('$0 config schema > kapso-whatsapp.schema.json', ''),
      args => run('schema', args),
    );
}
