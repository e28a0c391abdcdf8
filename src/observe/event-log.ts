import type { Clock } from '../clock.ts';
import { deliveryLine } from './delivery-lines.ts';
import type { AppEvent, Emit, PositionEvent } from './events.ts';
import type { LogLine as Line, Log } from './log.ts';
import { createOnceAMinute } from './once-a-minute.ts';
import { senderLine } from './sender-lines.ts';
import { limitedKind, webhookLine } from './webhook-lines.ts';

/** Writes events to the log. What anyone can cause is written once a minute for each kind. */
export function createEventLog(log: Log, clock: Pick<Clock, 'monotonic'>): Emit {
  const isDue = createOnceAMinute(clock);
  return event => {
    const kind = limitedKind(event);
    if (kind !== null && !isDue(kind)) return;
    const line = lineOf(event);
    if (line !== null) log[line[0]](line[1], line[2]);
  };
}

const iso = (ms: number) => new Date(ms).toISOString();
const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;

/** Returns what the log says of an event, or null. */
function lineOf(event: AppEvent): Line | null {
  switch (event.type) {
    case 'messages accepted':
    case 'polling changed':
    case 'gateway changed':
      return null;
    case 'webhook changed':
    case 'webhook listening':
    case 'webhook unsigned':
    case 'signing secret found':
    case 'signing secret unreadable':
    case 'delivery refused':
    case 'delivery unreadable':
    case 'item skipped':
    case 'sample skipped':
    case 'other number skipped':
    case 'send failed':
    case 'method refused':
    case 'path refused':
    case 'verification refused':
    case 'registration needed':
    case 'public path differs':
    case 'tunnel changed':
    case 'tunnel opened':
    case 'tunnel failed':
    case 'webhook registered':
    case 'duplicate webhooks':
    case 'registration failed':
      return webhookLine(event);
    case 'unreadable kept': {
      const { message, reason } = event;
      const text = 'Something arrived that cannot be read; it is kept in the inbox as failed';
      return ['error', { message, reason }, text];
    }
    case 'own clock wrong':
    case 'own clock right':
    case 'clocks differ':
    case 'clocks agree':
      return clockLine(event);
    case 'poll failed':
    case 'poll works again':
    case 'messages polled':
    case 'list without end':
    case 'pass given up':
    case 'pass not released':
    case 'pass not stored':
      return pollingLine(event);
    case 'store displaced':
    case 'store back':
    case 'store unreadable':
      return storeLine(event);
    case 'sender limited':
    case 'sender within limits':
    case 'sender slowed':
      return senderLine(event);
    case 'command done':
    case 'commands failed':
    case 'mutes changed':
      return commandLine(event);
    case 'position taken over':
    case 'first start':
    case 'position corrected':
    case 'list repeats':
      return positionLine(event);
    case 'message refused':
    case 'access changed':
      return accessLine(event);
    case 'directory unsafe':
      return ['warn', {}, event.warning];
    case 'single poll failed':
      return ['error', { error: event.error }, 'Polling Kapso failed'];
    case 'delivery left for later': {
      const text = 'The gateway cannot be reached; what there is waits for the next time';
      return ['warn', { reason: event.reason }, text];
    }
    default:
      return deliveryLine(event);
  }
}

type Of<Type extends AppEvent['type']> = Extract<AppEvent, { type: Type }>;

function storeLine(event: Of<'store displaced' | 'store back' | 'store unreadable'>): Line {
  switch (event.type) {
    case 'store displaced': {
      const { error, hint } = event;
      const text = 'The inbox is not where it was opened: nothing is taken or handed to the agent';
      return ['error', { error, hint }, text];
    }
    case 'store back':
      return ['info', {}, 'The inbox is in its place again; everything goes on'];
    case 'store unreadable':
      return ['error', { error: event.error }, 'The inbox cannot be read'];
  }
}

