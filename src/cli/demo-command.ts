import type { Argv } from 'yargs';
import { flowing } from './flowing.ts';

/** The command `demo`, for yargs. */
export function demoCommand(y: Argv): Argv {
  return y
    .option('open', { type: 'boolean', describe: 'open the page in your browser' })
    .option('port', { type: 'string', requiresArg: true, describe: "the page's port; without it, any free one" })
    .option('gateway', {
      type: 'string',
      requiresArg: true,
      describe: 'the address of your own OpenClaw gateway, in the place of the simulated one',
    })
    .option('token', {
      type: 'string',
      requiresArg: true,
      describe: 'its token, where others do not see your commands',
    })
    .option('token-file', { type: 'string', requiresArg: true, describe: 'a file with its token' })
    .option('no-page', { type: 'boolean', describe: 'the demo in the terminal: each line is a message' })
    .option('say', {
      type: 'string',
      requiresArg: true,
      describe: 'send this in the terminal, print the answer, and end',
    })
    .option('verbose', { type: 'boolean', describe: "show the poller's log as well" })
    .usage(
      flowing(`$0 demo

Tries everything without an account: a page for your browser shows a customer's
phone beside the bridge. Kapso and the agent are simulated; the poller, its inbox
and the command line are the real ones. You can kill each part and start it again.

It prints the page's address, which has a token in it and is for this machine
only. Everything lies in a directory of its own, which goes when Ctrl-C ends it.
With --gateway the agent is your own; OPENCLAW_TOKEN may hold its token.`),
    )
    .example('$0 demo --open', '')
    .example('$0 demo --gateway ws://127.0.0.1:18789 --token-file ~/.openclaw-token', 'with your own agent')
    .example('$0 demo --say hello', 'one message and its answer, in the terminal');
}
