/** A message in one line, for the commands that follow messages. */
import type { ShownMessage } from '../live/sources.ts';
import { outcomeText } from '../views/answer-view.ts';
import type { MessageView } from '../views/message-view.ts';
import { endOf } from '../views/refs.ts';
import { columns } from './format.ts';

/** The line, with its line feed. `at`: the time to say. `withText`: what was written too, where it is known. */
export function messageLine(
  { id, message }: ShownMessage,
  { at, full, withText }: { at: string; full: boolean; withText: boolean },
): string {
  const who = [message.from ?? '-', message.name, message.group && 'in a group'].filter(Boolean).join(' ');
  const ofAccount = message.account === undefined ? [] : [message.account.padEnd(8)];
  const row = [at, full ? id : endOf(id), ...ofAccount, who.padEnd(16), (message.type ?? '-').padEnd(8)];
  return columns([[...row, [stateOf(message), withText && message.text].filter(Boolean).join(' | ')]]);
}

/** What there is to say of a message: the outcome of one that is settled, else its state and why. */
export function stateOf({ state, outcome, answer, reason }: MessageView): string {
  if (state === 'settled') return outcomeText(outcome, answer) || state;
  return [state, reason].filter(Boolean).join(': ');
}
