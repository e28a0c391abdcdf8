import yargs, { type Argv } from 'yargs';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { version } from '../version.ts';
import { type AccessAction, accessActions, accessCommands } from './access-commands.ts';
import { backupCommand, restoreCommand } from './backup-commands.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { common, stateOptions, withOptions } from './common-options.ts';
import { type ConfigAction, configActions, configCommands } from './config-commands.ts';
import { type ContactsAction, contactsActions, contactsCommands } from './contacts-commands.ts';
import { demoCommand } from './demo-command.ts';
import { doctorCommand } from './doctor-command.ts';
import { exitCodes } from './exit-code-help.ts';
import { reportFailure } from './failure.ts';
import { forgetCommand } from './forget-command.ts';
import { type InboxAction, inboxActions, inboxCommands } from './inbox-commands.ts';
import { type MediaAction, mediaActions, mediaCommands } from './media-commands.ts';
import { assertMayRun } from './operator-only.ts';
import { type OutboxAction, outboxActions, outboxCommands } from './outbox-commands.ts';
import { readCommand } from './read.ts';
import { sendCommand } from './send-command.ts';
import { type StateAction, stateActions, stateCommands } from './state-commands.ts';
import { statusCommand } from './status-command.ts';
import { type TemplatesAction, templatesActions, templatesCommands } from './templates-commands.ts';
import type { Terminal } from './terminal.ts';
import { traceCommand } from './trace-command.ts';
import { type UnitsAction, unitsActions, unitsCommands } from './units-commands.ts';
import { noCommandAfter, usageMessage } from './usage-message.ts';
import { type WebhookAction, webhookActions, webhookCommands } from './webhook-commands.ts';

const programName = 'kapso-whatsapp-cli';

const completion = 'completion';

