import type { InboundMessage } from './message.ts';

export interface UndeliveredAnswer {
  /** WhatsApp's id of what could not be delivered. */
  sentId: string;
  /** When it was sent, and when WhatsApp gave it up; milliseconds since the epoch. */
  sentAt: number;
  failedAt: number;
  /** One line, without Meta's code. */
  reason: string;
  /** Meta's code; null without one. */
  code: number | null;
}

/** The notice to the agent that its answer to a message did not reach the contact. The same answer has one id. */
export function answerFailed(
  answered: InboundMessage,
  { sentId, sentAt, ...failure }: UndeliveredAnswer,
): InboundMessage {
  const { account, sender, conversationId, groupId } = answered;
  const time = new Date(sentAt).toISOString().replace(/\.\d{3}Z$/, 'Z');
  const place = groupId === undefined ? 'contact' : 'group';
  const code = failure.code === null ? '' : ` (${failure.code})`;
  return {
    id: `answer-failed~${sentId}`,
    account,
    sender,
    conversationId,
    timestamp: failure.failedAt,
    type: 'note',
    text: `WhatsApp could not deliver your answer of ${time} to this ${place}: ${failure.reason}${code}`,
    media: null,
    notice: 'answer-failed',
    ...(groupId !== undefined && { groupId }),
  };
}
