import { findCutOff, labelOf } from '../config/accounts.ts';
import type { AccountConfig, ConfiguredAccount } from '../config/load.ts';
import { counted } from '../counted.ts';
import type { Store } from '../store/store.ts';
import type { Report } from './finding.ts';

/** Says what an inbox holds, and what of it waits for an operator. */
export async function reportKept(
  store: Store,
  accounts: readonly ConfiguredAccount<AccountConfig>[],
  report: Report,
): Promise<void> {
  const { byState } = await store.counts();
  const answers = await store.outbox.counts();
  const waiting = byState.pending + byState.sending;
  report.ok(
    `the inbox holds ${counted(waiting, 'message that waits', 'messages that wait')}, and ` +
      `${counted(byState.settled, 'that is done', 'that are done')}`,
  );
  if (byState.failed > 0) {
    report.warn(
      counted(byState.failed, 'message was given up', 'messages were given up'),
      'See kapso-whatsapp-cli inbox list --state failed, then inbox retry or drop',
    );
  }
  if (answers.failed > 0) {
    report.warn(
      counted(answers.failed, 'answer was given up', 'answers were given up'),
      'See kapso-whatsapp-cli outbox list --state failed, then outbox retry or drop',
    );
  }
  if (byState.unpaired > 0) {
    report.warn(
      counted(
        byState.unpaired,
        'message waits for the approval of its sender',
        'messages wait for the approval of their senders',
      ),
      'See kapso-whatsapp-cli access list',
    );
  }
  const cutOff = await findCutOff(accounts, store);
  if (cutOff !== null) {
    report.warn(
      `the conversations of the account ${labelOf(cutOff.account)} are from before it stood in accounts: its customers begin ` +
        'new sessions with the agent',
      `Set ${cutOff.key}: true and restart the poller: the sessions from before go on`,
    );
  }
}
