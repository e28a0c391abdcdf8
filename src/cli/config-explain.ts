import type { Explained, ExplainedSection, ExplainedSetting } from '../config/explain.ts';
import { explain, nearKeys } from '../config/explain.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { SchemaNode } from '../config/schema-node.ts';
import { isOurs, UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { createScrub } from '../observe/scrub.ts';
import { loadFor, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { columns, toJson } from './format.ts';
import type { Terminal } from './terminal.ts';

/** Characters of a line of the text. */
const width = 100;

/** `config explain [key]`: what a setting means, takes and is at present; or the keys of a section. */
export async function explainConfig(
  args: CommandArguments,
  terminal: Terminal,
  context: CliContext,
): Promise<ExitCode> {
  const { default: json } = await import('../../schema/kapso-whatsapp.schema.json', { with: { type: 'json' } });
  const schema = json as unknown as SchemaNode;
  const name = textOption(args, 'key') ?? '';
  const loaded = await loadIfRight(args, context);
  const explained = explain(schema, name, loaded);
  if (explained === null) throw unknownKey(schema, name);
  const scrub = createScrub(context.secrets);
  if (args.json) terminal.out(`${scrub(toJson(explained, 2))}\n`);
  else terminal.out(scrub(textOf(explained)));
  return exitCode.ok;
}

/** A wrong configuration is what a reader may want to understand by this. */
async function loadIfRight(args: CommandArguments, context: CliContext): Promise<LoadedConfig | null> {
  try {
    return await loadFor(args, context);
  } catch (error) {
    if (!isOurs(error) || error.code !== 'CONFIG_INVALID') throw error;
    return null;
  }
}

function unknownKey(schema: SchemaNode, name: string): UsageError {
  const near = nearKeys(schema, name);
  const all = 'kapso-whatsapp-cli config explain lists all';
  return new UsageError(`there is no setting or section ${name.slice(0, 80)}`, {
    hint: near.length === 0 ? all : `Did you mean ${near.join(', or ')}? ${all}`,
  });
}

function textOf(explained: Explained): string {
  return 'section' in explained ? sectionText(explained) : settingText(explained);
}

function sectionText({ section, description, keys }: ExplainedSection): string {
  const head = section === '' ? '' : `${section}\n\n${wrapped(description, '  ')}\n\n`;
  return `${head}${columns(keys.map(({ key, title }) => [`  ${key}`, title]))}\nkapso-whatsapp-cli config explain KEY says more.\n`;
}

function settingText(setting: ExplainedSetting): string {
  const { key, title, description, expected, unit, examples, variable, alternatives, fields, now, required } = setting;
  const unset = required ?? 'none';
  const value = setting.default === null ? unset : `${shown(setting.default)}${unit === null ? '' : ` ${unit}`}`;
  const dynamic = setting.default !== null && required !== null ? `; ${required}` : '';
  const rows = [
    ['Takes', expected],
    ['Default', `${value}${dynamic}`],
    ['Examples', examples.map(shown).join('   ')],
    ['Variable', variable],
    ['Or from', alternatives.join(', ')],
    ['Now', now === null ? 'not known: see kapso-whatsapp-cli config check' : `${now.value} (${now.origin})`],
    [
      'A change',
      setting.needsRestart ? 'takes effect at the next start' : 'takes effect in the running poller, at a reload',
    ],
  ];
  const parts = fields.map(field => [`  ${field.name}`, `${field.description}${field.required ? ' Required.' : ''}`]);
  return [
    `${key}: ${title}\n\n${wrapped(description, '  ')}\n\n`,
    rows
      .filter(([, text]) => text !== '')
      .map(([label = '', text = '']) => `  ${label.padEnd(9)} ${text}\n`)
      .join(''),
    fields.length === 0 ? '' : `\n  Each has:\n${columns(parts.map(([name = '', text = '']) => [`  ${name}`, text]))}`,
  ].join('');
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  let line = indent.slice(1);
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent.slice(1);
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}
