import { dirname, join, resolve } from 'node:path';
import { configDirectory } from '../config/file.ts';
import { loadConfig } from '../config/load.ts';
import type { SchemaNode } from '../config/schema-node.ts';
import { unreadable } from '../config/secrets.ts';
import { absolute } from '../config/sources.ts';
import { isOurs, UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { createScrub } from '../observe/scrub.ts';
import type { BridgeConfiguration } from '../setup/from-bridge.ts';
import type { PositionPlan } from '../setup/position.ts';
import type { TranslatedEntry } from '../setup/translation.ts';
import type { WrittenFile } from '../setup/write-setup.ts';
import { listOption, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { existingFile } from './config-path.ts';
import { columns, toJson } from './format.ts';
import { orRefusal } from './refused-write.ts';
import type { Terminal } from './terminal.ts';

const head = [
  'The configuration of kapso-whatsapp, as kapso-whatsapp-cli config import has made it from that of a Go bridge. Is it right?',
  'kapso-whatsapp-cli config check. What a key means, and where its value comes from: kapso-whatsapp-cli config explain KEY.',
];

/** `config import`: makes our configuration from that of a Go bridge, and takes its position. It changes nothing of the bridge. */
export async function importConfig(args: CommandArguments, terminal: Terminal, context: CliContext): Promise<ExitCode> {
  const { configText, planPosition, readBridge, takePosition, writeSetup } = await import('#setup');
  const { home } = context;
  const to = textOption(args, 'to');
  if (to !== undefined && !/\.ya?ml$/.test(to))
    throw new UsageError('--to is YAML: its name must end in .yaml or .yml');
  const path = to === undefined ? join(configDirectory(context), 'config.yaml') : resolve(to);
  const existing = existingFile(path, context);
  const other = 'Name another file with --to, or move this one away';
  if (existing !== null) throw new UsageError(`${existing} exists already, and is left as it is`, { hint: other });

  const bridge = readFiles(
    readBridge,
    listOption(args, 'file').map(file => resolve(file)),
    home,
  );
  for (const secret of bridge.secrets.values()) context.secrets.add(secret);
  const usual = join(home, '.config/kapso-whatsapp');
  const oldDir = absolute(bridge.stateDir ?? usual, process.cwd(), home);
  const named = textOption(args, 'state-dir');
  const stateDir = absolute(named ?? oldDir, process.cwd(), home);
  if (named !== undefined || bridge.settings.has('state.dir')) bridge.settings.set('state.dir', stateDir);
  const lastPoll = textOption(args, 'last-poll');
  const position = planPosition(lastPoll === undefined ? join(oldDir, 'last-poll') : resolve(lastPoll), stateDir, {
    polled: bridge.polled,
    named: lastPoll !== undefined,
  });

  const { default: schema } = await import('../../schema/kapso-whatsapp.schema.json', { with: { type: 'json' } });
  const text = configText(schema as unknown as SchemaNode, bridge.settings, head);
  const secrets = new Map([...bridge.secrets].map(([name, secret]) => [join(dirname(path), name), secret]));
  let files: WrittenFile[] = [];
  if (!args['dry-run']) {
    files = orRefusal(() => {
      const undo = takePosition(position, stateDir);
      try {
        return writeSetup({ path, text, before: null, secrets });
      } catch (error) {
        undo();
        throw error;
      }
    }, other);
  }
  const missing = args['dry-run'] ? null : await whatIsMissing(path, home);
  const { entries, differences } = bridge;
  if (args.json) terminal.out(`${toJson({ file: path, files, entries, differences, position, missing })}\n`);
  else
    terminal.out(
      createScrub(context.secrets)(report({ bridge, position, files, missing, text, isDry: args['dry-run'] === true })),
    );
  return missing === null ? exitCode.ok : exitCode.configuration;
}

/** The bridge's home is that of this user. */
function readFiles(
  read: (files: readonly string[], home: string) => BridgeConfiguration,
  files: readonly string[],
  home: string,
): BridgeConfiguration {
  try {
    return read(files, home);
  } catch (error) {
    const { path } = error as NodeJS.ErrnoException;
    if (isOurs(error) || path === undefined) throw error;
    throw new UsageError(`${path} ${unreadable(error)}`, { hint: 'Nothing was written', cause: error });
  }
}

/** What the poller would still miss with this file alone; null when it would start. */
async function whatIsMissing(path: string, home: string): Promise<string | null> {
  try {
    await loadConfig({ env: {}, home, need: 'poller', configFile: path });
    return null;
  } catch (error) {
    if (!isOurs(error)) throw error;
    return error.message;
  }
}

interface Result {
  bridge: BridgeConfiguration;
  position: PositionPlan;
  files: readonly WrittenFile[];
  missing: string | null;
  text: string;
  isDry: boolean;
}

function report({ bridge, position, files, missing, text, isDry }: Result): string {
  const rows = bridge.entries.map(entry => [`  ${placeOf(entry)}`, whatBecame(entry)]);
  const other = bridge.differences.map(sentence => `  ${sentence}\n`).join('');
  const written = files.map(({ path, change }) => `${path}: ${change}\n`).join('');
  return [
    columns(rows),
    other === '' ? '' : `\nBy default the bridge did what is not done here:\n${other}`,
    `\n${aboutPosition(position)}\n`,
    isDry ? `\nNothing was written. The file would be:\n\n${text}` : `\n${written}`,
    missing === null ? '' : `\nNot complete yet: ${missing}\n`,
    isDry ? '' : `\n${nextSteps(position, bridge)}`,
  ].join('');
}

function placeOf({ name, line }: TranslatedEntry): string {
  return line === null ? name : `${name} (line ${line})`;
}

function whatBecame({ became, note }: TranslatedEntry): string {
  return [became.join(', '), note ?? ''].filter(text => text !== '').join('; ') || 'not set';
}

function aboutPosition({ action, file, at }: PositionPlan): string {
  const time = at === null ? '' : new Date(at).toISOString();
  switch (action) {
    case 'stays':
    case 'copied':
      return (
        `Position: ${time} (${file}${action === 'copied' ? ', copied' : ''}). The first start of the poller takes what came ` +
        'after it. What WhatsApp took before is not run again: it is in inbox list as dropped where Kapso lists it once more.'
      );
    case 'known':
      return 'Position: the inbox in the state directory has its own.';
    case 'put aside':
      return `Position: none. The bridge did not poll, so ${file} (${time}) may be of long ago; it got the ending .old.`;
    default:
      return 'Position: none. The poller takes what arrives after its first start.';
  }
}

const still = '  when all is well, remove the files of the bridge: the secrets still stand in them\n';

function nextSteps({ action, file }: PositionPlan, { secrets }: BridgeConfiguration): string {
  const left = secrets.size === 0 ? '' : still;
  const again =
    action === 'copied' ? ` and copy ${file} to the state directory again: it moves as long as that runs` : '';
  return `Next:
  stop the bridge, if it still runs${again}
  kapso-whatsapp-cli doctor
  kapso-whatsapp-poller
${left}`;
}
