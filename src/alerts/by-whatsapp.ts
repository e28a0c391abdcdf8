import type { Clock } from '../clock.ts';
import type { AccountConfig } from '../config/load.ts';
import { conversationKey } from '../domain/conversation.ts';
import { customerWindow } from '../domain/customer-window.ts';
import { keyOf } from '../domain/identity.ts';
import { asTemplate, writeContent } from '../domain/outgoing-body.ts';
import type { NewOutgoing } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';
import { type Pending, toText } from './note.ts';

export interface WhatsappParts {
  /** The number that sends: Meta's `phone_number_id`. The function is called each time. */
  account: () => string;
  store: Pick<Store, 'contacts' | 'outbox'>;
  clock: Pick<Clock, 'now'>;
  /** Says that these lanes of the outbox have work. */
  wakeReplies: (lanes: readonly string[]) => void;
}

/** To whom, and how when the 24 hours are over. */
export type WhatsappSettings = Pick<AccountConfig['alerts'], 'template' | 'templateLanguage'> & { whatsapp: string };

const windowClosed =
  "the contact's last message is more than 24 hours old, so WhatsApp takes no free text; let it write to the number, or set " +
  'alerts.template';

/**
 * Puts an alert into the outbox, which sends it in its order and survives a restart. The same alert is never put there
 * twice. Returns why it cannot be sent, or null. Rejects when the store refuses.
 */
export async function giveByWhatsapp(
  { id, note }: Pick<Pending, 'id' | 'note'>,
  { whatsapp, template, templateLanguage }: WhatsappSettings,
  { store, clock, wakeReplies, ...parts }: WhatsappParts,
): Promise<string | null> {
  const account = parts.account();
  const address = whatsapp.startsWith('+') ? whatsapp : `+${whatsapp}`;
  const contact = await store.contacts.find(account, keyOf(address));
  const lane = conversationKey({ account, contact: contact?.key ?? keyOf(address), group: null });
  const after = clock.now() - customerWindow;
  const heard = contact === null ? null : await store.outbox.lastHeard({ account, conversation: lane, after });
  const text = toText(note);
  if (heard === null && template === undefined) return windowClosed;
  const body = writeContent(
    heard === null && template !== undefined
      ? asTemplate(text, { name: template, language: templateLanguage })
      : { kind: 'text', text },
  );
  const row: NewOutgoing = {
    ...{ id, message: id, answer: id, account, lane, recipient: contact?.address || address },
    ...{ via: 'alert', part: 1, parts: 1, body, sendBefore: heard === null ? null : heard + customerWindow },
  };
  wakeReplies(await store.outbox.add([row]));
  return null;
}
