import type { Content } from '../../domain/outgoing-body.ts';
import type { Recipient } from '../../domain/recipient.ts';

export interface Message {
  recipient: Recipient;
  content: Content;
  /** Whether the first link of a text gets a preview; undefined leaves that to Kapso. */
  previewUrl?: boolean | undefined;
  /** Comes back in status events, and marks the message in lists (`biz_opaque_callback_data`). */
  mark: string;
}

/** The body of a request that sends a message (Kapso API, "Send a message"). */
export function messageBody({ recipient, content, previewUrl, mark }: Message): object {
  return {
    messaging_product: 'whatsapp',
    ...recipientFields(recipient),
    ...contentFields(content, previewUrl),
    biz_opaque_callback_data: mark,
  };
}

function contentFields(content: Content, previewUrl: boolean | undefined): object {
  if (content.kind === 'template') {
    const parameters = [{ type: 'text', text: content.text }];
    const components = [{ type: 'body', parameters }];
    return { type: 'template', template: { name: content.name, language: { code: content.language }, components } };
  }
  return {
    type: 'text',
    text: { body: content.text, ...(previewUrl === undefined ? {} : { preview_url: previewUrl }) },
    ...(content.quote === undefined ? {} : { context: { message_id: content.quote } }),
  };
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
