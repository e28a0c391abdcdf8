import yargs, { type Argv } from 'yargs';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { version } from '../version.ts';
import { type AccessAction, accessActions, accessCommands } from './access-commands.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { stateOptions, withOptions } from './common-options.ts';
import { type ConfigAction, configActions, configCommands } from './config-commands.ts';
import { type ContactsAction, contactsActions, contactsCommands } from './contacts-commands.ts';
import { reportFailure } from './failure.ts';
import { type InboxAction, inboxActions, inboxCommands } from './inbox-commands.ts';
import { type MediaAction, mediaActions, mediaCommands } from './media-commands.ts';
import { assertMayRun } from './operator-only.ts';
import { type OutboxAction, outboxActions, outboxCommands } from './outbox-commands.ts';
import { readCommand } from './read.ts';
import { sendCommand } from './send-command.ts';
import { type TemplatesAction, templatesActions, templatesCommands } from './templates-commands.ts';
import type { Terminal } from './terminal.ts';
import { type UnitsAction, unitsActions, unitsCommands } from './units-commands.ts';
import { usageMessage } from './usage-message.ts';
import { type WebhookAction, webhookActions, webhookCommands } from './webhook-commands.ts';

const programName = 'kapso-whatsapp-cli';

const completion = 'completion';

const exitCodes = `Exit codes:
  0   done
  64  the command line is wrong
  69  refused for good, or a service cannot be reached; status: the poller does
      not run; inbox, outbox, access, contacts, units: something was left as
      it is, and is named
  70  a defect in this program
  75  try again later; if the error says that a message may have been sent,
      look at the conversation first; status: something is amiss
  77  the API key was refused
  78  the configuration is wrong

With --json an error is one JSON object on standard output, and nothing is on
standard error: {"error": {"code", "message", "hint"}, "exitCode"}.`;

/**
 * Runs every command line except a right `send`, which `parseSend` reads: yargs would remove quotes from a text and
 * lose a lone `-`. Returns the exit code and reports errors.
 */
export async function runProgram(argv: readonly string[], terminal: Terminal, context: CliContext): Promise<ExitCode> {
  try {
    return await runCommand(argv, terminal, context);
  } catch (error) {
    return reportFailure(error, { terminal, json: argv.includes('--json'), secrets: context.secrets });
  }
}

async function runCommand(argv: readonly string[], terminal: Terminal, context: CliContext): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok;
  const handlers: Handlers = {
    send: () => {
      throw new UsageError('"send" stands after an option', {
        hint: `Write ${programName} send first, its options after it`,
      });
    },
    config: async (action, args) => {
      const { checkConfig, initConfig, printSchema, showConfig } = await import('./config.ts');
      const command = { init: initConfig, check: checkConfig, show: showConfig, schema: printSchema }[action];
      code = await command(args, terminal, context);
    },
    status: async args => {
      code = await (await import('./status.ts')).status(args, terminal, context);
    },
    inbox: async (action, args) => {
      const { drop, list, retry, show } = await import('./inbox.ts');
      code = await { list, show, retry, drop }[action](args, terminal, context);
    },
    outbox: async (action, args) => {
      const { drop, list, retry, show } = await import('./outbox.ts');
      code = await { list, show, retry, drop }[action](args, terminal, context);
    },
    access: async (action, args) => {
      const { approve, deny, list, revoke } = await import('./access.ts');
      code = await { list, approve, deny, revoke }[action](args, terminal, context);
    },
    contacts: async (action, args) => {
      const { link, list, show, unlink } = await import('./contacts.ts');
      code = await { list, show, link, unlink }[action](args, terminal, context);
    },
    read: async args => {
      code = await (await import('./read.ts')).read(args, terminal, context);
    },
    templates: async (action, args) => {
      const { list, show } = await import('./templates.ts');
      code = await { list, show }[action](args, terminal, context);
    },
    webhook: async (action, args) => {
      const { list, register, remove, test } = await import('./webhook.ts');
      code = await { register, list, test, remove }[action](args, terminal, context);
    },
    media: async (action, args) => {
      const { get } = await import('./media.ts');
      const { text } = await import('./media-text.ts');
      code = await { get, text }[action](args, terminal, context);
    },
    doctor: async args => {
      code = await (await import('./doctor.ts')).doctor(args, terminal, context);
    },
    units: async (_action, args) => {
      code = await (await import('./units.ts')).installUnits(args, terminal, context);
    },
  };
  // yargs would print the completion script for it.
  const words =
    argv[0] === completion && argv.some(word => word === '--help' || word === '-h') ? ['--help'] : [...argv];
  const program = createProgram(handlers).middleware(({ _ }) => assertMayRun(_.join(' '), context.env));
  let failure: unknown;
  await program.parseAsync(words, {}, (error, _args, output) => {
    if (error) failure = error;
    else if (output) terminal.out(`${output}\n`);
  });
  if (failure === undefined) return code;
  throw isYargsError(failure)
    ? new UsageError(usageMessage(failure.message, argv), { hint: `See ${programName} ${commandsIn(argv)}--help` })
    : failure;
}

/** yargs reports a wrong command line with a YError, or with a plain message. */
function isYargsError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'YError';
}

function commandsIn(argv: readonly string[]): string {
  const [first = '', second = ''] = argv;
  if (!(first in groups)) return '';
  return groups[first]?.includes(second) ? `${first} ${second} ` : `${first} `;
}

