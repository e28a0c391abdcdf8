import { isOurs } from '../errors.ts';
import { maskLane } from '../mask.ts';
import type { AppEvent, DeliveryEvent, GatewayEvent, ReplyEvent } from './events.ts';
import type { LogLine } from './log.ts';
import { replyLine } from './reply-lines.ts';

/** Returns the kind of which the log says one a minute: while a database is away, that each conversation waits for it. */
export function outageKind(event: AppEvent): string | null {
  return event.type === 'turn failed' && isOurs(event.error) && event.error.code === 'STORE_UNREACHABLE'
    ? 'a conversation without the database'
    : null;
}

/** Returns what the log says of the way from the inbox to the agent and back, the connection to the gateway included. */
export function deliveryLine(event: DeliveryEvent | ReplyEvent | GatewayEvent): LogLine {
  switch (event.type) {
    case 'obstacle changed': {
      if (event.obstacle === null) return ['info', {}, 'The gateway takes messages again'];
      const { agent } = event.obstacle;
      const text =
        agent === undefined
          ? 'The gateway takes no message at present; all wait for it, and none is lost'
          : `The gateway takes no message for the agent ${agent} at present; those wait, and none is lost`;
      return ['warn', { ...event.obstacle }, text];
    }
    case 'message settled': {
      const { message, outcome, note } = event;
      const level = note === null ? 'info' : 'warn';
      return [level, { message, outcome, ...(note !== null && { note }) }, 'Message handled by the agent'];
    }
    case 'message failed': {
      const { message, reason } = event;
      const text = `Message given up; "kapso-whatsapp-cli inbox retry ${message}" tries it again`;
      return ['error', { message, reason }, text];
    }
    case 'message deferred': {
      const { message, reason, attempts, until } = event;
      return ['warn', { message, reason, attempts, again: new Date(until).toISOString() }, 'Attempt failed'];
    }
    case 'message put off long':
      return ['info', { message: event.message, asked: event.asked }, 'The gateway asks for a long pause'];
    case 'message put off often': {
      const { message, reason, asked } = event;
      return ['warn', { message, reason, ...(asked !== null && { asked }) }, 'Message put off again and again'];
    }
    case 'message taken first': {
      const text = 'A message that keeps failing steps aside for the next one of its conversation';
      return ['info', { message: event.message, before: event.passed }, text];
    }
    case 'message kept as context': {
      const { message, kind } = event;
      return ['info', { message, kind }, 'Kept as context of the next message of its conversation'];
    }
    case 'messages gathered': {
      const { message, others } = event;
      return ['info', { message, others }, 'Gathered into one run of the agent'];
    }
    case 'images refused': {
      const { message, reason } = event;
      return [
        'warn',
        { message, reason },
        'The gateway took the message only without its image; the agent gets it as a file',
      ];
    }
    case 'medium missing': {
      const { message, reason } = event;
      return ['warn', { message, reason }, 'The agent gets the message without its medium'];
    }
    case 'words missing': {
      const { message, reason, hint } = event;
      return ['warn', { message, reason, hint }, 'The agent gets the file without the words in it'];
    }
    case 'media forgotten':
      return ['info', { count: event.count }, 'Removed media whose time is over'];
    case 'message edited': {
      const { message, edits } = event;
      return ['info', { message, edits }, 'Edited by its sender before the agent had it'];
    }
    case 'message superseded': {
      const { message, outcome } = event;
      return ['info', { message, outcome }, 'Not for the agent any more: its sender has changed it'];
    }
    case 'dropped run ended': {
      const { message, run } = event;
      return ['info', { message, run }, 'A run ended without an answer after its message was dropped'];
    }
    case 'turn failed': {
      const { lane, error } = event;
      return ['error', { lane: maskLane(lane), error }, 'A conversation could not be worked on; it is tried again'];
    }
    case 'pairing began':
      return [
        'info',
        { message: event.message },
        'Somebody unknown has written and gets a code: see kapso-whatsapp-cli access list',
      ];
    case 'pairing expired':
      return [
        'info',
        { messages: event.messages },
        'Nobody approved the sender while the code was valid; what it wrote was dropped',
      ];
    case 'messages forgotten':
      return ['info', { messages: event.count }, 'Settled messages older than the retention were forgotten'];
    case 'maintenance failed':
      return ['warn', { error: event.error }, 'Maintenance of the store failed; it is tried again'];
    default:
      return 'reply' in event ? replyLine(event) : gatewayLine(event);
  }
}

function gatewayLine(event: GatewayEvent): LogLine {
  switch (event.type) {
    case 'gateway connected': {
      const { gateway, version, boot } = event;
      return ['info', { gateway, version, boot }, 'Connected to the gateway'];
    }
    case 'gateway limit corrected': {
      const { gateway, name, said, taken } = event;
      return ['warn', { gateway, said, taken }, `The gateway says a ${name} that it cannot mean; another is taken`];
    }
    case 'connection failed': {
      const { gateway, phase, reason, hint } = event;
      const fields = { gateway, ...(hint !== null && { hint }) };
      if (phase === 'blocked') return ['error', fields, reason];
      return ['warn', fields, phase === 'waiting' ? reason : `${reason} Trying again.`];
    }
    case 'connection put off long':
      return ['warn', { gateway: event.gateway, asked: event.asked }, 'The gateway asks for a long pause'];
    case 'other run answered': {
      const { run, answered } = event;
      return ['warn', { run, answered }, 'The gateway answered agent.wait for another run'];
    }
    case 'device token not kept':
      return ['warn', { error: event.error }, 'The device token could not be kept'];
    case 'device token unreadable':
      return ['warn', { file: event.file }, 'The device token cannot be read and is left out'];
    case 'private file closed':
      return [
        'warn',
        { file: event.file, mode: event.mode.toString(8) },
        'A private file was open to other users and is closed now; if one of them may have read it, delete it and ' +
          'approve the new device',
      ];
  }
}
