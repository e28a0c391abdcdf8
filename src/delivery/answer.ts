/** What a customer gets at the end of a run: the run's text, or what the agent has sent itself, or nothing. */
import type { RunResult } from '../agents/agent.ts';
import type { Clock } from '../clock.ts';
import { conversationKey } from '../domain/conversation.ts';
import { customerWindow } from '../domain/customer-window.ts';
import type { InboundMessage } from '../domain/message.ts';
import { writeContent } from '../domain/outgoing-body.ts';
import { splitText } from '../domain/split-text.ts';
import type { NewOutgoing, Via } from '../store/outbox.ts';
import type { Entry, Store } from '../store/store.ts';
import { waits } from '../waits.ts';
import { type Correspondent, correspondentOf } from './correspondent.ts';
import type { FindOwnSends, OwnSends } from './own-sends/own-sends.ts';
import type { Ending } from './recovery.ts';

export type ReplyVia = 'auto' | 'relay' | 'agent';

export interface AnswerOptions {
  store: Pick<Store, 'waiting' | 'outbox' | 'contacts'>;
  clock: Clock;
  /** `onFailure`: what the customer reads when a message is given up. The function is called each time. */
  settings: () => { readonly via: ReplyVia; readonly numbered: boolean; readonly onFailure?: string | undefined };
  findOwnSends: FindOwnSends;
  signal: AbortSignal;
}

export interface Answers {
  /** Decides what follows from the end of a message's run. Rejects with the signal's reason when it aborts. */
  afterRun(entry: Entry, message: InboundMessage, result: RunResult): Promise<Ending>;
  /** Returns the sentence for the customer of a message that is given up. */
  onFailure(entry: Entry, message: InboundMessage): Promise<NewOutgoing[]>;
}

/** Messages to look at for one that came in between. */
const mostBetween = 20;

/** How the replies to a message reach its sender: a group is answered only by the agent. */
export function viaOf(message: Pick<InboundMessage, 'groupId'>, via: ReplyVia): ReplyVia {
  return message.groupId === undefined ? via : 'agent';
}

export function createAnswers({ store, clock, settings, findOwnSends, signal }: AnswerOptions): Answers {
  const ownSends = (entry: Entry, to: Correspondent, { calls }: RunResult): Promise<OwnSends> => {
    const begunAt = entry.begunAt ?? entry.updatedAt;
    const [contact = to.contact, ...others] = to.identities;
    const run = { calls, contact, others, address: to.address, begunAt, endedAt: clock.now() };
    return findOwnSends(run, store.outbox.knows, signal);
  };

  /** The parts of the run's text, as messages that are yet to be sent. */
  const relayed = async (entry: Entry, to: Correspondent, message: InboundMessage, result: RunResult) => {
    if (result.reply === null) return [];
    // Loaded only where a text is relayed: it takes some of the start.
    const { toWhatsAppText } = await import('#markdown');
    const parts = splitText(toWhatsAppText(result.reply), { numbered: settings().numbered });
    const quote = parts.length > 0 && (result.quote === true || (await othersCame(store, entry))) ? message.id : null;
    const bodies = parts.map((text, at) => ({ kind: 'text' as const, text, ...(at === 0 && quote && { quote }) }));
    return outgoing(entry, message, to, { via: 'relay', bodies: bodies.map(writeContent) });
  };

  return {
    async afterRun(entry, message, result) {
      const to = await correspondentOf(store.contacts, entry, message);
      const via = viaOf(message, settings().via);
      if (via !== 'relay') {
        const own = await ownSends(entry, to, result);
        if (own.kind === 'ask again') {
          const reason = `What the agent has sent itself cannot be known yet: ${own.reason}`;
          return { do: 'defer', reason, retryAfter: waits.busy.first };
        }
        if (own.kind === 'sent') {
          const sent = { via: 'agent' as const, bodies: own.ids.map(() => writeContent({ kind: 'text', text: '' })) };
          const rows = outgoing(entry, message, to, sent).map((row, at) => ({ ...row, sentId: own.ids[at] ?? '' }));
          return { do: 'settle', outcome: 'answered', outgoing: rows, reason: null };
        }
        if (own.kind === 'unclear') {
          const failure = `The agent's own send may have reached the customer, so its text was not sent: ${own.reason}`;
          const rows = await relayed(entry, to, message, result);
          return { do: 'settle', outcome: 'failed', outgoing: rows.map(row => ({ ...row, failure })), reason: failure };
        }
        if (via === 'agent') return { do: 'settle', outcome: 'silent', outgoing: [], reason: unsentText(result) };
      }
      const rows = await relayed(entry, to, message, result);
      return { do: 'settle', outcome: rows.length > 0 ? 'answering' : 'silent', outgoing: rows, reason: null };
    },

    async onFailure(entry, message) {
      const text = settings().onFailure;
      if (text === undefined || message.groupId !== undefined) return [];
      const to = await correspondentOf(store.contacts, entry, message);
      const bodies = splitText(text).map(part => writeContent({ kind: 'text', text: part }));
      return outgoing(entry, message, to, { via: 'notice', bodies });
    },
  };
}

/** Says that the agent wrote a text which nobody gets, with the setting that shows it to the customer. */
function unsentText({ reply }: RunResult): string | null {
  return reply === null
    ? null
    : 'The agent wrote a text and sent nothing (reply.via is agent, or it was written in a group)';
}

function outgoing(
  entry: Entry,
  message: InboundMessage,
  to: Correspondent,
  { via, bodies }: { via: Via; bodies: readonly string[] },
): NewOutgoing[] {
  // By the run: messages that were gathered into one and are settled one by one after a crash have one answer.
  const answer = (entry.runKey ?? `${entry.id}:${entry.runNumber}`).replace(/:(\d+)$|$/, (_, run = '1') => `#${run}`);
  const lane = conversationKey({ account: to.account, contact: to.contact, group: null });
  const sendBefore = message.timestamp + customerWindow;
  const common = { message: entry.id, answer, account: to.account, lane, recipient: to.address, via, sendBefore };
  return bodies.map((body, at) => ({ ...common, id: `${answer}/${at + 1}`, part: at + 1, parts: bodies.length, body }));
}

/** Whether other messages of the conversation came after this one, so that a reader could not tell which is answered. */
async function othersCame(store: Pick<Store, 'waiting'>, { id, lane, conversation }: Entry): Promise<boolean> {
  const waiting = await store.waiting(lane, mostBetween);
  return waiting.some(other => other.id !== id && other.conversation === conversation);
}