function accessLine(event: Of<'message refused' | 'access changed'>): Line {
  if (event.type === 'access changed') {
    const { policy, warning } = event.access;
    return warning === null ? ['info', { policy }, 'Who may write to the agent'] : ['warn', { policy }, warning];
  }
  const { message, state, reason } = event;
  const waits = 'A message waits in the inbox until an operator approves its sender';
  const text = `A message is kept in the inbox as ${state}, and not given to the agent`;
  return ['info', { message, ...(reason !== null && { reason }) }, state === 'unpaired' ? waits : text];
}

function commandLine(event: Of<'command done' | 'commands failed' | 'mutes changed'>): Line | null {
  switch (event.type) {
    case 'command done': {
      const { message, command, answer } = event;
      return ['info', { message, command, answer }, 'An operator gave a command'];
    }
    case 'commands failed':
      return ['error', { error: event.error }, 'The commands of operators could not be done; they are tried again'];
    case 'mutes changed':
      return null;
  }
}

function clockLine(event: Of<'own clock wrong' | 'own clock right' | 'clocks differ' | 'clocks agree'>): Line {
  switch (event.type) {
    case 'own clock wrong':
      return [
        'error',
        { own: iso(event.own), kapso: iso(event.own - event.ahead) },
        "This machine's clock differs from Kapso's by more than a day: set it (timedatectl set-ntp true); " +
          "until then Kapso's times are kept to",
      ];
    case 'own clock right':
      return ['info', { own: iso(event.own) }, "This machine's clock agrees with Kapso's again"];
    case 'clocks differ':
      return [
        'warn',
        { kapso: `${seconds(Math.abs(event.ahead))} ${event.ahead > 0 ? 'ahead' : 'behind'}` },
        "Kapso's clock and this machine's differ: until they agree, polling's position only follows the messages",
      ];
    case 'clocks agree':
      return ['info', {}, "Kapso's clock and this machine's agree again"];
  }
}

function pollingLine(
  event: Of<
    | 'poll failed'
    | 'poll works again'
    | 'messages polled'
    | 'list without end'
    | 'pass given up'
    | 'pass not released'
    | 'pass not stored'
  >,
): Line {
  switch (event.type) {
    case 'poll failed': {
      const { error, asked, pause, needsOperator } = event;
      const fields = { error, ...(asked !== null && { asked }), again: seconds(pause) };
      if (needsOperator) return ['error', fields, 'Polling Kapso failed, and will until somebody puts it right'];
      return ['warn', fields, 'Polling Kapso failed'];
    }
    case 'poll works again':
      return ['info', {}, 'Polling Kapso works again'];
    case 'messages polled':
      return ['info', { new: event.found, seen: event.seen }, 'Messages received by polling'];
    case 'list without end':
      return ['error', { seen: event.seen }, `${event.reason}. If it goes on, tell Kapso's support`];
    case 'pass given up':
      return [
        'error',
        { error: event.error },
        'A polling pass was given up; what it had read is delivered, and the pass is repeated',
      ];
    case 'pass not released':
      return ['error', { error: event.error }, 'What the pass had read waits for the next one to be complete'];
    case 'pass not stored':
      return ['error', { error: event.error }, 'What was polled cannot be kept; the pass is repeated'];
  }
}

function positionLine(event: PositionEvent): Line {
  switch (event.type) {
    case 'position taken over': {
      const text = `Polling goes on where the earlier program's ${event.file} file left off`;
      return ['info', { from: iso(event.from) }, text];
    }
    case 'first start':
      return ['info', { from: iso(event.from) }, 'First start: messages from now on are received, none from the past'];
    case 'position corrected':
      return [
        'warn',
        { from: iso(event.from), to: iso(event.to) },
        "Polling's position did not fit Kapso's clock; it goes on from the last one that could be trusted",
      ];
    case 'list repeats':
      return ['warn', { pages: event.pages }, "Kapso's message list repeats its pages; the pass ends here"];
  }
}
