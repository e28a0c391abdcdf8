import type { Argv } from 'yargs';
import { fromOption } from './chosen-account.ts';
import type { CommandArguments } from './command.ts';
import { common, withOptions } from './common-options.ts';

export type TemplatesAction = 'list' | 'show';

export const templatesActions: readonly TemplatesAction[] = ['list', 'show'];

/** The commands after `templates`, for yargs. */
export function templatesCommands(
  y: Argv,
  run: (action: TemplatesAction, args: CommandArguments) => Promise<void>,
): Argv {
  return y
    .usage(
      '$0 templates COMMAND\n\nThe message templates of the business, which may be sent when the 24 hours are over.',
    )
    .example('$0 templates list', '')
    .example('$0 templates show order_ready', '')
    .command(
      'list',
      'list the templates, their languages and states',
      c =>
        withOptions(c, { ...common, from: fromOption })
          .option('approved', { type: 'boolean', describe: 'only those that can be sent' })
          .example('$0 templates list --approved', '')
          .example('$0 templates list --json', ''),
      args => run('list', args),
    )
    .command(
      'show <name>',
      'show the text of a template, and the options of send that fill it',
      c =>
        withOptions(c, { ...common, from: fromOption })
          .positional('name', { type: 'string', describe: 'the name of the template' })
          .option('lang', { type: 'string', requiresArg: true, describe: 'only the one in this language' })
          .example('$0 templates show order_ready --lang en_US', ''),
      args => run('show', args),
    );
}
