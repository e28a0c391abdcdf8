import type { Argv } from 'yargs';
import { fromOption } from './chosen-account.ts';
import { flowing } from './flowing.ts';

export type WebhookAction = 'register' | 'list' | 'test' | 'remove';

export const webhookActions: readonly WebhookAction[] = ['register', 'list', 'test', 'remove'];

/** The commands after `webhook`, for yargs. */
export function webhookCommands(
  y: Argv,
  run: (action: WebhookAction, args: Readonly<Record<string, unknown>>) => Promise<void>,
  withOptionsOfAll: (y: Argv) => Argv,
): Argv {
  const { describe } = fromOption;
  const withCommonOptions = (c: Argv) =>
    withOptionsOfAll(c).option('from', { type: 'string', requiresArg: true, describe });
  const url = {
    type: 'string',
    requiresArg: true,
    describe: 'the public address; default webhook.publicUrl, else what the running poller says',
  } as const;
  const id = { type: 'string', describe: 'the id of the webhook, in the place of its address' } as const;
  return y
    .usage('$0 webhook COMMAND\n\nThe webhooks that Kapso has for the phone number.')
    .example('$0 webhook register', 'have Kapso deliver to the poller')
    .example('$0 webhook list', '')
    .command(
      'register',
      'have Kapso deliver to the poller; a second run changes nothing',
      c =>
        withCommonOptions(c)
          .usage(
            flowing(`$0 webhook register

Creates the webhook, or changes the one of the same address where it must be.
Kapso signs with the first webhook.secret; where none is configured, one is made
and kept in the state directory. Of several numbers each gets its own, unless
--from names one.

With --json it prints {"id", "url", "change", "differences", "duplicates"};
change is created, updated or unchanged.`),
          )
          .option('url', url)
          .example('$0 webhook register', '')
          .example('$0 webhook register --url https://whatsapp.example.com/webhook', ''),
      args => run('register', args),
    )
    .command(
      'list',
      'list the webhooks of the phone number',
      c => withCommonOptions(c).example('$0 webhook list', '').example('$0 webhook list --json', ''),
      args => run('list', args),
    )
    .command(
      'test [id]',
      'have Kapso send a test delivery; the poller does not hand it to the agent',
      c =>
        withCommonOptions(c)
          .positional('id', id)
          .option('url', url)
          .example('$0 webhook test', '')
          .example('$0 webhook test 9e8d0000-0000-4000-8000-00000000000b', ''),
      args => run('test', args),
    )
    .command(
      'remove [id]',
      'remove the webhook: Kapso delivers there no more',
      c =>
        withCommonOptions(c)
          .positional('id', id)
          .option('url', url)
          .example('$0 webhook remove --url https://old.example.com/webhook', '')
          .example('$0 webhook remove 9e8d0000-0000-4000-8000-00000000000b', ''),
      args => run('remove', args),
    );
}
