/** How outgoing messages are printed. */
import { summaryOf } from '../domain/content.ts';
import { readContent } from '../domain/outgoing-body.ts';
import { asRecord } from '../narrow.ts';
import { type OutgoingView, reasonText, stateText } from '../views/outgoing-view.ts';
import { columns, toJson } from './format.ts';

export function outgoingList(views: readonly OutgoingView[]): string {
  if (views.length === 0) return 'No messages.\n';
  const head = ['ID', 'STATE', 'TO', 'VIA', 'PART', 'SINCE', 'ATTEMPTS', 'REASON, TEXT'];
  const several = views.some(({ account }) => account !== undefined);
  const ofAccount = (text: string | undefined) => (several ? [text ?? '-'] : []);
  return columns([
    [...ofAccount('ACCOUNT'), ...head],
    ...views.map(view => [
      ...ofAccount(view.account),
      view.id ?? view.ref,
      stateText(view),
      view.to,
      view.via,
      `${view.part}/${view.parts}`,
      view.createdAt,
      String(view.attempts),
      [reasonText(view), textOf(view)].filter(Boolean).join(' | ') || '-',
    ]),
  ]);
}

/** What it is, and its words. Empty where they are not shown. */
function textOf({ content }: OutgoingView): string {
  const known = readContent(JSON.stringify({ v: 1, ...asRecord(content) }));
  return known === null ? '' : summaryOf(known);
}

export function outgoingDetails(views: readonly OutgoingView[]): string {
  return views
    .map(view =>
      columns(
        Object.entries(view)
          .filter(([, value]) => value !== null)
          .map(([key, value]) => [key, typeof value === 'string' ? value : toJson(value)]),
      ),
    )
    .join('\n');
}
