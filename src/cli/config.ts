import { loadConfig, type Need } from '../config/load.ts';
import { describeConfig } from '../config/show.ts';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { createScrub } from '../observe/scrub.ts';
import { hideSecrets, loadFor, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { columns, toJson } from './format.ts';
import type { Terminal } from './terminal.ts';

export { explainConfig } from './config-explain.ts';
export { importConfig } from './config-import.ts';
export { initConfig } from './config-init.ts';

/** `config check`: throws the `ConfigError` with which the program in question would end. */
export async function checkConfig(args: CommandArguments, terminal: Terminal, context: CliContext): Promise<ExitCode> {
  const named = textOption(args, 'file');
  const option = textOption(args, 'config');
  if (named !== undefined && option !== undefined) throw new UsageError('two configuration files are given');
  const configFile = named ?? option;
  const need = (textOption(args, 'for') ?? 'poller') as Need;
  const withoutSecrets = args['no-secrets'] === true;
  const { file, warnings } = hideSecrets(
    await loadConfig({
      env: context.env,
      home: context.home,
      need,
      withoutSecrets,
      ...(configFile === undefined ? {} : { configFile }),
    }),
    context,
  );
  if (args.json) terminal.out(`${toJson({ file, warnings, ...(withoutSecrets && { secrets: 'not checked' }) })}\n`);
  else {
    for (const warning of warnings) terminal.err(`kapso-whatsapp-cli: warning: ${warning}\n`);
    const left = withoutSecrets ? '; its secrets were not looked at' : '';
    terminal.out(`The configuration is right (${file ?? 'environment only'})${left}.\n`);
  }
  return exitCode.ok;
}

/** `config show`: every setting, without the secrets. */
export async function showConfig(args: CommandArguments, terminal: Terminal, context: CliContext): Promise<ExitCode> {
  const loaded = await loadFor(args, context);
  const scrub = createScrub(context.secrets);
  // A secret may also stand in the wrong place, such as a path or an address.
  const settings = describeConfig(loaded).map(setting => ({ ...setting, value: scrub(setting.value) }));
  if (args.json) {
    terminal.out(`${toJson({ file: loaded.file, settings, warnings: loaded.warnings }, 2)}\n`);
    return exitCode.ok;
  }
  terminal.out(columns(settings.map(({ key, value, origin }) => [key, value, `(${origin})`])));
  for (const warning of loaded.warnings) terminal.err(`kapso-whatsapp-cli: warning: ${warning}\n`);
  return exitCode.ok;
}

export async function printSchema(_args: CommandArguments, terminal: Terminal): Promise<ExitCode> {
  const { default: schema } = await import('../../schema/kapso-whatsapp.schema.json', { with: { type: 'json' } });
  terminal.out(`${toJson(schema, 2)}\n`);
  return exitCode.ok;
}
