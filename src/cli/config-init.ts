import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { configDirectory, configFileNames } from '../config/file.ts';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { toJson } from './format.ts';
import { orRefusal } from './refused-write.ts';
import type { Terminal } from './terminal.ts';

/** A configuration to begin with. What the reader has to fill in, or may need, is commented out. */
export const firstConfig = `# The configuration of kapso-whatsapp. Is it right? kapso-whatsapp-cli config check
# All settings, with what they mean: kapso-whatsapp-cli config schema

kapso:
  # The id of your number, as Kapso shows it; in quotes.
  # phoneNumberId: "647015955153740"

  # A file that holds Kapso's API key, and that only you can read. A relative path begins where this file is.
  # apiKeyFile: kapso-api-key

gateway:
  # The OpenClaw gateway.
  url: "ws://127.0.0.1:18789"

  # A file that holds its shared token, if it has one.
  # tokenFile: gateway-token

# Who may write to the agent. A number is public, and an agent can run programs.
access:
  # pairing: whoever you have approved. allowlist: whoever is in allowFrom. open: whoever writes.
  policy: pairing

  # Whoever is in this list needs no approval: numbers with + and country code, in quotes.
  # allowFrom: ["+15551234567"]
`;

/** `config init`: writes a configuration to begin with. Replaces none. */
export async function initConfig(args: CommandArguments, terminal: Terminal, context: CliContext): Promise<ExitCode> {
  const path = pathFor(args, context);
  const directory = dirname(path);
  const hint = 'Name another file: kapso-whatsapp-cli config init FILE';
  orRefusal(() => mkdirSync(directory, { recursive: true, mode: 0o700 }), hint);
  const other = directory === configDirectory(context) ? configFileNames.map(name => join(directory, name)) : [path];
  const existing = other.find(file => lstatSync(file, { throwIfNoEntry: false }));
  if (existing !== undefined) throw new UsageError(`${existing} exists already, and is left as it is`, { hint });
  // Exclusive: it neither replaces a file that came meanwhile nor follows a link.
  orRefusal(() => writeFileSync(path, firstConfig, { flag: 'wx', mode: 0o600 }), hint);
  if (args.json) terminal.out(`${toJson({ file: path })}\n`);
  else
    terminal.out(
      `${path}: written. Fill in kapso.phoneNumberId and kapso.apiKeyFile, then: kapso-whatsapp-cli config check\n`,
    );
  return exitCode.ok;
}

function pathFor(args: CommandArguments, context: CliContext): string {
  const named = textOption(args, 'file');
  const option = textOption(args, 'config');
  if (named !== undefined && option !== undefined) throw new UsageError('two configuration files are given');
  const given = named ?? option;
  if (given === undefined) return join(configDirectory(context), 'config.yaml');
  if (!/\.ya?ml$/.test(given)) throw new UsageError('the file is YAML: its name must end in .yaml or .yml');
  return resolve(given);
}
