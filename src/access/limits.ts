/** The limits of one account: what senders may write, how fast their runs begin, and what they are told of it. */
import type { Clock } from '../clock.ts';
import type { Admit } from '../domain/admit.ts';
import type { KnownContact } from '../domain/contact.ts';
import { conversationKey } from '../domain/conversation.ts';
import type { InboundMessage } from '../domain/message.ts';
import { writeContent } from '../domain/outgoing-body.ts';
import { maskAddress } from '../mask.ts';
import type { Emit } from '../observe/events.ts';
import type { LimitedSender } from '../observe/status.ts';
import type { NewOutgoing } from '../store/outbox.ts';
import { createArrivalLimits, type Rates } from './arrival-limits.ts';
import { createRunLimits, type RunLimits } from './run-limits.ts';

export interface LimitsOptions {
  clock: Clock;
  /** `notice`: what is sent to whoever writes more than may wait. The function is called each time. */
  settings: () => {
    readonly keepDeniedText: boolean;
    readonly limits: Rates & {
      readonly runsPerMinute: number;
      readonly totalRunsPerMinute: number;
      readonly waiting: number;
      readonly notice?: string | undefined;
    };
  };
  emit: Emit;
  /** Called with a notice that is to be sent. The same one may come again. */
  tell: (notice: NewOutgoing) => void;
}

export interface Limits {
  /** Admits what `admit` admits, as far as it is not more than may wait. */
  within(admit: Admit): Admit;
  runs: RunLimits;
  /** Call it regularly: a sender that writes no more is within the limits again. */
  tick(): void;
}

const day = 24 * 3_600_000;
/** Limited senders in the status. */
const mostShown = 20;

export function createLimits({ clock, settings, emit, tell }: LimitsOptions): Limits {
  const rates = () => settings().limits;
  const limited = new Map<string, LimitedSender>();
  const shown = () => [...limited.values()].slice(-mostShown);
  const arrivals = createArrivalLimits<{ id: string; contact: string; bytes: number; of: Sent }>({
    clock,
    settings: rates,
    onBeyond: ({ of }) => {
      const { key } = of.contact;
      limited.set(key, { contact: maskAddress(key), since: clock.now() });
      emit({ type: 'sender limited', contact: maskAddress(key), limited: shown() });
      const { notice } = rates();
      // Who wrote in a group is not written to alone.
      if (notice !== undefined && of.message.groupId === undefined) tell(noticeFor(of, notice, clock.now()));
    },
    onWithin: key => {
      limited.delete(key);
      emit({ type: 'sender within limits', contact: maskAddress(key), limited: shown() });
    },
  });
  return {
    tick: arrivals.tick,
    within: admit => (contact, message) => {
      const admission = admit(contact, message);
      if (admission.kind !== 'admitted') return admission;
      const bytes = Buffer.byteLength(message.text);
      if (!arrivals.isBeyond({ id: message.id, contact: contact.key, bytes, of: { contact, message } }))
        return admission;
      const { keepDeniedText: keepText, limits } = settings();
      const reason = `Its sender has written more than access.limits allows, and ${limits.waiting} messages of it waited`;
      return { kind: 'limited', reason, keepText };
    },
    runs: createRunLimits({
      clock,
      settings: rates,
      onSlowed: (contact, wait) => emit({ type: 'sender slowed', contact: maskAddress(contact), wait }),
    }),
  };
}

interface Sent {
  contact: KnownContact;
  message: InboundMessage;
}

/** The notice of a day. Its id says for whom and when, so that a restart sends none again. */
function noticeFor({ contact, message }: Sent, text: string, now: number): NewOutgoing {
  const lane = conversationKey({ account: contact.account, contact: contact.key, group: null });
  const id = `limit:${lane}:${new Date(now).toISOString().slice(0, 10)}`;
  return {
    ...{ id, message: message.id, answer: id, account: contact.account, lane, recipient: contact.address },
    ...{
      via: 'notice',
      part: 1,
      parts: 1,
      body: writeContent({ kind: 'text', text }),
      sendBefore: message.timestamp + day,
    },
  };
}