const groups: Readonly<Record<string, readonly string[]>> = {
  send: [],
  read: [],
  status: [],
  doctor: [],
  preflight: [],
  config: configActions,
  inbox: inboxActions,
  outbox: outboxActions,
  access: accessActions,
  contacts: contactsActions,
  media: mediaActions,
  templates: templatesActions,
  webhook: webhookActions,
  units: unitsActions,
};

export interface Handlers {
  send(args: CommandArguments): void;
  config(action: ConfigAction, args: CommandArguments): Promise<void>;
  status(args: CommandArguments): Promise<void>;
  doctor(args: CommandArguments): Promise<void>;
  inbox(action: InboxAction, args: CommandArguments): Promise<void>;
  outbox(action: OutboxAction, args: CommandArguments): Promise<void>;
  access(action: AccessAction, args: CommandArguments): Promise<void>;
  contacts(action: ContactsAction, args: CommandArguments): Promise<void>;
  media(action: MediaAction, args: CommandArguments): Promise<void>;
  read(args: CommandArguments): Promise<void>;
  templates(action: TemplatesAction, args: CommandArguments): Promise<void>;
  webhook(action: WebhookAction, args: CommandArguments): Promise<void>;
  units(action: UnitsAction, args: CommandArguments): Promise<void>;
}

/** The command line for yargs: help, completion, and every command except `send`. */
export function createProgram(handlers: Handlers): Argv {
  return yargs()
    .scriptName(programName)
    .locale('en')
    .parserConfiguration({
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'boolean-negation': false,
      'camel-case-expansion': false,
      'duplicate-arguments-array': true,
    })
    .usage('$0 COMMAND\n\nSends WhatsApp messages, and looks after kapso-whatsapp-poller.')
    .command('send [message]', 'send a WhatsApp message', sendCommand, args => handlers.send(args))
    .command('read <id>', 'mark a message as read', readCommand, args => handlers.read(args))
    .command('templates', 'list and show the message templates', y =>
      templatesCommands(y, handlers.templates).demandCommand(1, 'no command after templates'),
    )
    .command('config', 'begin, check and show the configuration', y =>
      configCommands(y, handlers.config).demandCommand(1, 'no command after config'),
    )
    .command('status', 'say whether the poller runs, and how it fares', statusCommand, args => handlers.status(args))
    .command(['doctor', 'preflight'], 'look at all that the poller needs, and say what to do', doctorCommand, args =>
      handlers.doctor(args),
    )
    .command('inbox', 'look at received messages; retry or drop them', y =>
      inboxCommands(y, handlers.inbox).demandCommand(1, 'no command after inbox'),
    )
    .command('outbox', 'look at answers to customers; retry or drop them', y =>
      outboxCommands(y, handlers.outbox).demandCommand(1, 'no command after outbox'),
    )
    .command('access', 'see who may write; let in or keep out who waits for it', y =>
      accessCommands(y, handlers.access).demandCommand(1, 'no command after access'),
    )
    .command('contacts', 'see who has written; link or unlink the numbers and ids of one person', y =>
      contactsCommands(y, handlers.contacts).demandCommand(1, 'no command after contacts'),
    )
    .command('media', 'get the files that customers have sent, and the words in them', y =>
      mediaCommands(y, handlers.media).demandCommand(1, 'no command after media'),
    )
    .command('webhook', 'register the webhook at Kapso; list, test or remove webhooks', y =>
      webhookCommands(y, handlers.webhook, c => withOptions(c, stateOptions)).demandCommand(
        1,
        'no command after webhook',
      ),
    )
    .command('units', 'write the systemd units of the poller', y =>
      unitsCommands(y, handlers.units).demandCommand(1, 'no command after units'),
    )
    .completion(completion, 'print a completion script for bash or zsh: eval "$(kapso-whatsapp-cli completion)"')
    .demandCommand(1, 1, 'no command')
    .example('$0 send --to +15551234567 --text "Hello"', 'send a message')
    .example('$0 inbox list --state failed', 'what could not be delivered')
    .epilogue(exitCodes)
    .version(version)
    .help()
    .alias('help', 'h')
    .group(['help', 'version'], 'Other:')
    .strict()
    .exitProcess(false)
    .wrap(Math.min(120, process.stdout.columns ?? 100));
}

function doctorCommand(y: Argv): Argv {
  return withOptions(y, {
    ...stateOptions,
    deep: { type: 'boolean', describe: 'have the agent answer a question too: it costs a call of its model' },
  })
    .usage(
      `$0 doctor

Looks at the configuration, the state directory, the service, Kapso, the webhook
and the gateway as the poller does, and prints a line for each: OK, WARN or FAIL
with what to do. Nothing is changed, and the poller may run meanwhile. Run it as
the user of the poller, with its environment.

Exits with 0 when nothing failed, else with the code of the first failure: 78 for
the configuration, 77 for the API key, 69 or 75 for the rest.`,
    )
    .example('$0 doctor', '')
    .example('$0 doctor --deep', 'with an answer of the agent')
    .example('sudo -u kapso-whatsapp $0 doctor --config /etc/kapso-whatsapp/config.yaml', 'as the service sees it');
}

function statusCommand(y: Argv): Argv {
  return withOptions(y, stateOptions)
    .usage(
      '$0 status\n\nExits with 0 when the poller runs and all is well, 69 when it does not run, 75 when something is amiss.',
    )
    .example('$0 status', '')
    .example('$0 status --json | jq .queue', 'how many messages are in which state');
}
