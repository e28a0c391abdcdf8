import { parseArgs } from 'node:util';
import { UsageError } from './errors.ts';
import { exitCode } from './exit-codes.ts';
import { describeError } from './observe/log.ts';
import { writeAll } from './observe/write-all.ts';
import { version } from './version.ts';

export const pollerHelp = `kapso-whatsapp-poller [options]

Receives WhatsApp messages from Kapso and hands each one, once and in order, to an OpenClaw agent.

Options:
  --config FILE        the configuration file (default: kapso-whatsapp/config.yaml in the XDG configuration directory)
  --check-config       check the configuration and exit: 0 when it is right, 78 when not
  --once               poll once, hand over what there is, and exit: 75 when something has to wait for the next time
  --idle-exit SECONDS  exit when nothing has happened for so long; systemd's socket starts it again
  --version            print the version
  --help               print this

Signals: SIGTERM and SIGINT end it when what is under way has ended; a second one ends it at once. SIGHUP reads the configuration
again. SIGUSR2 polls now.

Examples:
  KAPSO_API_KEY=… KAPSO_PHONE_NUMBER_ID=647000000000001 kapso-whatsapp-poller
  kapso-whatsapp-poller --config /etc/kapso-whatsapp.yaml --check-config

All settings: kapso-whatsapp-cli config schema
`;

/** The options on the command line. */
export interface Options {
  configFile?: string;
  checkConfig: boolean;
  once: boolean;
  /** Seconds without work before the program ends; null to run on. */
  idleExit: number | null;
}

/**
 * Reads the command line. `--help` and `--version` print and end the process.
 *
 * @throws UsageError
 */
export function readOptions(): Options {
  const values = parse();
  if (values.help || values.version) {
    writeAll(1, values.help ? pollerHelp : `${version}\n`);
    process.exit(exitCode.ok);
  }
  const idleExit = values['idle-exit'] ?? null;
  if (idleExit !== null && !/^[1-9][0-9]{0,5}$/.test(idleExit)) {
    throw new UsageError(`--idle-exit takes a whole number of seconds from 1 to 999999, not ${idleExit}`);
  }
  if (idleExit !== null && values.once) throw new UsageError('--once and --idle-exit do not go together');
  return {
    ...(values.config === undefined ? {} : { configFile: values.config }),
    checkConfig: values['check-config'],
    once: values.once,
    idleExit: idleExit === null ? null : Number(idleExit),
  };
}

function parse() {
  try {
    return parseArgs({
      options: {
        config: { type: 'string' },
        'check-config': { type: 'boolean', default: false },
        once: { type: 'boolean', default: false },
        'idle-exit': { type: 'string' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    throw new UsageError(describeError(cause), { cause });
  }
}
