import type { Argv } from 'yargs';
import type { CommandArguments } from './command.ts';
import { common, withOptions } from './common-options.ts';
import { flowing } from './flowing.ts';
import { importOptions, importUsage } from './import-flags.ts';
import { initOptions, initUsage } from './init-flags.ts';

export type ConfigAction = 'init' | 'import' | 'check' | 'show' | 'explain' | 'schema';

export const configActions: readonly ConfigAction[] = ['init', 'import', 'check', 'show', 'explain', 'schema'];

/** The commands after `config`, for yargs. */
export function configCommands(y: Argv, run: (action: ConfigAction, args: CommandArguments) => Promise<void>): Argv {
  return y
    .usage('$0 config COMMAND')
    .example('$0 config init', 'begin with one in which strangers need your approval')
    .example('$0 config check', 'whether the poller would start with it')
    .example('$0 config show', 'which setting comes from where')
    .example('$0 config explain access.policy', 'what a setting means and takes')
    .command(
      'init [file]',
      'set up the configuration: ask, or take options, and write it; change one that is there',
      c =>
        withOptions(c, { ...common, ...initOptions })
          .usage(flowing(initUsage))
          .positional('file', { type: 'string', describe: 'the file; as --config' })
          .example('$0 config init', 'on a terminal: it asks')
          .example('KAPSO_API_KEY=… $0 config init --yes --number +15550100200', 'asks nothing')
          .example('$0 config init --edit --yes --mode tailscale', 'changes one thing'),
      args => run('init', args),
    )
    .command(
      'import <file..>',
      'make the configuration from that of a Go bridge, and take its position',
      c =>
        withOptions(c, importOptions)
          .usage(flowing(importUsage))
          .positional('file', { type: 'string', describe: 'its config.toml, its environment file, or both' })
          .example('$0 config import ~/.config/kapso-whatsapp/config.toml', '')
          .example('$0 config import --dry-run config.toml bridge.env', 'what would become of it'),
      args => run('import', args),
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
      'explain [key]',
      'say what a setting means and takes, its value, and where that comes from',
      c =>
        withOptions(c, common)
          .positional('key', {
            type: 'string',
            describe: 'a key, its variable, or a section; without it all are listed',
          })
          .example('$0 config explain polling.interval', '')
          .example('$0 config explain KAPSO_API_KEY', 'by its variable; the key is not shown')
          .example('$0 config explain access', 'what the section has'),
      args => run('explain', args),
    )
    .command(
      'schema',
      'print the JSON Schema of the configuration file',
      c => c.example('$0 config schema > kapso-whatsapp.schema.json', ''),
      args => run('schema', args),
    );
}
