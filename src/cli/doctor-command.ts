import type { Argv } from 'yargs';
import { stateOptions, withOptions } from './common-options.ts';
import { flowing } from './flowing.ts';

/** The arguments of `doctor`, for yargs. */
export function doctorCommand(y: Argv): Argv {
  return withOptions(y, {
    ...stateOptions,
    deep: { type: 'boolean', describe: 'have the agent answer a question too: it costs a call of its model' },
  })
    .usage(
      flowing(`$0 doctor

Looks at the configuration, the state directory, the service, Kapso, the webhook
and the gateway as the poller does, and prints a line for each: OK, WARN or FAIL
with what to do. Nothing is changed, and the poller may run meanwhile. Run it as
the user of the poller, with its environment.

Exits with 0 when nothing failed, else with the code of the first failure: 78 for
the configuration, 77 for the API key, 69 or 75 for the rest.`),
    )
    .example('$0 doctor', '')
    .example('$0 doctor --deep', 'with an answer of the agent')
    .example('sudo -u kapso-whatsapp $0 doctor --config /etc/kapso-whatsapp/config.yaml', 'as the service sees it');
}
