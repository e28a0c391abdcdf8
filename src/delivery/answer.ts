/** What a customer gets at the end of a run: the run's text, or what the agent has sent itself, or nothing. */
import type { RunResult } from '../agents/agent.ts';
import type { Clock } from '../clock.ts';
import type { Content } from '../domain/content.ts';
import { conversationKey } from '../domain/conversation.ts';
import { customerWindow } from '../domain/customer-window.ts';
import type { InboundMessage } from '../domain/message.ts';
import { writeContent } from '../domain/outgoing-body.ts';
import { groupAddress } from '../domain/recipient.ts';
import type { Route } from '../domain/route.ts';
import { splitText } from '../domain/split-text.ts';
import { readBody } from '../domain/stored-body.ts';
import type { NewOutgoing, Via } from '../store/outbox.ts';
import type { Entry, Store } from '../store/store.ts';
import { waits } from '../waits.ts';
import { type Correspondent, correspondentOf } from './correspondent.ts';
import type { FindOwnSends, OwnSends } from './own-sends/own-sends.ts';
import type { Ending } from './recovery.ts';
import { contentsOf, takeAll } from './reply-contents.ts';
import { type Hinted, readHinted } from './reply-hint.ts';
import type { TakeMedia } from './take-media.ts';

export type ReplyVia = 'auto' | 'relay' | 'agent';

export interface AnswerOptions {
  store: Pick<Store, 'waiting' | 'outbox' | 'contacts' | 'context'>;
  clock: Clock;
  /** `onFailure`: what the customer reads when a message is given up. The function is called each time. */
  settings: () => { readonly via: ReplyVia; readonly numbered: boolean; readonly onFailure?: string | undefined };
  findOwnSends: FindOwnSends;
  /** Takes what a run attaches. */
  media: Pick<TakeMedia, 'take'>;
  signal: AbortSignal;
}

export interface Answers {
  /**
   * Decides what follows from the end of a message's run. `route`: that of its sender. Rejects with the signal's reason
   * when it aborts. Without it, that of the options counts.
   */
  afterRun(
    entry: Entry,
    message: InboundMessage,
    result: RunResult,
    route: Route,
    signal?: AbortSignal,
  ): Promise<Ending>;
  /** Returns the sentence for the customer of a message that is given up. */
  onFailure(entry: Entry, message: InboundMessage, route: Route): Promise<NewOutgoing[]>;
}

/** Who gets the answer to a message: its sender, or the group that it was written in. */
interface Recipient extends Correspondent {
  /** The outbox's lane. */
  lane: string;
}

async function recipientOf(
  { contacts }: Pick<Store, 'contacts'>,
  entry: Entry,
  message: InboundMessage,
): Promise<Recipient> {
  const sender = await correspondentOf(contacts, entry, message);
  const { account, contact } = sender;
  const lane = conversationKey({ account, contact, group: message.groupId ?? null });
  if (message.groupId === undefined) return { ...sender, lane };
  const address = groupAddress(message.groupId);
  return { account, contact: address, address, identities: [address], lane };
}

/** Messages to look at for one that came in between. */
const mostBetween = 20;

export function createAnswers({ store, clock, settings, findOwnSends, media, ...options }: AnswerOptions): Answers {
  const ownSends = (entry: Entry, to: Correspondent, { calls }: RunResult, signal: AbortSignal): Promise<OwnSends> => {
    const begunAt = entry.begunAt ?? entry.updatedAt;
    const [contact = to.contact, ...others] = to.identities;
    const run = { calls, contact, others, address: to.address, begunAt, endedAt: clock.now() };
    return findOwnSends(run, store.outbox.knows, signal);
  };

  /** The run's text and files, as messages that are yet to be sent. */
  const relayed = async (
    entry: Entry,
    to: Recipient,
    message: InboundMessage,
    { result, signal }: { result: RunResult; signal: AbortSignal },
  ) => {
    const references = result.media ?? [];
    const heard = references.length === 0 ? [] : await heardIn(store, entry, message);
    const files = await takeAll(references, media, { answer: answerOf(entry), message: entry.id, heard, signal });
    const { text, hint, problem } = await hintedText(result);
    const contents = contentsOf(text, files, { hint, to: message.id, numbered: settings().numbered });
    const first = contents.findIndex(({ content, failure }) => failure === undefined && content.kind !== 'reaction');
    const quotes = first >= 0 && (result.quote === true || (await othersCame(store, entry)));
    const bodies = contents.map(({ content, failure }, at) => ({
      body: writeContent(quotes && at === first ? quoting(content, message.id) : content),
      ...(failure !== undefined && { failure }),
    }));
    return { rows: outgoing(entry, message, to, { via: 'relay', bodies }), problem };
  };

  return {
    async afterRun(entry, message, result, route, signal = options.signal) {
      const via = route.replyVia ?? settings().via;
      // Then it does not matter who would get it.
      const isSilent = saysNothing(result) && (via === 'relay' || result.calls?.length === 0);
      if (route.mode === 'monitor' || isSilent) return silent;
      const to = await recipientOf(store, entry, message);
      // Before groups had sessions of their own, it ran in that of its writer. What was said there is not for the group.
      if (message.groupId !== undefined && entry.lane !== to.lane) {
        return unanswered(result, 'it ran in the session of its writer, so its answer is not for the group');
      }
      if (via !== 'relay') {
        const own = await ownSends(entry, to, result, signal);
        if (own.kind === 'ask again') {
          const reason = `What the agent has sent itself cannot be known yet: ${own.reason}`;
          return { do: 'defer', reason, retryAfter: waits.busy.first };
        }
        if (own.kind === 'sent') {
          const empty = { body: writeContent({ kind: 'text', text: '' }) };
          const sent = { via: 'agent' as const, bodies: own.ids.map(() => empty) };
          const rows = outgoing(entry, message, to, sent).map((row, at) => ({ ...row, sentId: own.ids[at] ?? '' }));
          return { do: 'settle', outcome: 'answered', outgoing: rows, reason: null };
        }
        if (own.kind === 'unclear') {
          const failure = `The agent's own send may have reached the customer, so its text was not sent: ${own.reason}`;
          const { rows } = await relayed(entry, to, message, { result, signal });
          return { do: 'settle', outcome: 'failed', outgoing: rows.map(row => ({ ...row, failure })), reason: failure };
        }
        if (via === 'agent') return unanswered(result, 'the agent sends its answers itself (reply.via: agent)');
      }
      const { rows, problem } = await relayed(entry, to, message, { result, signal });
      const left = rows.filter(({ failure }) => failure !== undefined);
      const outcome = rows.length === 0 ? 'silent' : left.length === rows.length ? 'failed' : 'answering';
      return { do: 'settle', outcome, outgoing: rows, reason: noteOf(left, problem) };
    },

    async onFailure(entry, message, { mode }) {
      const text = settings().onFailure;
      if (text === undefined || mode === 'monitor') return [];
      const to = await recipientOf(store, entry, message);
      const bodies = splitText(text).map(part => ({ body: writeContent({ kind: 'text', text: part }) }));
      return outgoing(entry, message, to, { via: 'notice', bodies });
    },
  };
}

