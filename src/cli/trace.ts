import { systemClock } from '../clock.ts';
import { UsageError } from '../errors.ts';
import { exitCode } from '../exit-codes.ts';
import { outcomeText } from '../views/answer-view.ts';
import { duration } from '../views/times.ts';
import type { Trace } from '../views/trace.ts';
import { storePlaceFor, textOption } from './arguments.ts';
import { columns, toJson } from './format.ts';
import { openView } from './live-view.ts';
import type { StoredCommand } from './stored.ts';

/** `trace`: shows the life of one message. */
export const trace: StoredCommand = async (args, terminal, context) => {
  const given = textOption(args, 'id')?.trim() ?? '';
  if (given.length < 6) {
    const hint = 'Give at least 6 characters of the end of the id; kapso-whatsapp-cli inbox list shows them';
    throw new UsageError(`"${given}" is too short`, { hint });
  }
  const view = await openView(await storePlaceFor(args, context), systemClock);
  const traced = await view.trace(given, { full: args.full === true }).finally(view.close);
  if (traced.kind === 'several') {
    throw new UsageError(`several messages have ids that end with "${given}"`, { hint: 'Give more of it' });
  }
  if (traced.kind === 'none') {
    const hint = 'See kapso-whatsapp-cli inbox list; what was settled long ago is forgotten (state.retention)';
    throw new UsageError(`no message, and no answer, has an id that ends with "${given}"`, { hint });
  }
  const isLive = view.from === 'poller';
  terminal.out(args.json ? `${toJson({ ...traced.trace, from: view.from })}\n` : traceText(traced.trace, isLive));
  return exitCode.ok;
};

function traceText(trace: Trace, isLive: boolean): string {
  const { message, contact, steps, next, record } = trace;
  const from = [message.from, message.name, message.group && 'in a group'].filter(Boolean).join(' ');
  const outcome = outcomeText(message.outcome, message.answer);
  const rows = [
    ['Message', message.id ?? `…${message.ref}`],
    ...(message.account === undefined ? [] : [['Number', message.account]]),
    ['From', `${from || '-'}${contact?.access ? ` (${contact.access} by an operator)` : ''}`],
    ['Type', message.type ?? '-'],
    ...(message.text === undefined ? [] : [['Text', message.text]]),
    ['State', [message.state, outcome].filter(Boolean).join(', ')],
    ['Session', trace.session],
    ...(message.toldWith === null ? [] : [['Told with', `…${message.toldWith}`]]),
    ...(record === null ? [] : [['Gateway', recordText(record)]]),
    ...(record?.reply === undefined ? [] : [['Its words', record.reply]]),
  ];
  const start = Date.parse(steps[0]?.at ?? '');
  const lines = steps.map(({ at, text, reply }) => [at, since(Date.parse(at) - start), text, reply ?? '']);
  const what = next === null ? [] : [[next.at ?? 'now', '', `next: ${next.text}`, '']];
  return `${columns(rows)}\n${columns([...lines, ...what])}${footnote(trace, isLive)}`;
}

function recordText({ found, tools }: NonNullable<Trace['record']>): string {
  return [`by its record ${found}`, tools.length > 0 && `the run used ${tools.join(', ')}`].filter(Boolean).join('; ');
}

function since(ms: number): string {
  if (Number.isNaN(ms) || ms <= 0) return '';
  return `+${duration(ms)}`;
}

function footnote({ rememberedSince }: Trace, isLive: boolean): string {
  if (!isLive || rememberedSince === null) {
    return '\nNo poller answers: this is what the inbox has. A running one also remembers each attempt.\n';
  }
  return `\nThe poller remembers each step since ${rememberedSince}; of before there is what the inbox has.\n`;
}
