import { jsonSafe } from './canonical.ts';
import { interactiveText } from './interactive-text.ts';
import { humanSize } from './media.ts';
import type { Media } from './message.ts';
import { asId, asLabel, asList, asNumber, asRecord, asString, asText, asUrl, type WireObject } from './wire.ts';

export interface TextParts {
  message: WireObject;
  kapso: WireObject;
  type: string;
  media: Media | null;
}

/** Cards or products that are named one by one; more are counted. */
const maxListed = 50;

/**
 * What the agent reads: our annotations in square brackets, one a line, then what the sender wrote, whole. Never empty.
 */
export function messageText(parts: TextParts): string {
  const lines = [...surroundings(parts.message), content(parts)];
  return lines.join('\n').toWellFormed();
}

function content(parts: TextParts): string {
  const { message, kapso, type, media } = parts;
  if (media) return mediaText(media, parts);
  switch (type) {
    case 'text':
      return asText(asRecord(message.text)?.body) ?? kapsoContent(kapso) ?? note('empty text message', message);
    case 'interactive':
    case 'button':
      return (
        interactiveText(type, message, kapso) ?? kapsoContent(kapso) ?? note(`${type} reply without content`, message)
      );
    case 'location':
      return (
        locationText(asRecord(message.location) ?? asRecord(kapso.message_type_data)) ?? fallback('location', parts)
      );
    case 'contacts':
      return contactsText(asList(message.contacts)) ?? fallback('contact cards', parts);
    case 'reaction':
      return reactionText(message) ?? fallback('reaction', parts);
    case 'order':
      return orderText(asRecord(message.order), kapso) ?? fallback('order', parts);
    case 'system':
      return systemText(message, kapso);
    case 'unsupported': {
      const what = asLabel(asRecord(message.unsupported)?.type, 64);
      return withContent(note(what ? `unsupported message: ${what}` : 'unsupported message', message), kapso);
    }
    default:
      return withContent(note(`message of type "${asLabel(type, 64) ?? ''}", which cannot be shown`, message), kapso);
  }
}

function fallback(what: string, { message, kapso }: TextParts): string {
  return kapsoContent(kapso) ?? note(`${what} without content`, message);
}

function withContent(line: string, kapso: WireObject): string {
  const text = kapsoContent(kapso);
  return text ? `${line}\n${text}` : line;
}

/** Kapso's own rendering: a string in its documentation, an object in its SDK. */
function kapsoContent(kapso: WireObject): string | null {
  const { content } = kapso;
  const record = asRecord(content);
  if (!record) return asText(content);
  for (const value of [record.body, record.text, record.content, record.caption, asRecord(record.text)?.body]) {
    const text = asText(value);
    if (text) return text;
  }
  return Object.keys(record).length > 0 ? JSON.stringify(jsonSafe(record)) : null;
}

/** An annotation, with the error that Meta gives with the message. */
function note(what: string, message: WireObject): string {
  const error = asRecord(asList(message.errors)[0]);
  if (!error) return `[${what}]`;
  const code = asNumber(error.code);
  const why =
    asLabel(asRecord(error.error_data)?.details) ??
    asLabel(error.details) ??
    asLabel(error.message) ??
    asLabel(error.title);
  return `[${what}; error${code === null ? '' : ` ${code}`}${why ? `: ${why}` : ''}]`;
}

function surroundings(message: WireObject): string[] {
  const lines: string[] = [];
  const group = asLabel(asId(message.group_id), 128);
  if (group) lines.push(`[in group ${group}]`);
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
  const caption = asText(meta?.caption) ?? asText(asRecord(kapso.message_type_data)?.caption);
  const spoken = transcript(kapso);
  const lines = [first, caption, spoken && `Transcript: ${spoken}`].filter(Boolean);
  // The forms without Meta's object have the caption in Kapso's rendering only.
  if (!meta && !caption && !spoken) lines.push(kapsoContent(kapso));
  return lines.filter(Boolean).join('\n');
}

function transcript(kapso: WireObject): string | null {
  for (const value of [kapso.transcript, kapso.transcription]) {
    const text = asText(asRecord(value)?.text) ?? asText(value);
    if (text) return text;
  }
  const rendered = asString(kapso.content);
  return asText(rendered && /(?:^|\n)Transcript: ([\s\S]+)$/.exec(rendered)?.[1]);
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

function reactionText(message: WireObject): string | null {
  const reaction = asRecord(message.reaction);
  if (!reaction) return null;
  const target = asLabel(reaction.message_id, 512);
  const emoji = asLabel(reaction.emoji, 64);
  if (!emoji) return `[reaction removed${target ? ` from message ${target}` : ''}]`;
  return `[reaction: ${emoji}${target ? ` to message ${target}` : ''}]`;
}

function orderText(order: WireObject | null, kapso: WireObject): string | null {
  const items = asList(order?.product_items).map(asRecord);
  const text = asText(order?.text) ?? asText(kapso.order_text);
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

function systemText(message: WireObject, kapso: WireObject): string {
  const system = asRecord(message.system);
  const body = asLabel(system?.body, 1024) ?? asLabel(kapso.content, 1024) ?? asLabel(system?.type, 64);
  return body ? `[system: ${body}]` : note('system message', message);
}
