import { amendmentOf, readAmendment } from '../../domain/amendment.ts';
import { humanSize } from '../../domain/human-size.ts';
import type { InboundMessage, Media, Sender } from '../../domain/message.ts';
import {
  asId,
  asLabel,
  asList,
  asNumber,
  asRecord,
  asString,
  asText,
  asUrl,
  asVisible,
  isVisible,
  type WireObject,
} from '../../narrow.ts';
import { interactiveText } from './interactive-text.ts';
import { readMedia, transcriptOf } from './media.ts';
import { messageId } from './message-id.ts';
import { kapsoContent, note, shownObject } from './rendering.ts';
import { readSystemNotice, systemText } from './system-notice.ts';

export interface TextParts {
  message: WireObject;
  kapso: WireObject;
  type: string;
  media: Media | null;
  sender: Sender;
}

/** What a message says, as the agent reads it, and its kind. */
export type Content = Pick<InboundMessage, 'text' | 'annotations' | 'notice' | 'change' | 'amends' | 'reactsTo'>;

/** Cards or products to name one by one. Further ones are counted. */
const maxListed = 50;

/** Returns what the agent reads: our annotations in square brackets, one a line, then the sender's whole text. Never empty. */
export function readContent(parts: TextParts): Content {
  const lines = surroundings(parts.message);
  const { text, annotations = 0, notice, ...rest } = content(parts);
  const ours = lines.length + annotations;
  // A referral or a product is something to answer, even without a word.
  const says = notice !== 'empty-text' || !lines.some(line => /^\[(?:came from|about product)/.test(line));
  return {
    text: [...lines, text].join('\n').toWellFormed(),
    ...(ours > 0 ? { annotations: ours } : {}),
    ...(notice && says ? { notice } : {}),
    ...rest,
  };
}

function content(parts: TextParts): Content {
  const { message, kapso, type, media, sender } = parts;
  if (media) return { text: mediaText(media, parts), annotations: 1 };
  switch (type) {
    case 'text':
      return bodyText(parts);
    case 'interactive':
    case 'button':
      return {
        text:
          interactiveText(type, message, kapso) ??
          kapsoContent(kapso) ??
          note(`${type} reply without content`, message),
      };
    case 'location':
      return {
        text:
          locationText(asRecord(message.location) ?? asRecord(kapso.message_type_data)) ?? fallback('location', parts),
      };
    case 'contacts':
      return { text: contactsText(asList(message.contacts)) ?? fallback('contact cards', parts) };
    case 'reaction':
      return reaction(parts);
    case 'order':
      return { text: orderText(asRecord(message.order), kapso) ?? fallback('order', parts) };
    case 'system': {
      const notice = readSystemNotice(message, kapso);
      const { kind, change } = notice;
      return { text: systemText(notice, message, sender.phone), notice: kind, ...(change && { change }) };
    }
    case 'edit':
      return edited(parts);
    case 'revoke': {
      const { of } = readAmendment('revoke', message, kapso);
      const amends = amendmentOf(of, null);
      const what = of === null ? 'an earlier message' : `message ${of}`;
      return {
        text: note(`deleted: the sender deleted ${what}`, message),
        notice: 'deletion',
        ...(amends && { amends }),
      };
    }
    case 'request_welcome':
      return { text: withContent(note('opened the chat for the first time', message), kapso), notice: 'welcome' };
    case 'unsupported': {
      const { type: kind, ...more } = asRecord(message.unsupported) ?? {};
      const what = asLabel(kind, 64);
      return {
        text: withObject(note(what ? `unsupported message: ${what}` : 'unsupported message', message), more, kapso),
      };
    }
    default: {
      const what = note(`message of type "${asLabel(type, 64) ?? ''}", which cannot be shown`, message);
      return { text: withObject(what, ownObject(parts), kapso) };
    }
  }
}

function bodyText({ message, kapso }: TextParts): Content {
  const body = asRecord(message.text)?.body;
  const text = asText(body) ?? kapsoContent(kapso);
  if (text === null) {
    // An error that Meta reports with it counts as content.
    const empty = asList(message.errors).length === 0;
    return { text: note('empty text message', message), ...(empty ? { notice: 'empty-text' as const } : {}) };
  }
  return { text: isVisible(text) ? text : note('text without visible characters', message) };
}

/** Returns a message as its sender has rewritten it, after a line that names the replaced one. */
function edited({ message, kapso, sender }: TextParts): Content {
  const { of, message: inner } = readAmendment('edit', message, kapso);
  const line = note(`edited: this takes the place of ${of === null ? 'an earlier message' : `message ${of}`}`, message);
  const type = asLabel(inner.type, 64) ?? 'text';
  const media = readMedia(type, inner, {});
  // One level deep: an edit of an edit has no form of its own.
  const now = content({ message: inner, kapso, type: type === 'edit' ? 'unknown' : type, media, sender });
  if (now.notice === 'empty-text') return { text: `${line}\n[the new text is not given]`, notice: 'edit' };
  const words = now.text
    .split('\n')
    .slice(now.annotations ?? 0)
    .join('\n');
  const amends = amendmentOf(of, words);
  return { text: `${line}\n${now.text}`, annotations: 1, notice: 'edit', ...(amends && { amends }) };
}

function reaction(parts: TextParts): Content {
  const extra = asRecord(parts.kapso.message_type_data);
  const wire =
    asRecord(parts.message.reaction) ?? (extra && ('emoji' in extra || 'message_id' in extra) ? extra : null);
  const shown = reactionText(wire);
  if (shown) {
    const reactsTo = messageId(wire?.message_id);
    const notice = asLabel(wire?.emoji, 64) ? 'reaction' : 'reaction-removed';
    return { text: shown, notice, ...(reactsTo !== null && { reactsTo }) };
  }
  const text = kapsoContent(parts.kapso);
  return text === null ? { text: '[reaction removed]', notice: 'reaction-removed' } : { text, notice: 'reaction' };
}

function fallback(what: string, { message, kapso }: TextParts): string {
  return kapsoContent(kapso) ?? note(`${what} without content`, message);
}

function withContent(line: string, kapso: WireObject): string {
  const text = asVisible(kapsoContent(kapso));
  return text ? `${line}\n${text}` : line;
}

function withObject(line: string, object: unknown, kapso: WireObject): string {
  const shown = shownObject(object);
  return withContent(shown ? `${line}\n${shown}` : line, kapso);
}

/** Keys of every message. They are no content of a type with the same name. */
const commonKeys: ReadonlySet<string> = new Set(['context', 'errors', 'kapso', 'metadata', 'referral']);

/** Returns Meta's object under the name of the message's type. */
function ownObject({ message, kapso, type }: TextParts): unknown {
  const own = Object.hasOwn(message, type) && !commonKeys.has(type) ? message[type] : undefined;
  return own ?? kapso.message_type_data;
}

function surroundings(message: WireObject): string[] {
  const lines: string[] = [];
  const context = asRecord(message.context);
  if (context?.frequently_forwarded === true) lines.push('[forwarded many times]');
  else if (context?.forwarded === true) lines.push('[forwarded]');
  const quoted = asLabel(context?.id, 512);
  if (quoted) lines.push(`[in reply to message ${quoted}]`);
  const product = asRecord(context?.referred_product);
  const productId = asLabel(asId(product?.product_retailer_id));
  if (productId) {
    const catalog = asLabel(asId(product?.catalog_id));
    lines.push(`[about product ${productId}${catalog ? ` of catalog ${catalog}` : ''}]`);
  }
  const referral = asRecord(message.referral);
  if (referral) lines.push(referralLine(referral));
  return lines;
}

function referralLine(referral: WireObject): string {
  const source = asLabel(referral.source_type, 32) ?? 'link';
  const headline = asLabel(referral.headline);
  const body = asLabel(referral.body, 1024);
  const id = asLabel(asId(referral.source_id), 128);
  const url = asUrl(referral.source_url);
  const words = [headline && `"${headline}"`, body && `"${body}"`, id && `id ${id}`].filter(Boolean).join(', ');
  return `[came from ${/^[aeiou]/i.test(source) ? 'an' : 'a'} ${source}${words ? `: ${words}` : ''}]${url ? ` ${url}` : ''}`;
}

function mediaText(media: Media, { message, kapso }: TextParts): string {
  const meta = asRecord(message[media.kind]);
  const name = media.kind === 'audio' && meta?.voice === true ? 'voice message' : media.kind;
  const facts = [
    media.filename,
    media.size === null ? null : humanSize(media.size),
    media.mimeType?.split(';')[0]?.trim() ?? null,
  ].filter(fact => fact !== null && fact !== '');
  const what = facts.length > 0 ? `${name}: ${facts.join(', ')}` : name;
  const first = media.url ? `${note(what, message)} ${media.url}` : note(what, message);
  const caption = asVisible(meta?.caption) ?? asVisible(asRecord(kapso.message_type_data)?.caption);
  const spoken = transcriptOf(media.kind, kapso);
  const lines = [first, caption, spoken && `Transcript: ${spoken}`].filter(Boolean);
  // Forms without Meta's object have the caption only in Kapso's rendering.
  if (!meta && !caption && !spoken) lines.push(asVisible(kapsoContent(kapso)));
  return lines.filter(Boolean).join('\n');
}

function locationText(location: WireObject | null): string | null {
  const latitude = asNumber(location?.latitude);
  const longitude = asNumber(location?.longitude);
  const place = [asLabel(location?.name), asLabel(location?.address, 512)].filter(Boolean).join(', ');
  const point = latitude === null || longitude === null ? '' : `(${latitude}, ${longitude})`;
  const where = [place, point].filter(Boolean).join(' ');
  if (!where) return null;
  const url = asUrl(location?.url);
  return `[location: ${where}]${url ? ` ${url}` : ''}`;
}

function contactsText(cards: readonly unknown[]): string | null {
  const lines = cards.slice(0, maxListed).map(card => {
    const record = asRecord(card) ?? {};
    const names = asRecord(record.name) ?? {};
    const name =
      asLabel(names.formatted_name) ?? asLabel([names.first_name, names.last_name].filter(asString).join(' '));
    const phones = asList(record.phones)
      .map(asRecord)
      .map(phone => asLabel(phone?.phone, 64) ?? asLabel(phone?.wa_id, 64));
    const emails = asList(record.emails)
      .map(asRecord)
      .map(email => asLabel(email?.email));
    const company = asLabel(asRecord(record.org)?.company);
    const facts = [name, ...phones.slice(0, 10), ...emails.slice(0, 10), company].filter(Boolean);
    return `[contact card: ${facts.length > 0 ? facts.join(', ') : 'empty'}]`;
  });
  if (cards.length > maxListed) lines.push(`[and ${cards.length - maxListed} more contact cards]`);
  return lines.length > 0 ? lines.join('\n') : null;
}

function reactionText(reaction: WireObject | null): string | null {
  if (!reaction) return null;
  const target = asLabel(reaction.message_id, 512);
  const emoji = asLabel(reaction.emoji, 64);
  if (!emoji) return `[reaction removed${target ? ` from message ${target}` : ''}]`;
  return `[reaction: ${emoji}${target ? ` to message ${target}` : ''}]`;
}

function orderText(order: WireObject | null, kapso: WireObject): string | null {
  const items = asList(order?.product_items).map(asRecord);
  const text = asVisible(order?.text) ?? asVisible(kapso.order_text);
  if (items.length === 0 && !text) return null;
  const listed = items.slice(0, maxListed).map(item => {
    const product = asLabel(asId(item?.product_retailer_id)) ?? 'unnamed product';
    const price = asNumber(item?.item_price);
    const cost =
      price === null ? '' : ` at ${[price, asLabel(item?.currency, 16)].filter(value => value !== null).join(' ')}`;
    return `${asNumber(item?.quantity) ?? '?'} x ${product}${cost}`;
  });
  if (items.length > maxListed) listed.push(`and ${items.length - maxListed} more`);
  const catalog = asLabel(asId(order?.catalog_id));
  const line = `[order${catalog ? ` from catalog ${catalog}` : ''}${listed.length > 0 ? `: ${listed.join('; ')}` : ''}]`;
  return text ? `${line}\n${text}` : line;
}
