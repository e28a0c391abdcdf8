import { parseRecipient } from '../../domain/recipient.ts';
import { asRecord } from '../../narrow.ts';
import { type Api, undocumented } from '../http/api.ts';
import { recipientFields } from './message-body.ts';

/** What a customer sees on a message of theirs. */
export interface Marks {
  /** Marks a message, and those before it, as read. `typing` shows the typing sign for up to 25 s. */
  markRead(messageId: string, options: { typing: boolean } & Way): Promise<void>;
  /**
   * Reacts to the message with an emoji, in the place of an earlier one. An empty `emoji` takes the reaction off (Kapso
   * API, "Send a message", type reaction). `to` is `+` and digits, or a business-scoped user id.
   */
  react(reaction: { to: string; messageId: string; emoji: string } & Way): Promise<void>;
}

/** `guard`: see `TransportRequest`. */
type Way = { signal?: AbortSignal | undefined; guard?: (() => void) | undefined };

/** `path` is that of the number's messages. */
export function createMarks({ api, path }: { api: Api; path: string }): Marks {
  return {
    async markRead(messageId, { typing, ...way }) {
      const action = `marking ${messageId} as read`;
      const body = {
        messaging_product: 'whatsapp',
        status: 'read',
        message_id: messageId,
        ...(typing ? { typing_indicator: { type: 'text' } } : {}),
      };
      const { json, status } = await api({ method: 'POST', path, body, action, ...way });
      if (asRecord(json)?.success === false) throw undocumented(action, status, 'says that it did not succeed');
    },

    async react({ to, messageId, emoji, ...way }) {
      const body = {
        messaging_product: 'whatsapp',
        ...recipientFields(parseRecipient(to)),
        type: 'reaction',
        reaction: { message_id: messageId, emoji },
      };
      await api({ method: 'POST', path, body, action: `reacting to ${messageId}`, ...way });
    },
  };
}
