/** Does the commands that operators give by WhatsApp, beside the lanes: none of them waits for a run. */
import type { AgentGateway } from '../agents/agent.ts';
import type { Clock } from '../clock.ts';
import type { KnownContact } from '../domain/contact.ts';
import { conversationKey } from '../domain/conversation.ts';
import { keyOf } from '../domain/identity.ts';
import { writeContent } from '../domain/outgoing-body.ts';
import { maskAddress } from '../mask.ts';
import type { Emit } from '../observe/events.ts';
import type { MutedConversation } from '../observe/status.ts';
import type { Part } from '../part.ts';
import type { GivenCommand, Mute } from '../store/commands.ts';
import type { NewOutgoing } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';
import { waits } from '../waits.ts';
import { type Command, readCommand } from './command.ts';
import { until } from './status-text.ts';
import { createStop, type Done } from './stop.ts';

export interface OperatorOptions {
  account: string;
  store: Pick<Store, 'commands' | 'contacts' | 'get'>;
  gateway: AgentGateway;
  clock: Clock;
  emit: Emit;
  /** The keys of the runs that were stopped, which are not run again. It is changed here. */
  stopped: Set<string>;
  /** Whether another process works on a lane. By default none does. */
  isElsewhere?: (lane: string) => Promise<boolean>;
  /** Whether a contact may give commands at present. */
  mayCommand: (contact: KnownContact) => boolean;
  /** Returns the answer to `!status`. */
  report: (mutes: readonly Mute[]) => Promise<string>;
  /** Says that these lanes of the outbox have work. */
  wakeReplies: (lanes: readonly string[]) => void;
  /** Says that conversations may have work which were muted before. */
  onUnmuted: () => void;
}

export interface Operator extends Part {
  /** Reads which runs were stopped, and begins with what is to be done. */
  start(): Promise<void>;
  /** Does what is to be done. Resolves when all that waits for no gateway is done. */
  work(): Promise<void>;
  /** Looks for what operators have commanded elsewhere, where several processes share the store. */
  notice(): Promise<void>;
}

/** WhatsApp takes free text for a day. */
const day = 24 * 3_600_000;

export function createOperator(options: OperatorOptions): Operator {
  const { account, store, clock, emit } = options;
  const stopping = new AbortController();
  const stop = createStop({ ...options, signal: stopping.signal });
  /** Commands that wait for the gateway. */
  const underWay = new Map<string, Promise<void>>();
  let working: Promise<void> | null = null;
  let again = false;
  let cancelRetry = () => {};

  const failed = (error: unknown) => {
    if (stopping.signal.aborted) return;
    emit({ type: 'commands failed', error });
    cancelRetry();
    cancelRetry = clock.after(waits.defect.first, work);
  };

  const muteWatch = createMuteWatch(options, failed);

  const conclude = async (given: GivenCommand, { effect, text }: Done) => {
    const outgoing = text === '' ? [] : await answerTo(options, given, text);
    const isDone = await store.commands.finish(given.id, { effect, outgoing, reason: text });
    if (!isDone) return;
    emit({ type: 'command done', message: given.id, command: given.text, answer: text });
    options.wakeReplies(outgoing.map(({ lane }) => lane));
    if (effect.do === 'mute' || effect.do === 'unmute') await muteWatch.look();
    if (effect.do === 'unmute') options.onUnmuted();
  };

  const obey = async (given: GivenCommand): Promise<void> => {
    const command = readCommand(given.text);
    const contact = await store.contacts.get(account, given.contact);
    if (command === null || contact === null || !options.mayCommand(contact)) {
      return conclude(given, { effect: { do: 'nothing' }, text: '' });
    }
    if (command.do !== 'stop') return conclude(given, await perform(options, command, given));
    const done = stop(given)
      .then(end => (end === null ? undefined : conclude(given, end)))
      .catch(failed)
      .finally(() => underWay.delete(given.id));
    underWay.set(given.id, done);
  };

  const workOff = async () => {
    do {
      again = false;
      for (const given of await store.commands.pending(account)) {
        if (stopping.signal.aborted) return;
        if (!underWay.has(given.id)) await obey(given);
      }
    } while (again);
  };

  const work = () => {
    again = true;
    working ??= workOff()
      .catch(failed)
      .finally(() => {
        working = null;
      });
    return working;
  };

  const notice = async () => {
    for (const { runKey } of await store.commands.stopped(account)) options.stopped.add(runKey);
    await muteWatch.look();
    await work();
  };

  return {
    start: notice,
    work,
    notice: () => notice().catch(failed),
    async stop() {
      stopping.abort(new Error('the poller is stopping'));
      muteWatch.stop();
      cancelRetry();
      await Promise.all([working, ...underWay.values()]);
    },
  };
}

