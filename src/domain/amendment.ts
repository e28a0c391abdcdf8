import { asId, asLabel, asRecord, type WireObject } from '../narrow.ts';
import type { Amendment } from './message.ts';

/** An edit or a deletion on the wire. */
export interface WireAmendment {
  /** The id of the message that it is about; null when it is not given. */
  of: string | null;
  /** The message as it is now; empty when the form lacks it. */
  message: WireObject;
}

/**
 * Reads Meta's `edit` (`original_message_id`, `message`) and `revoke` (`original_message_id`) objects
 * (WhatsApp Cloud API, "Messages webhooks", 2026).
 */
export function readAmendment(type: 'edit' | 'revoke', message: WireObject, kapso: WireObject): WireAmendment {
  const wire = asRecord(message[type]) ?? asRecord(kapso.message_type_data) ?? {};
  const of = [wire.original_message_id, wire.message_id].map(id => asLabel(asId(id), 512)).find(Boolean) ?? null;
  const inner = asRecord(wire.message) ?? (asRecord(wire.text) ? wire : {});
  return { of, message: inner };
}

/** Returns the text of an edited message: our annotations unchanged, and the new words. Its attachment stays. Never empty. */
export function amendedText({ text, annotations = 0 }: { text: string; annotations?: number }, words: string): string {
  const lines = [...text.split('\n').slice(0, annotations), words].filter(line => line !== '');
  return lines.length > 0 ? lines.join('\n') : '[empty text message]';
}

/** The id may only have the characters of WhatsApp's ids: it is compared with those of stored messages. */
export function amendmentOf(of: string | null, words: string | null): Amendment | null {
  return of !== null && /^[\w.+/=@~-]+$/.test(of) ? { id: of, words } : null;
}
