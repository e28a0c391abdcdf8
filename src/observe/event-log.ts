import type { Clock } from '../clock.ts';
import { isOurs } from '../errors.ts';
import { deliveryLine, outageKind } from './delivery-lines.ts';
import type { AlertEvent, AppEvent, Emit } from './events.ts';
import { instanceLine } from './instance-lines.ts';
import type { LogLine as Line, Log } from './log.ts';
import { createOnceAMinute } from './once-a-minute.ts';
import { clockLine, iso, pollingLine, positionLine, seconds } from './polling-lines.ts';
import { senderLine } from './sender-lines.ts';
import { limitedKind, webhookLine } from './webhook-lines.ts';
import { createWebhookReceived } from './webhook-received.ts';

/** Writes events to the log. What anyone can cause is written once a minute for each kind. */
export function createEventLog(log: Log, clock: Pick<Clock, 'monotonic' | 'after'>): Emit {
  const isDue = createOnceAMinute(clock);
  const received = createWebhookReceived(
    (of, count) => log.info({ ...(of && { account: of.label }), new: count }, 'Messages received by webhook'),
    clock,
  );
  return event => {
    received(event);
    const { of } = event;
    const kind = limitedKind(event) ?? outageKind(event);
    if (kind !== null && !isDue(of === undefined ? kind : `${kind} of ${of.id}`)) return;
    const line = lineOf(event);
    if (line === null) return;
    const [level, fields, text] = line;
    log[level](of === undefined ? fields : { account: of.label, ...fields }, text);
  };
}

/** Returns what the log says of an event, or null. */
function lineOf(event: AppEvent): Line | null {
  switch (event.type) {
    case 'messages accepted':
    case 'messages known':
    case 'run began':
    case 'run ended':
    case 'run looked for':
    case 'reply status':
    case 'polling changed':
    case 'gateway changed':
      return null;
    case 'webhook changed':
    case 'webhook listening':
    case 'webhook unsigned':
    case 'signing secret found':
    case 'signing secret unreadable':
    case 'delivery refused':
    case 'probe refused':
    case 'delivery unreadable':
    case 'delivery stored':
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
    case 'webhook looked at':
    case 'duplicate webhooks':
    case 'registration failed':
    case 'registration left':
      return webhookLine(event);
    case 'messages withheld': {
      const text =
        'Messages from before the restore came that the backup does not have: they may have been answered, so the agent ' +
        'does not get them; they are kept as dropped (inbox list --state dropped, inbox retry)';
      return ['warn', { count: event.count }, text];
    }
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
    case 'pass ended':
    case 'list without end':
    case 'pass given up':
    case 'pass not released':
    case 'pass not stored':
      return pollingLine(event);
    case 'store displaced':
    case 'store back':
    case 'store unreadable':
      return storeLine(event);
    case 'database connected':
    case 'database lost':
      return databaseLine(event);
    case 'sender limited':
    case 'sender within limits':
    case 'sender slowed':
      return senderLine(event);
    case 'command done':
    case 'commands failed':
    case 'mutes changed':
      return commandLine(event);
    case 'alerts changed':
    case 'alert raised':
    case 'alert given':
    case 'alert not given':
    case 'alerts not kept':
      return alertLine(event);
    case 'claim lost':
    case 'claims failing':
    case 'claims work again':
    case 'role given up':
    case 'roles changed':
      return instanceLine(event);
    case 'position taken over':
    case 'first start':
    case 'position corrected':
    case 'list repeats':
      return positionLine(event);
    case 'message refused':
    case 'access changed':
      return accessLine(event);
    case 'live opened':
      return [
        'debug',
        { socket: event.socket },
        'The poller can be looked at with status --watch, inbox tail and trace',
      ];
    case 'live unavailable': {
      const text =
        'The poller cannot be looked at while it runs: the commands read its files instead; all else goes on';
      return ['warn', { error: event.error }, text];
    }
    case 'sessions begin anew': {
      const { account, key } = event;
      const text =
        'Conversations of this account are from before it stood in accounts, and begin new sessions with the agent: ' +
        `set ${key}: true and restart, and the sessions from before go on`;
      return ['warn', { account }, text];
    }
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

function databaseLine(event: Of<'database connected' | 'database lost'>): Line {
  if (event.type === 'database lost') {
    const { error } = event;
    const hint = isOurs(error) ? error.hint : undefined;
    const text =
      'The database of the inbox cannot be used; it is tried again by itself, and nothing is taken meanwhile';
    return ['error', { error, ...(hint !== undefined && { hint }) }, text];
  }
  const { server, weaknesses } = event;
  if (weaknesses.length === 0) return ['info', { server }, 'The database of the inbox is connected'];
  return ['warn', { server, weaknesses }, 'The database of the inbox is connected; it may lose what was accepted'];
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

function alertLine(event: AlertEvent): Line | null {
  switch (event.type) {
    case 'alerts changed':
      return null;
    case 'alert raised': {
      const { code, says, todo, since } = event;
      if (event.state === 'over') return ['info', { code, since: iso(since) }, `Alert over: ${says}`];
      return ['warn', { code, since: iso(since), todo }, `Alert: ${says}`];
    }
    case 'alert given':
      return [
        'info',
        { code: event.code },
        event.way === 'command' ? 'The alert was given' : 'The alert is to be sent',
      ];
    case 'alert not given': {
      const { code, way, reason, again } = event;
      const fields = { code, by: way, reason, ...(again !== null && { again: seconds(again) }) };
      return [again === null ? 'error' : 'warn', fields, 'The alert could not be given'];
    }
    case 'alerts not kept':
      return [
        'warn',
        { file: event.file, error: event.error },
        'Which alerts were given cannot be noted; after a restart some may be given again',
      ];
  }
}
