import type { ReplyEvent } from './events.ts';
import type { LogLine } from './log.ts';

/** Returns what the log says of the way of a reply to the customer. */
export function replyLine(event: ReplyEvent): LogLine {
  const { message, reply } = event;
  switch (event.type) {
    case 'reply sent': {
      const { sentId, part, parts, via } = event;
      return ['info', { message, sent: sentId, via, ...(parts > 1 && { part: `${part}/${parts}` }) }, 'Reply sent'];
    }
    case 'reply put off': {
      const { reason, operator, pause } = event;
      const text = operator
        ? 'Kapso refuses every reply until somebody changes something; all wait, and none is lost'
        : 'Reply put off';
      return [operator ? 'error' : 'warn', { message, reply, reason, pause: `${Math.round(pause / 1000)} s` }, text];
    }
    case 'reply in doubt':
      return ['warn', { message, reply, reason: event.reason }, 'A reply may have been sent; it is looked for'];
    case 'reply sent again': {
      const text = 'A reply whose request had no answer is not among the sent messages; it is sent again';
      return ['warn', { message, reply, looked: `${Math.round(event.after / 1000)} s` }, text];
    }
    case 'reply failed': {
      const { reason, code } = event;
      const text = `Reply failed; "kapso-whatsapp-cli outbox retry ${reply}" tries it again`;
      return ['error', { message, reason, ...(code !== null && { code }) }, text];
    }
  }
}
