import type { Content, MediaContent, MediaSource } from '../../domain/content.ts';
import type { Recipient } from '../../domain/recipient.ts';

export interface Message {
  recipient: Recipient;
  content: Content;
  /** Comes back in status events, and marks the message in lists (`biz_opaque_callback_data`). */
  mark: string;
}

/**
 * The body of a request that sends a message (Kapso API, "Send a message").
 *
 * @throws TypeError for a file that was not uploaded yet
 */
export function messageBody({ recipient, content, mark }: Message): object {
  return { ...requestBody({ recipient, content }), biz_opaque_callback_data: mark };
}

/** The same without a mark: what of it does not differ from send to send. */
export function requestBody({ recipient, content }: Omit<Message, 'mark'>): object {
  const quote = 'quote' in content ? content.quote : undefined;
  return {
    messaging_product: 'whatsapp',
    ...recipientFields(recipient),
    ...contentFields(content),
    ...(quote === undefined ? {} : { context: { message_id: quote } }),
  };
}

function contentFields(content: Content): object {
  switch (content.kind) {
    case 'text': {
      const preview = content.preview === undefined ? {} : { preview_url: content.preview };
      return { type: 'text', text: { body: content.text, ...preview } };
    }
    case 'media':
      return { type: content.media, [content.media]: mediaFields(content) };
    case 'location': {
      const { latitude, longitude, name, address } = content;
      return { type: 'location', location: { latitude, longitude, ...given({ name, address }) } };
    }
    case 'contacts':
      return { type: 'contacts', contacts: content.contacts };
    case 'reaction':
      return { type: 'reaction', reaction: { message_id: content.messageId, emoji: content.emoji } };
    case 'interactive':
      return { type: 'interactive', interactive: content.interactive };
    case 'template': {
      const components = [{ type: 'body', parameters: [{ type: 'text', text: content.text }] }];
      return { type: 'template', template: { name: content.name, language: { code: content.language }, components } };
    }
    case 'filled-template': {
      const { name, language, components } = content;
      const filled = components.length === 0 ? {} : { components };
      return { type: 'template', template: { name, language: { code: language }, ...filled } };
    }
    case 'raw':
      return content.fields;
  }
}

function mediaFields({ source, caption, filename, voice }: MediaContent): object {
  return { ...sourceFields(source), ...given({ caption, filename, voice }) };
}

function sourceFields(source: MediaSource): object {
  if ('file' in source || 'named' in source) throw new TypeError('a file is uploaded before its message is sent');
  return source;
}

/** The fields that have a value. */
function given(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/**
 * Kapso takes a phone number in `to` and a business-scoped user id in `recipient`. A group's id stands in `to`, and the
 * type says so (WhatsApp Cloud API, "Group messaging").
 */
export function recipientFields(recipient: Recipient): object {
  switch (recipient.kind) {
    case 'phone':
      return { recipient_type: 'individual', to: recipient.to };
    case 'user':
      return { recipient_type: 'individual', recipient: recipient.userId };
    case 'group':
      return { recipient_type: 'group', to: recipient.groupId };
  }
}
