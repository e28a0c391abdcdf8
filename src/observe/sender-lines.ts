import type { SenderEvent } from './events.ts';
import type { LogLine } from './log.ts';

/** Returns what the log says of senders who exceed the limits. */
export function senderLine(event: SenderEvent): LogLine {
  const { contact } = event;
  switch (event.type) {
    case 'sender limited': {
      const text =
        'A sender has written more than access.limits allows; its further messages are kept as limited (logged once a minute)';
      return ['warn', { contact }, text];
    }
    case 'sender within limits':
      return ['info', { contact }, 'A sender writes within access.limits again (logged once a minute)'];
    case 'sender slowed': {
      const wait = `${Math.ceil(event.wait / 1000)} s`;
      return [
        'info',
        { contact, wait },
        'A sender writes faster than access.limits allows; its messages wait (logged once a minute)',
      ];
    }
  }
}
