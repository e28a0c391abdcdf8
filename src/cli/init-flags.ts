import type { OptionDeclaration } from './send-options.ts';

/** The options of `config init` that answer its questions. */
export const initOptions = {
  yes: { type: 'boolean', describe: 'ask nothing: take the options, and what is proposed' },
  edit: { type: 'boolean', describe: 'change an existing file: only what is given or answered anew' },
  template: { type: 'boolean', describe: 'write a file to fill in by hand, and ask nothing' },
  'api-key-file': {
    type: 'string',
    value: 'FILE',
    describe: "a file with Kapso's API key; - reads it from standard input",
  },
  number: { type: 'string', value: 'NUMBER', describe: 'the business number, whose id Kapso is asked for' },
  'phone-number-id': { type: 'string', value: 'ID', describe: 'the id itself, where Kapso is not to be asked' },
  mode: { type: 'string', value: 'MODE', describe: 'polling (proposed), tailscale or domain' },
  'public-url': {
    type: 'string',
    value: 'URL',
    describe: 'the public https address of the webhook, in the mode domain',
  },
  register: { type: 'boolean', describe: 'register the webhook at Kapso now; the poller keeps it registered' },
  'gateway-url': { type: 'string', value: 'URL', describe: 'the WebSocket address of the gateway' },
  'gateway-token-file': { type: 'string', value: 'FILE', describe: "a file with the gateway's token" },
  policy: {
    type: 'string',
    value: 'POLICY',
    describe: 'who may write: pairing (proposed), allowlist, open or disabled',
  },
  allow: { type: 'string', value: 'NUMBER', describe: 'somebody who may write; give it again for more' },
  admin: { type: 'string', value: 'NUMBER', describe: 'your own number: it may write, with the role admin' },
  commands: { type: 'boolean', describe: 'let that number command by WhatsApp: !status, !stop and the like' },
  skill: {
    type: 'string',
    value: 'WHERE',
    describe: 'copy the skill: workspace, managed, none, or a skills directory',
  },
  'replace-skill': { type: 'boolean', describe: 'replace a changed skill; the former one gets the ending .old' },
  units: { type: 'string', value: 'FOR', describe: 'install the systemd units: user, system or none (proposed)' },
  'no-doctor': { type: 'boolean', describe: 'do not look at the set-up at the end' },
} as const satisfies Record<string, OptionDeclaration>;

export const initUsage = `$0 config init [file]

On a terminal it asks for what is missing, and shows what it will write. Without
one, or with --yes or --json, it takes the options, the variables of the
configuration and what is proposed, and asks nothing. The key is never an
argument: it comes from a question that does not show it, a file, standard input
or KAPSO_API_KEY, and gets a file of its own (0600) beside the configuration.

An existing file is never replaced. With --edit, or when you agree, what is
answered anew is changed in it; comments and all else stay.

Exits with the code of the first step that failed: of doctor, with which it ends,
of the registration, or 69 when a changed skill was left. 130 after Ctrl-C:
then nothing was written.`;
