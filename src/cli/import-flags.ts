import type { OptionDeclaration } from './send-options.ts';

export const importOptions = {
  to: { type: 'string', value: 'FILE', describe: 'the YAML file to write; by default the one that the poller uses' },
  'state-dir': {
    type: 'string',
    value: 'DIR',
    describe: "the poller's state directory, where it is not that of the bridge",
  },
  'last-poll': {
    type: 'string',
    value: 'FILE',
    describe: "the bridge's position, where it is not in its state directory",
  },
  'dry-run': { type: 'boolean', describe: 'show what would be written, and write nothing' },
  json: { type: 'boolean', describe: 'print JSON on standard output, errors too' },
} as const satisfies Record<string, OptionDeclaration>;

export const importUsage = `$0 config import FILE…

Reads the configuration of openclaw-kapso-whatsapp (Go) or one of its forks: a
file that ends in .toml as its config.toml, any other as environment variables,
which win. Says of each entry what it became, or why it has no counterpart.
Nothing in a file is run, and no secret is shown. Secrets get files of their own
(0600) beside the configuration. No file is replaced. Of the bridge's files only
a position that nothing has moved any more is renamed, to last-poll.old.

Stop the bridge first: the first start of the poller begins at its position.

With --json it prints {"file", "files", "entries", "differences", "position",
"missing"}. Exits with 78 when the poller would still miss something.`;
