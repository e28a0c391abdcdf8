import type { Argv } from 'yargs';
import type { OptionDeclaration } from './send-options.ts';

/** Options of every command that reads the configuration. */
export const common = {
  config: { type: 'string', value: 'FILE', describe: 'the configuration file' },
  json: { type: 'boolean', describe: 'print JSON on standard output, errors too' },
} as const satisfies Record<string, OptionDeclaration>;

/** Further options of commands that look at the state directory. */
export const stateOptions = {
  ...common,
  'state-dir': {
    type: 'string',
    value: 'DIR',
    describe: "the poller's state directory, where it is not the configured one",
  },
} as const satisfies Record<string, OptionDeclaration>;

/** Declares options to yargs. An option that is no flag needs a value. */
export function withOptions(y: Argv, options: Readonly<Record<string, OptionDeclaration>>): Argv {
  let program = y;
  for (const [name, { type, describe }] of Object.entries(options)) {
    program = program.option(name, { type, describe, requiresArg: type === 'string' });
  }
  return program;
}