/** What `send` needs of the inbox, which it does without in most cases. */
export const readInbox = () => import('./account-of-message.ts');

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
      const config = await import('./config.ts');
      const command = {
        init: config.initConfig,
        import: config.importConfig,
        check: config.checkConfig,
        show: config.showConfig,
        explain: config.explainConfig,
        schema: config.printSchema,
      }[action];
      code = await command(args, terminal, context);
    },
    status: async args => {
      if (args.watch) assertMayRun('status --watch', context.env);
      const { status, watchStatus } = { ...(await import('./status.ts')), ...(await import('./status-watch.ts')) };
      code = await (args.watch ? watchStatus : status)(args, terminal, context);
    },
    trace: async args => {
      code = await (await import('./trace.ts')).trace(args, terminal, context);
    },
    inbox: async (action, args) => {
      if (action === 'export') {
        code = await (await import('./inbox-export.ts')).exportInbox(args, terminal, context);
        return;
      }
      const { drop, list, retry, show } = await import('./inbox.ts');
      const { tail } = await import('./tail.ts');
      code = await { list, tail, show, retry, drop }[action](args, terminal, context);
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
    backup: async args => {
      code = await (await import('./backup.ts')).backup(args, terminal, context);
    },
    forget: async args => {
      code = await (await import('./forget.ts')).forget(args, terminal, context);
    },
    restore: async args => {
      code = await (await import('./backup.ts')).restore(args, terminal, context);
    },
    state: async (_action, args) => {
      code = await (await import('./state-migrate.ts')).migrateState(args, terminal, context);
    },
    demo: async args => {
      code = await (await import('./demo.ts')).demo(args, context);
    },
    doctor: async args => {
      code = await (await import('./doctor.ts')).doctor(args, terminal, context);
    },
    explain: async args => {
      code = await (await import('./explain.ts')).explainError(args, terminal);
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
  trace: [],
  demo: [],
  doctor: [],
  preflight: [],
  explain: [],
  config: configActions,
  inbox: inboxActions,
  outbox: outboxActions,
  access: accessActions,
  contacts: contactsActions,
  backup: [],
  restore: [],
  forget: [],
  state: stateActions,
  media: mediaActions,
  templates: templatesActions,
  webhook: webhookActions,
  units: unitsActions,
};

export interface Handlers {
  send(args: CommandArguments): void;
  config(action: ConfigAction, args: CommandArguments): Promise<void>;
  status(args: CommandArguments): Promise<void>;
  demo(args: CommandArguments): Promise<void>;
  doctor(args: CommandArguments): Promise<void>;
  explain(args: CommandArguments): Promise<void>;
  trace(args: CommandArguments): Promise<void>;
  inbox(action: InboxAction, args: CommandArguments): Promise<void>;
  outbox(action: OutboxAction, args: CommandArguments): Promise<void>;
  access(action: AccessAction, args: CommandArguments): Promise<void>;
  contacts(action: ContactsAction, args: CommandArguments): Promise<void>;
  backup(args: CommandArguments): Promise<void>;
  restore(args: CommandArguments): Promise<void>;
  forget(args: CommandArguments): Promise<void>;
  state(action: StateAction, args: CommandArguments): Promise<void>;
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
      templatesCommands(y, handlers.templates).demandCommand(1, noCommandAfter('templates', templatesActions)),
    )
    .command('config', 'begin, check and show the configuration', y =>
      configCommands(y, handlers.config).demandCommand(1, noCommandAfter('config', configActions)),
    )
    .command('status', 'say whether the poller runs, and how it fares', statusCommand, args => handlers.status(args))
    .command(['doctor', 'preflight'], 'look at all that the poller needs, and say what to do', doctorCommand, args =>
      handlers.doctor(args),
    )
    .command('explain [code]', 'say what an error code means, and what to do about it', explainCommand, args =>
      handlers.explain(args),
    )
    .command('demo', 'try everything without an account, on a page in your browser', demoCommand, args =>
      handlers.demo(args),
    )
    .command('inbox', 'look at received messages; retry, drop or export them', y =>
      inboxCommands(y, handlers.inbox).demandCommand(1, noCommandAfter('inbox', inboxActions)),
    )
    .command('trace <id>', 'show the life of one message', traceCommand, args => handlers.trace(args))
    .command('outbox', 'look at answers to customers; retry or drop them', y =>
      outboxCommands(y, handlers.outbox).demandCommand(1, noCommandAfter('outbox', outboxActions)),
    )
    .command('access', 'see who may write; let in or keep out who waits for it', y =>
      accessCommands(y, handlers.access).demandCommand(1, noCommandAfter('access', accessActions)),
    )
    .command('contacts', 'see who has written; link or unlink the numbers and ids of one person', y =>
      contactsCommands(y, handlers.contacts).demandCommand(1, noCommandAfter('contacts', contactsActions)),
    )
    .command('backup <file>', 'write all that the poller keeps into one file', backupCommand, args =>
      handlers.backup(args),
    )
    .command('restore <file>', 'put a backup into the state directory', restoreCommand, args => handlers.restore(args))
    .command('forget [contact]', 'delete what is kept of a person', forgetCommand, args => handlers.forget(args))
    .command('state', 'move the inbox to PostgreSQL, or back', y =>
      stateCommands(y, handlers.state).demandCommand(1, noCommandAfter('state', stateActions)),
    )
    .command('media', 'get the files that customers have sent, and the words in them', y =>
      mediaCommands(y, handlers.media).demandCommand(1, noCommandAfter('media', mediaActions)),
    )
    .command('webhook', 'register the webhook at Kapso; list, test or remove webhooks', y =>
      webhookCommands(y, handlers.webhook, c => withOptions(c, stateOptions)).demandCommand(
        1,
        noCommandAfter('webhook', webhookActions),
      ),
    )
    .command('units', 'write the systemd units of the poller', y =>
      unitsCommands(y, handlers.units).demandCommand(1, noCommandAfter('units', unitsActions)),
    )
    .completion(
      completion,
      `print a completion script for bash or zsh: eval "$(${programName} completion)"; fish: dist/completions/${programName}.fish`,
    )
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

function explainCommand(y: Argv): Argv {
  return withOptions(y, { json: common.json })
    .positional('code', {
      type: 'string',
      describe: 'the code, as the error shows it, or a number of Meta; without it all of this program are listed',
    })
    .example('$0 explain KAPSO_UNREACHABLE', '')
    .example('$0 explain 131047', "Meta's code")
    .example('$0 explain', 'all codes with their exit codes');
}
