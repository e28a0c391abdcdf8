import { lstatSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { configDirectory } from '../config/file.ts';
import { allSecretsOf, loadConfig } from '../config/load.ts';
import type { SchemaNode } from '../config/schema-node.ts';
import { readYaml } from '../config/yaml.ts';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { createScrub } from '../observe/scrub.ts';
import { escapeControls } from '../printable.ts';
import { readTextFile } from '../text-file.ts';
import { textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { existingFile, otherFile, systemFiles } from './config-path.ts';
import { firstConfig } from './config-template.ts';
import { toJson } from './format.ts';
import { askForAccount } from './init-account.ts';
import { type Afterwards, finish } from './init-afterwards.ts';
import { askForAccess, askForGateway, askForMode, askForSkill, askForUnits, assertOptions } from './init-questions.ts';
import type { Interview } from './interview.ts';
import { createPrompts, Interrupted, type Prompts } from './prompts.ts';
import { orRefusal } from './refused-write.ts';
import type { Terminal } from './terminal.ts';

/** Bytes of a configuration that is changed. */
const mostBytes = 128 * 1024;
/** As a shell reports a program that Ctrl-C has ended. */
const interruptedCode = 130;

/** `config init`: asks, or takes options, and writes a configuration; then it does what else was asked for. */
export async function initConfig(args: CommandArguments, terminal: Terminal, context: CliContext): Promise<ExitCode> {
  const path = pathFor(args, context);
  const existing = existingFile(path, context);
  if (args.template) return writeTemplate(args, terminal, { path, existing });
  const prompts = isAsked(args) ? createPrompts(process) : null;
  try {
    return await interview(args, terminal, { context, path, existing, prompts });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    terminal.err('\nkapso-whatsapp-cli: interrupted; nothing was written.\n');
    return terminal.exit(interruptedCode);
  } finally {
    prompts?.close();
  }
}

/** A person answers where both the questions and the answers are on a terminal. */
function isAsked(args: CommandArguments): boolean {
  const { isatty } = process.getBuiltinModule('node:tty');
  return !args.yes && !args.json && isatty(0) && isatty(2);
}

/** The variables that the program reads; of the system's service also where systemd has its secrets and its state. */
function environmentOf({ context: { env }, existing, path }: Given): NodeJS.ProcessEnv {
  const own = { CREDENTIALS_DIRECTORY: systemFiles.secrets, STATE_DIRECTORY: systemFiles.state };
  return { ...env, ...((existing ?? path) === systemFiles.config && own) };
}

interface Given {
  context: CliContext;
  path: string;
  /** The file that is there already; null for none. */
  existing: string | null;
  prompts: Prompts | null;
}

async function interview(args: CommandArguments, terminal: Terminal, given: Given): Promise<ExitCode> {
  const { context, prompts } = given;
  const before = await whatIsThere(args, given);
  const asked: Interview = {
    ...{ args, prompts, settings: new Map(), secrets: new Map() },
    context: { ...context, env: environmentOf(given) },
    path: given.existing ?? given.path,
    isSystem: (given.existing ?? given.path) === systemFiles.config,
    present: before?.values ?? null,
    phone: null,
    notice: text =>
      prompts === null ? terminal.err(`kapso-whatsapp-cli: ${escapeControls(text)}.\n`) : prompts.say(`  ${text}.`),
    input: () => terminal.input(mostBytes),
  };
  assertOptions(asked);
  await askForAccount(asked);
  await askForMode(asked);
  await askForGateway(asked);
  await askForAccess(asked);
  const afterwards: Afterwards = { skill: await askForSkill(asked), units: await askForUnits(asked) };
  const { default: schema } = await import('../../schema/kapso-whatsapp.schema.json', { with: { type: 'json' } });
  const { configText, editConfig } = await import('#setup');
  const node = schema as unknown as SchemaNode;
  const text =
    before === null
      ? configText(node, asked.settings, head)
      : editConfig(node, asked.path, before.text, asked.settings);
  const written = await write(asked, { text, before: before?.text ?? null });
  return finish({ ...afterwards, written, interview: asked }, terminal);
}

const head = [
  'The configuration of kapso-whatsapp, as kapso-whatsapp-cli config init has written it. Is it right?',
  'kapso-whatsapp-cli config check. What a key means, and where its value comes from: kapso-whatsapp-cli config explain KEY.',
];

/** Shows what is to be written, and writes it when the person agrees. */
async function write(
  { path, secrets, prompts, context, isSystem }: Interview,
  { text, before }: { text: string; before: string | null },
) {
  const { differences, writeSetup } = await import('#setup');
  const directory = isSystem ? systemFiles.secrets : dirname(path);
  const files = new Map([...secrets].map(([name, secret]) => [join(directory, name), secret]));
  if (before !== null && before === text && files.size === 0) return [{ path, change: 'unchanged' as const }];
  if (prompts !== null) {
    const shown = before === null ? text : differences(before, text);
    prompts.say(`\n${createScrub(context.secrets)(shown).trimEnd()}\n`);
    const names = [...files.keys(), path].join(', ');
    if (!(await prompts.yes(`Write ${names}?`, true))) throw new Interrupted();
  }
  // From here to the end of the writes nothing is awaited: an interruption comes before all of them, or after.
  return orRefusal(() => writeSetup({ path, text, before, secrets: files, isPublic: isSystem }), otherFile);
}

/** Reads the file that is to be changed. Throws a `UsageError` where none may be. */
async function whatIsThere(
  args: CommandArguments,
  { existing, prompts, context }: Given,
): Promise<{ text: string; values: unknown } | null> {
  if (existing === null) {
    if (args.edit) throw new UsageError('there is no configuration file to change', { hint: 'Leave --edit out' });
    return null;
  }
  const leave = `${existing} exists already, and is left as it is`;
  if (!args.edit && prompts === null) {
    throw new UsageError(leave, { hint: `With --edit it is changed. ${otherFile}` });
  }
  if (!/\.ya?ml$/.test(existing)) throw new UsageError(`${leave}: only YAML is changed`, { hint: otherFile });
  if (lstatSync(existing).isSymbolicLink()) {
    throw new UsageError(`${leave}: it is a link to ${realpathSync(existing)}`, {
      hint: `Change it where it is made, or name it: kapso-whatsapp-cli config init ${realpathSync(existing)}`,
    });
  }
  if (prompts !== null && !args.edit) {
    prompts.say(`${existing} exists already. What you answer anew is changed in it; the rest stays, comments too.`);
    if (!(await prompts.yes('Change it?', true))) throw new Interrupted();
  }
  // What is wrong with it is said now, and not after the questions. Its secrets are hidden from here on.
  const { env, home } = context;
  const loaded = await loadConfig({ env, home, need: 'none', configFile: existing });
  for (const secret of allSecretsOf(loaded)) context.secrets.add(secret);
  if (loaded.accounts.some(({ at }) => at !== null)) {
    throw new UsageError(`${leave}: it has several numbers (accounts), which are changed by hand`, {
      hint: 'See docs/guides/several-numbers.md',
    });
  }
  const text = readTextFile(existing, mostBytes);
  return { text, values: readYaml(existing, text).values ?? {} };
}

function writeTemplate(
  args: CommandArguments,
  terminal: Terminal,
  { path, existing }: { path: string; existing: string | null },
): ExitCode {
  if (existing !== null) throw new UsageError(`${existing} exists already, and is left as it is`, { hint: otherFile });
  orRefusal(() => mkdirSync(dirname(path), { recursive: true, mode: 0o700 }), otherFile);
  // Exclusive: it neither replaces a file that came meanwhile nor follows a link.
  orRefusal(() => writeFileSync(path, firstConfig, { flag: 'wx', mode: 0o600 }), otherFile);
  const next = 'Fill in kapso.phoneNumberId and kapso.apiKeyFile, then: kapso-whatsapp-cli config check';
  terminal.out(args.json ? `${toJson({ file: path })}\n` : `${path}: written. ${next}\n`);
  return exitCode.ok;
}

function pathFor(args: CommandArguments, context: CliContext): string {
  const named = textOption(args, 'file');
  const option = textOption(args, 'config');
  if (named !== undefined && option !== undefined) throw new UsageError('two configuration files are given');
  const given = named ?? option;
  if (given === undefined && args.units === 'system') return systemFiles.config;
  if (given === undefined) return join(configDirectory(context), 'config.yaml');
  if (!/\.ya?ml$/.test(given)) throw new UsageError('the file is YAML: its name must end in .yaml or .yml');
  return resolve(given);
}
