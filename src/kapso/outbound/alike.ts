import { isDeepStrictEqual } from 'node:util';
import type { Content } from '../../domain/content.ts';
import { parseRecipient, recipientKey } from '../../domain/recipient.ts';
import { asNumber, asRecord, asString, type WireObject } from '../../narrow.ts';
import { recipientOf } from './listed.ts';

/** Whether a row of the list went to this address, in any spelling, and shows this content. */
export function isAlike(row: unknown, { to, content }: { to: string; content: Content }): boolean {
  return isTo(row, to) && shows(asRecord(row) ?? {}, content);
}

function isTo(row: unknown, to: string): boolean {
  const wanted = recipientKey(parseRecipient(to));
  const { to: written, userId } = recipientOf(row);
  return [written, userId].some(text => text !== null && (text === wanted || keyOf(text) === wanted));
}

function keyOf(address: string): string | null {
  const digits = address.replace(/[\s().-]/g, '').replace(/^\+?/, '+');
  return /^\+[1-9]\d{6,14}$/.test(digits) ? recipientKey(parseRecipient(digits)) : null;
}

/** A row has Meta's object as it was sent. What may stand there in another spelling is compared by its meaning. */
function shows(row: WireObject, content: Content): boolean {
  switch (content.kind) {
    case 'text':
      return asString(asRecord(row.text)?.body) === content.text.trim();
    case 'template':
      return asString(asRecord(row.template)?.name) === content.name;
    case 'filled-template': {
      const shown = asRecord(row.template);
      const { name, components } = content;
      if (asString(shown?.name) !== name) return false;
      return shown?.components === undefined || isDeepStrictEqual(shown.components, components);
    }
    case 'media': {
      const shown = asRecord(row[content.media]);
      const { source, caption } = content;
      const same = 'link' in source ? asString(shown?.link) === source.link : 'id' in source && shown?.id === source.id;
      return same && asString(shown?.caption) === asString(caption);
    }
    case 'location': {
      const shown = asRecord(row.location);
      const { latitude, longitude, name, address } = content;
      const there = asNumber(shown?.latitude) === latitude && asNumber(shown?.longitude) === longitude;
      return there && asString(shown?.name) === asString(name) && asString(shown?.address) === asString(address);
    }
    case 'reaction': {
      const shown = asRecord(row.reaction);
      return shown?.message_id === content.messageId && (asString(shown.emoji) ?? '') === content.emoji;
    }
    case 'contacts':
      return isDeepStrictEqual(row.contacts, content.contacts);
    case 'interactive':
      return isDeepStrictEqual(row.interactive, content.interactive);
    case 'raw': {
      const { type } = content.fields;
      return row.type === type && isDeepStrictEqual(row[type], content.fields[type]);
    }
  }
}