async function perform(
  options: OperatorOptions,
  command: Exclude<Command, { do: 'stop' }>,
  given: GivenCommand,
): Promise<Done> {
  const { account, store, clock } = options;
  const mutes = await store.commands.mutes(account);
  switch (command.do) {
    case 'status':
      return { effect: { do: 'nothing' }, text: await options.report(mutes) };
    case 'new':
      return { effect: { do: 'renew session' }, text: 'Your next message begins a new session.' };
    case 'mute': {
      const of = await conversationOf(options, given, command.address);
      if (of === null) return unknown(command.address);
      const end = command.minutes === null ? null : clock.now() + command.minutes * 60_000;
      const text = `${of.name} muted ${until({ until: end })}. What comes is kept, and starts no run.`;
      return { effect: { do: 'mute', conversation: of.conversation, until: end }, text };
    }
    case 'unmute': {
      const of = await conversationOf(options, given, command.address);
      if (of === null) return unknown(command.address);
      const isMuted = mutes.some(({ conversation }) => conversation === of.conversation);
      const text = isMuted ? `${of.name} no longer muted. What was kept is handed over now.` : `${of.name} not muted.`;
      return { effect: { do: 'unmute', conversation: of.conversation }, text };
    }
  }
}

/** Notices that mutes have ended by themselves. `look` is to be called whenever they have changed. */
function createMuteWatch(
  { account, store, clock, emit, onUnmuted }: OperatorOptions,
  failed: (error: unknown) => void,
): { look(): Promise<void>; stop(): void } {
  let cancelUnmute = () => {};

  async function look(): Promise<void> {
    const mutes = await store.commands.mutes(account);
    emit({ type: 'mutes changed', muted: mutes.map(shown) });
    cancelUnmute();
    const ends = mutes.flatMap(mute => mute.until ?? []);
    if (ends.length === 0) return;
    cancelUnmute = clock.after(Math.max(0, Math.min(...ends) - clock.now()), () => {
      look().then(onUnmuted, failed);
    });
  }

  return { look, stop: () => cancelUnmute() };
}

/** A conversation for the status. */
function shown({ account, conversation, since, until }: Mute): MutedConversation {
  const whose = conversation.startsWith(`${account}/`) ? conversation.slice(account.length + 1) : conversation;
  return { contact: maskAddress(whose), since, until };
}

function unknown(address: string | null): Done {
  return { effect: { do: 'nothing' }, text: `Nobody with ${address} has ever written.` };
}

/** The conversation that a command means, and how a sentence about it begins. Null when nobody has that address. */
async function conversationOf(
  { account, store }: OperatorOptions,
  { conversation }: GivenCommand,
  address: string | null,
): Promise<{ conversation: string; name: string } | null> {
  if (address === null) return { conversation, name: 'This conversation is' };
  const contact = await store.contacts.find(account, keyOf(address));
  if (contact === null) return null;
  const name = `${maskAddress(address)} is`;
  return { conversation: conversationKey({ account, contact: contact.key, group: null }), name };
}

async function answerTo(
  { account, store }: OperatorOptions,
  given: GivenCommand,
  text: string,
): Promise<NewOutgoing[]> {
  const contact = await store.contacts.get(account, given.contact);
  if (contact === null) return [];
  const answer = `command:${given.id}`;
  const place = {
    account,
    lane: conversationKey({ account, contact: contact.key, group: null }),
    recipient: contact.address,
  };
  const body = writeContent({ kind: 'text', text });
  const sendBefore = given.occurredAt + day;
  return [{ id: answer, message: given.id, answer, ...place, via: 'notice', part: 1, parts: 1, body, sendBefore }];
}
