import { closeSync, fsyncSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { systemClock } from '../clock.ts';
import { counted } from '../counted.ts';
import { UsageError } from '../errors.ts';
import { exitCode } from '../exit-codes.ts';
import { createOutput, writeAll } from '../observe/write-all.ts';
import type { Exported, ExportQuery } from '../store/exported.ts';
import { readEntries } from '../store/open.ts';
import { accountOption } from './account-option.ts';
import { storePlaceFor, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { contactOf } from './contact-of.ts';
import { byteOrderMark, csvLine } from './csv.ts';
import { csvHeader, csvRecords, jsonRecord } from './export-view.ts';
import { toJson } from './format.ts';
import { type StoredCommand, withStore } from './stored.ts';
import { fillTarget, openTargetFile } from './target-file.ts';
import type { Terminal } from './terminal.ts';
import { timeOption } from './time-option.ts';

/** Characters that are gathered before they are written. */
const portion = 64 * 1024;

type Format = 'jsonl' | 'csv';

/** Takes a part of the output. Returns whether more is wanted. */
type Write = (text: string) => boolean;

/** `inbox export`: writes messages with their answers, as they are at one moment, whole and unmasked. */
export const exportInbox: StoredCommand = async (args, terminal, context) => {
  const output = textOption(args, 'output') ?? '-';
  const format = formatOf(args, output);
  if (args.json === true && output === '-') {
    throw new UsageError('without -o FILE the messages themselves are on standard output: --json has no place', {
      hint: 'The messages are JSON already, one a line',
    });
  }
  const query = await queryOf(args, context);
  const entries = readEntries(await storePlaceFor(args, context), query, systemClock);
  if (output === '-') {
    await write(entries, format, text => terminal.out(text));
    return exitCode.ok;
  }
  const messages = await writeFile(entries, { output, format, force: args.force === true, terminal });
  terminal.out(
    args.json ? `${toJson({ file: output, format, messages })}\n` : `${output}: ${counted(messages, 'message')}\n`,
  );
  return exitCode.ok;
};

function formatOf(args: CommandArguments, output: string): Format {
  const given = textOption(args, 'format');
  if (given !== undefined) return given as Format;
  return output.toLowerCase().endsWith('.csv') ? 'csv' : 'jsonl';
}

async function queryOf(args: CommandArguments, context: CliContext): Promise<ExportQuery> {
  const now = systemClock.now();
  const [since, until] = [timeOption(args, 'since', now), timeOption(args, 'until', now)];
  if (since !== null && until !== null && since >= until) throw new UsageError('--until is not after --since');
  const account = (await accountOption(args, context)) ?? null;
  const who = textOption(args, 'contact');
  if (who === undefined) return { since, until, account, contact: null };
  const known = await withStore(args, context, true, store => store.contacts.list(account ?? undefined));
  return { since, until, ...contactOf(who, known) };
}

async function writeFile(
  entries: AsyncIterable<Exported>,
  { output, format, force, terminal }: { output: string; format: Format; force: boolean; terminal: Terminal },
): Promise<number> {
  return fillTarget(openTargetFile(output, { force }), terminal, async (temporary, signal) => {
    const file = createOutput(temporary, output);
    try {
      const messages = await write(entries, format, text => {
        signal.throwIfAborted();
        return writeAll(file, text, output);
      });
      fsyncSync(file);
      return messages;
    } finally {
      closeSync(file);
    }
  });
}

/** Writes all entries in portions. Returns how many; those at which nobody reads any more are not counted. */
async function write(entries: AsyncIterable<Exported>, format: Format, out: Write): Promise<number> {
  let messages = 0;
  let text = format === 'csv' ? `${byteOrderMark}${csvLine(csvHeader)}` : '';
  for await (const one of entries) {
    text += format === 'csv' ? csvRecords(one).map(csvLine).join('') : `${toJson(jsonRecord(one))}\n`;
    messages += 1;
    if (text.length < portion) continue;
    if (!out(text)) return messages;
    text = '';
    // A signal is heard in the event loop only.
    await setImmediate();
  }
  out(text);
  return messages;
}
