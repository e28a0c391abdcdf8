/** How a sender whom nobody knows is told the code by which an operator can approve it. */
import type { Clock } from '../clock.ts';
import { conversationKey } from '../domain/conversation.ts';
import { customerWindow } from '../domain/customer-window.ts';
import type { NoticeKind } from '../domain/message.ts';
import { writeContent } from '../domain/outgoing-body.ts';
import { writeBodyWithoutText } from '../domain/stored-body.ts';
import type { OfferPairing } from '../store/access.ts';
import type { NewOutgoing } from '../store/outbox.ts';
import { newPairingCode } from './pairing-code.ts';

export interface PairingOptions {
  /** `expires`: minutes. `message`: with `{code}`, and perhaps `{minutes}`. The function is called each time. */
  settings: () => {
    readonly keepDeniedText: boolean;
    readonly pairing: {
      readonly expires: number;
      readonly most: number;
      readonly held: number;
      readonly message: string;
    };
  };
  /** Returns so many bytes that nobody can foretell. */
  randomBytes: (size: number) => Uint8Array;
  clock: Pick<Clock, 'now'>;
}

/** What WhatsApp itself says of a contact: nobody has written it. */
const unwritten: ReadonlySet<NoticeKind | undefined> = new Set<NoticeKind>([
  'identity-change',
  'number-change',
  'user-id-change',
  'system-notice',
  'welcome',
]);

const minute = 60_000;

export function createPairing({ settings, randomBytes, clock }: PairingOptions): OfferPairing {
  return (contact, message) => {
    const { keepDeniedText, pairing } = settings();
    const { expires, most, held, message: sentence } = pairing;
    const tell = (code: string): NewOutgoing => {
      const { id, timestamp } = message;
      const words: Record<string, string> = { code, minutes: String(expires) };
      const text = sentence.replaceAll(/\{(code|minutes)\}/g, (_, name: string) => words[name] ?? '');
      // By the time: when the message is tried again after its code is over, its sender gets another one.
      const answer = `${id}#pairing-${clock.now().toString(36)}`;
      return {
        ...{ id: answer, message: id, answer, part: 1, parts: 1, via: 'pairing' },
        account: contact.account,
        lane: conversationKey({ account: contact.account, contact: contact.key, group: null }),
        recipient: contact.address,
        body: writeContent({ kind: 'text', text }),
        sendBefore: timestamp + customerWindow,
      };
    };
    const newCode = () => newPairingCode(randomBytes);
    // A group reads what is written there, and its members are not approved one by one.
    const isWritten = !unwritten.has(message.notice) && message.groupId === undefined;
    return {
      ...{ newCode, expires: expires * minute, most, held, tell: isWritten ? tell : null },
      ...(!keepDeniedText && { denied: { body: writeBodyWithoutText(message) } }),
    };
  };
}
