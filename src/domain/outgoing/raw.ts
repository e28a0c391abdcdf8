import { asRecord } from '../../narrow.ts';
import type { RawContent } from '../content.ts';
import { assertLength, invalid } from './invalid.ts';

/** What every request has, and the command line says itself. */
const ofRecipient: readonly string[] = [
  'to',
  'recipient',
  'recipient_type',
  'messaging_product',
  'biz_opaque_callback_data',
];
/** The types that WhatsApp knows (Kapso API, "Send a message"). Each has its fields under its own name. */
const types: readonly string[] = [
  ...['text', 'image', 'video', 'audio', 'document', 'sticker'],
  ...['location', 'contacts', 'interactive', 'template', 'reaction'],
];
const longestText = 4096;

/**
 * Checks a request that is given whole, without its recipient: `{type, <type>: {…}, context?: {message_id}}`. Kapso and
 * Meta check the rest. Throws SEND_CONTENT_INVALID.
 */
export function rawContent(value: unknown): RawContent {
  const fields = asRecord(value);
  if (fields === null) throw invalid('the request is no object', 'It has type, and an object of that name');
  const foreign = Object.keys(fields).find(name => ofRecipient.includes(name));
  if (foreign !== undefined) {
    throw invalid(
      `the request has "${foreign}"`,
      'Leave it out: --to or --group names the recipient, and the rest is added',
    );
  }
  const { type, context, ...rest } = fields;
  if (typeof type !== 'string' || !types.includes(type)) {
    throw invalid('the type of the request is not one of WhatsApp', `It is one of ${types.join(', ')}`);
  }
  const other = Object.keys(rest).find(name => name !== type);
  if (other !== undefined) {
    throw invalid(
      `the request has "${other.slice(0, 40)}"`,
      `A request of type ${type} has ${type}, and context to quote`,
    );
  }
  const content = rest[type];
  const isRight = type === 'contacts' ? Array.isArray(content) && content.length > 0 : asRecord(content) !== null;
  if (!isRight) {
    throw invalid(`the request has no "${type}"`, type === 'contacts' ? 'It is a list of contacts' : 'It is an object');
  }
  if (type === 'text') assertText(asRecord(content)?.body);
  if (context !== undefined && typeof asRecord(context)?.message_id !== 'string') {
    throw invalid('the context of the request has no message_id', 'Write {"message_id": "wamid.HBg…"}');
  }
  return { kind: 'raw', fields: { ...fields, type } };
}

function assertText(body: unknown): void {
  if (typeof body !== 'string' || body.trim() === '') throw invalid('the text of the request is empty');
  assertLength('the text of the request', body, longestText);
}