const silent: Ending = { do: 'settle', outcome: 'silent', outgoing: [], reason: null };

function quoting(content: Content, quote: string): Content {
  const { kind } = content;
  return kind === 'text' || kind === 'media' || kind === 'interactive' || kind === 'location'
    ? { ...content, quote }
    : content;
}

/** The text in the form of WhatsApp, and what the agent asks for beside it. */
async function hintedText({ reply }: RunResult): Promise<Hinted> {
  if (reply === null) return { text: '', hint: {}, problem: null };
  const hinted = await readHinted(reply);
  // Loaded only where a text is relayed: it takes some of the start.
  const { toWhatsAppText } = await import('#markdown');
  return { ...hinted, text: toWhatsAppText(hinted.text) };
}

function saysNothing({ reply, media = [] }: RunResult): boolean {
  return reply === null && media.length === 0;
}

/** What an operator should know: of files that were not sent, and of a block that was not followed. */
function noteOf(rows: readonly NewOutgoing[], problem: string | null): string | null {
  const [first] = rows;
  const many = rows.length === 1 ? 'A file of the answer was' : `${rows.length} files of the answer were`;
  const notes = [
    ...(first === undefined ? [] : [`${many} not sent: ${first.failure}`]),
    ...(problem === null ? [] : [`The block \`\`\`whatsapp of the answer stayed in its text: ${problem}`]),
  ];
  return notes.length === 0 ? null : notes.join('. ');
}

/** Nobody gets anything. Where the agent wrote something, an operator should know why. */
function unanswered(result: RunResult, why: string): Ending {
  const reason = saysNothing(result) ? null : `The agent wrote an answer: ${why}`;
  return { do: 'settle', outcome: 'silent', outgoing: [], reason };
}

function outgoing(
  entry: Entry,
  message: InboundMessage,
  to: Recipient,
  { via, bodies }: { via: Via; bodies: readonly Pick<NewOutgoing, 'body' | 'failure'>[] },
): NewOutgoing[] {
  const answer = answerOf(entry);
  const { account, lane, address: recipient } = to;
  const sendBefore = message.timestamp + customerWindow;
  const common = { message: entry.id, answer, account, lane, recipient, via, sendBefore };
  return bodies.map((one, at) => ({
    ...common,
    id: `${answer}/${at + 1}`,
    part: at + 1,
    parts: bodies.length,
    ...one,
  }));
}

/** By the run: messages that were gathered into one and are settled one by one after a crash have one answer. */
function answerOf({ id, runKey, runNumber }: Entry): string {
  return (runKey ?? `${id}:${runNumber}`).replace(/:(\d+)$|$/, (_, run = '1') => `#${run}`);
}

/** Messages that a run was given before its own to look at. */
const mostContext = 50;

/** What others wrote in the messages of a run. */
async function heardIn({ context }: Pick<Store, 'context'>, { id }: Entry, message: InboundMessage): Promise<string[]> {
  const { entries, gathered } = await context(id, mostContext);
  const bodies = [...entries, ...gathered].map(readBody);
  return [message.text, ...bodies.flatMap(body => (body.kind === 'message' ? [body.message.text] : []))];
}

/** Whether other messages of the conversation came after this one, so that a reader could not tell which is answered. */
async function othersCame(store: Pick<Store, 'waiting'>, { id, lane, conversation }: Entry): Promise<boolean> {
  const waiting = await store.waiting(lane, mostBetween);
  return waiting.some(other => other.id !== id && other.conversation === conversation);
}
