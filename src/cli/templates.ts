import { nearest } from '../config/suggest.ts';
import type { Template } from '../domain/template.ts';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { columns, toJson } from './format.ts';
import { openClient } from './kapso-client.ts';
import { templateView, templateWords } from './templates-view.ts';
import type { Terminal } from './terminal.ts';

type Command = (args: CommandArguments, terminal: Terminal, context: CliContext) => Promise<ExitCode>;

/** `templates list`. */
export const list: Command = async (args, terminal, context) => {
  const all = await read(args, context);
  const templates = args.approved === true ? all.filter(({ status }) => status === 'APPROVED') : all;
  if (args.json) terminal.out(`${toJson(templates.map(templateView))}\n`);
  else if (templates.length === 0) terminal.out('The business has no such templates.\n');
  else {
    const head = ['NAME', 'LANGUAGE', 'STATE', 'CATEGORY', 'TEXT'];
    terminal.out(columns([head, ...templates.map(rowOf)]));
  }
  return exitCode.ok;
};

/** `templates show`: every language of a template, or one. */
export const show: Command = async (args, terminal, context) => {
  const name = textOption(args, 'name')?.trim() ?? '';
  const language = textOption(args, 'lang')?.trim().replace('-', '_');
  const all = await read(args, context);
  const named = all.filter(template => template.name === name);
  const found = named.filter(template => language === undefined || template.language === language);
  if (named.length === 0) {
    const near = nearest(name, new Set(all.map(template => template.name)));
    throw new UsageError(`there is no template ${JSON.stringify(name)}`, {
      hint: near === null ? "See the names with 'templates list'" : `Did you mean ${near}?`,
    });
  }
  if (found.length === 0) {
    throw new UsageError(`the template ${name} is not there in ${language}`, {
      hint: `It is there in ${named.map(template => template.language).join(', ')}`,
    });
  }
  if (args.json) terminal.out(`${toJson(found.map(templateView))}\n`);
  else terminal.out(found.map(templateWords).join('\n'));
  return exitCode.ok;
};

async function read(args: CommandArguments, context: CliContext): Promise<Template[]> {
  const client = await openClient({ config: textOption(args, 'config'), from: textOption(args, 'from') }, context);
  const found = await client.listTemplates({}, new AbortController().signal);
  return found.sort((a, b) => (`${a.name} ${a.language}` < `${b.name} ${b.language}` ? -1 : 1));
}

const longestText = 60;

function rowOf(template: Template): string[] {
  const { body } = templateView(template);
  const line = body.replace(/\s+/g, ' ').trim();
  const text = line.length <= longestText ? line : `${line.slice(0, longestText - 1).toWellFormed()}…`;
  return [template.name, template.language, template.status ?? '-', template.category ?? '-', text];
}
