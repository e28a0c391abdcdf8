import { stateOptions } from '../src/cli/common-options.ts';
import { type OptionDeclaration, sendOptions } from '../src/cli/send-options.ts';
import { pollerHelp } from '../src/poller-options.ts';
import { commands, helpOf } from './commands.ts';

/** An option of a command, as the help names it. */
export interface Option {
  /** Without dashes. */
  name: string;
  /** One letter, without its dash. */
  short?: string;
  /** What stands for the value in manuals, such as `FILE`; absent for a flag. */
  value?: string;
  /** The values that there are, where only some are right. */
  choices: string[];
  describe: string;
}

/** A word and what it means: a command within a group, or a word that a command takes. */
export interface Entry {
  name: string;
  /** Other names of the same command. */
  aliases: string[];
  describe: string;
}

/** What the help of one command says, in parts. */
export interface Command {
  /** The words after the program's name. */
  words: string[];
  /** The forms in which it is called. */
  usage: string[];
  paragraphs: string[];
  commands: Entry[];
  positionals: Entry[];
  groups: { title: string; options: Option[] }[];
  examples: { command: string; describe: string }[];
}

const cli = 'kapso-whatsapp-cli';

/** Placeholders, which yargs does not print. */
const declared: Readonly<Record<string, OptionDeclaration>> = { ...sendOptions, ...stateOptions };

const trailers = / {2}\[(?:string|boolean|array|number|count|required|default: .*|choices: .*|aliases: .*)\]/;
const optionRow = /^ {2,}(?:-(\w), )?--([\w-]+)(?: {2,}(.*))?$/;

/** Reads the help of a command of the CLI, as yargs prints it without breaking lines. */
export function readHelp(words: readonly string[], help: string): Command {
  const command: Command = {
    words: [...words],
    usage: [],
    paragraphs: [],
    commands: [],
    positionals: [],
    groups: [],
    examples: [],
  };
  const [usage = '', ...blocks] = help.trim().split(/\n{2,}/);
  command.usage = usage.split('\n').map(line => line.trim());
  for (const block of blocks) readBlock(block, command);
  return command;
}

function readBlock(block: string, command: Command): void {
  const [title = '', ...rows] = block.split('\n');
  const heading = /^(.+):$/.exec(title)?.[1];
  const hasRows = heading !== undefined && rows.length > 0 && rows.every(row => row.startsWith('  '));
  if (!hasRows) command.paragraphs.push(block);
  else if (heading === 'Commands') command.commands = rows.map(row => readCommand(row, command.words));
  else if (heading === 'Positionals') command.positionals = rows.map(row => readEntry(withoutTrailers(row).text));
  else if (heading === 'Examples') command.examples = rows.map(readExample);
  else if (rows.every(row => optionRow.test(row))) {
    command.groups.push({ title: heading, options: rows.map(readOption) });
  } else command.paragraphs.push(block);
}

/** Takes off what yargs puts behind a description: `[string]`, `[choices: "a", "b"] [default: "20"]`, `[aliases: x]`. */
function withoutTrailers(row: string): { text: string; trailers: string[] } {
  const at = row.search(trailers);
  return at < 0
    ? { text: row, trailers: [] }
    : { text: row.slice(0, at), trailers: row.slice(at + 3, -1).split('] [') };
}

function readEntry(row: string, aliases: string[] = []): Entry {
  const [, name = '', describe = ''] = /^ *(.*?)(?: {2,}(.*))?$/.exec(row) ?? [];
  return { name, aliases, describe: describe.trim() };
}

function readCommand(row: string, words: readonly string[]): Entry {
  const { text, trailers } = withoutTrailers(row);
  const aliases = trailers.flatMap(found => /^aliases: (.*)$/.exec(found)?.[1]?.split(', ') ?? []);
  return readEntry(text.replace(`${[cli, ...words].join(' ')} `, ''), aliases);
}

function readExample(row: string): { command: string; describe: string } {
  const { name, describe } = readEntry(row);
  return { command: name, describe };
}

function readOption(row: string): Option {
  const { text, trailers } = withoutTrailers(row);
  const [, short, name = '', describe = ''] = optionRow.exec(text) ?? [];
  const choices = trailers.flatMap(found => /^choices: (.*)$/.exec(found)?.[1]?.split(', ') ?? []);
  const byDefault = trailers.flatMap(found => /^default: (.*)$/.exec(found)?.[1] ?? []).filter(value => value !== '[]');
  return {
    name,
    ...(short === undefined ? {} : { short }),
    ...(trailers.includes('boolean') ? {} : { value: declared[name]?.value ?? 'VALUE' }),
    choices: choices.map(unquote),
    describe: byDefault.length > 0 ? `${describe.trim()} (default: ${byDefault.map(unquote)})` : describe.trim(),
  };
}

function unquote(text: string): string {
  return text.replace(/^"(.*)"$/, '$1');
}

/** Every command of the CLI: first the program itself, and a group before its commands. */
export function commandTable(): Command[] {
  return [[], ...commands()].map(words => readHelp(words, helpOf(words, null)));
}

/** The poller, which has no commands. */
export function pollerTable(help: string = pollerHelp): Command {
  const [usage = '', ...blocks] = help.trim().split(/\n{2,}/);
  const rowsOf = (heading: string) =>
    blocks
      .find(block => block.startsWith(`${heading}:\n`))
      ?.split('\n')
      .slice(1) ?? [];
  const options = rowsOf('Options').map((row): Option => {
    const [, name, value, describe] = /^ {2}--([\w-]+)(?: ([A-Z]+))? {2,}(.*)$/.exec(row) ?? [];
    if (name === undefined || describe === undefined) throw new Error(`no option of the poller: ${row}`);
    return { name, ...(value === undefined ? {} : { value }), choices: [], describe };
  });
  return {
    words: [],
    usage: [usage],
    paragraphs: blocks.filter(block => !/^(Options|Examples):\n/.test(block)),
    commands: [],
    positionals: [],
    groups: [{ title: 'Options', options }],
    examples: rowsOf('Examples').map(row => ({ command: row.trim(), describe: '' })),
  };
}
