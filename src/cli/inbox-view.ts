/** How received messages are printed. */
import { type AnswerPart, outcomeText } from '../views/answer-view.ts';
import type { MessageView } from '../views/message-view.ts';
import { reasonText, stateText } from '../views/outgoing-view.ts';
import { columns, toJson } from './format.ts';

export function listText(views: readonly MessageView[]): string {
  if (views.length === 0) return 'No messages.\n';
  const head = ['ID', 'STATE', 'FROM', 'NAME', 'TYPE', 'SENT', 'ATTEMPTS', 'REASON, OUTCOME, TEXT'];
  const several = views.some(({ account }) => account !== undefined);
  const ofAccount = (text: string | undefined) => (several ? [text ?? '-'] : []);
  return columns([
    [...ofAccount('ACCOUNT'), ...head],
    ...views.map(view => [
      ...ofAccount(view.account),
      view.id ?? view.ref,
      view.state,
      view.group === null ? (view.from ?? '-') : `${view.from ?? '-'} in a group`,
      view.name ?? '-',
      view.type ?? '-',
      view.occurredAt,
      String(view.attempts),
      [view.reason, outcomeText(view.outcome, view.answer), view.text].filter(Boolean).join(' | ') || '-',
    ]),
  ]);
}

export function detailText({ answer, ...view }: MessageView): string {
  const rows = Object.entries(view)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => [key, typeof value === 'string' ? value : toJson(value)]);
  return columns([...rows, ...answerRows(answer)]);
}

/** Returns a row for each part, for `inbox show`. */
function answerRows(answer: readonly AnswerPart[]): string[][] {
  return answer.map(one => [
    'answer',
    [`part ${one.part} of ${one.parts} by ${one.via}`, stateText(one), one.id ?? one.ref, one.sentId, reasonText(one)]
      .filter(Boolean)
      .join(' | '),
  ]);
}
