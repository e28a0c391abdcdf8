import type { AppEvent } from './events.ts';
import type { LogLine } from './log.ts';
import type { WebhookEvent } from './webhook-events.ts';

type Of<Type extends WebhookEvent['type']> = Extract<WebhookEvent, { type: Type }>;

/** Returns the kind of an event that anyone can cause, for a limit of its lines, or null. */
export function limitedKind(event: AppEvent): string | null {
  switch (event.type) {
    case 'delivery refused':
      return `${event.type} ${event.status}`;
    case 'message refused':
      return `${event.type} ${event.state}`;
    case 'path refused':
      return event.method === 'POST' ? `POST ${event.type}` : event.type;
    case 'sample skipped':
    case 'other number skipped':
    case 'method refused':
    case 'verification refused':
    case 'sender limited':
    case 'sender within limits':
    case 'sender slowed':
      return event.type;
    default:
      return null;
  }
}

/** Returns what the log says of an event at the webhook, or null. */
export function webhookLine(event: WebhookEvent): LogLine | null {
  switch (event.type) {
    case 'webhook changed':
    case 'delivery stored':
    case 'item skipped':
    case 'tunnel changed':
      return null;
    case 'webhook listening':
      return ['info', { address: event.address, path: event.path }, 'The webhook server is listening'];
    case 'webhook unsigned':
      return [
        'warn',
        { address: event.address, path: event.path },
        'WEBHOOKS ARE NOT SIGNED: whoever reaches this address can write to the agent in any name. ' +
          'Set webhook.secret (KAPSO_WEBHOOK_SECRET) to the secret of the webhook in Kapso.',
      ];
    case 'signing secret found':
      return ['info', {}, 'A signing secret was made: from now on webhooks must be signed'];
    case 'signing secret unreadable': {
      const text = 'The signing secret cannot be read: until the poller is restarted, webhooks are refused';
      return ['error', { error: event.error }, text];
    }
    case 'probe refused': {
      const text =
        'kapso-whatsapp-cli doctor has tried a delivery without a signature: it was refused, as it should be';
      return ['debug', { status: event.status }, text];
    }
    case 'delivery refused':
    case 'delivery unreadable':
    case 'sample skipped':
    case 'other number skipped':
    case 'send failed':
      return deliveryLine(event);
    case 'method refused':
    case 'path refused':
    case 'verification refused':
      return requestLine(event);
    case 'registration needed':
      return ['info', {}, event.url === null ? unnamed(event.path) : toRegister(event.url)];
    case 'public path differs':
      return ['warn', {}, `${event.warning.charAt(0).toUpperCase()}${event.warning.slice(1)}`];
    case 'tunnel opened':
      if (event.repeated) return null;
      return ['info', {}, event.registers ? `The Tailscale tunnel is open: ${event.url}` : toRegister(event.url)];
    case 'tunnel failed': {
      if (event.repeated) return null;
      const { tunnel, kind, link } = event;
      const fields = { kind, hint: tunnel.hint, ...(link && { link }) };
      return ['warn', fields, `The Tailscale tunnel is not open: ${tunnel.reason}`];
    }
    case 'registration left':
      return null;
    case 'webhook registered':
    case 'webhook looked at':
    case 'duplicate webhooks':
    case 'registration failed':
      return registrationLine(event);
  }
}

const toRegister = (url: string) => `Register this webhook URL in Kapso: ${url}`;
const unnamed = (path: string) =>
  `The public address of the webhook is not known: register the one that leads here, with the path ${path}, in Kapso, and ` +
  'name it in webhook.publicUrl';
const onceAMinute = '(logged once a minute)';

function deliveryLine(
  event: Of<'delivery refused' | 'delivery unreadable' | 'sample skipped' | 'other number skipped' | 'send failed'>,
): LogLine {
  switch (event.type) {
    case 'delivery refused': {
      const { status, error, reason } = event;
      const fields = { status, ...(reason !== null && { reason }) };
      return ['warn', fields, `A webhook delivery was refused: ${error} ${onceAMinute}`];
    }
    case 'delivery unreadable':
      return ['error', { error: event.error }, 'A webhook delivery could not be read'];
    case 'sample skipped':
      return ['info', {}, `A test sample, or a delivery without a message, was answered and not kept ${onceAMinute}`];
    case 'other number skipped':
      return [
        'warn',
        { configured: event.configured, received: event.received },
        'A webhook delivery for another phone number id was answered and not kept: if it was meant for this one, ' +
          `the phone number id in the configuration is wrong ${onceAMinute}`,
      ];
    case 'send failed': {
      const { message, code, to, explanation, outgoing } = event;
      const fields = { message, ...(code !== null && { code }), ...(to !== null && { to }) };
      const what = `WhatsApp could not deliver a message that was sent: ${explanation}`;
      if (outgoing === null) return ['warn', fields, what];
      const { id, answers } = outgoing;
      return ['warn', { ...fields, answers }, `${what} "kapso-whatsapp-cli outbox show ${id}" says more.`];
    }
  }
}

function requestLine(event: Of<'method refused' | 'path refused' | 'verification refused'>): LogLine {
  switch (event.type) {
    case 'method refused': {
      const { method, allow } = event;
      return ['info', { method }, `A request was refused: only ${allow} are served at its path ${onceAMinute}`];
    }
    case 'path refused': {
      const { method, path, served } = event;
      const where = { method, path, served };
      if (method !== 'POST') return ['info', where, `A request came to a path that is not served ${onceAMinute}`];
      return ['warn', where, `A POST came to a path that is not served: webhooks go to ${served} ${onceAMinute}`];
    }
    case 'verification refused':
      return ['warn', { reason: event.reason }, `A verification of the webhook was refused ${onceAMinute}`];
  }
}

function registrationLine(
  event: Of<'webhook registered' | 'webhook looked at' | 'duplicate webhooks' | 'registration failed'>,
): LogLine | null {
  switch (event.type) {
    case 'webhook registered': {
      const { registration, url, change, differences, recovered } = event;
      const { webhook } = registration;
      if (change === 'created') return ['info', { webhook, url }, 'The webhook was registered at Kapso'];
      if (change === 'updated') {
        const because = differences.join('; ');
        return ['warn', { webhook, url, because }, 'The webhook at Kapso was brought up to date'];
      }
      return recovered ? ['info', { webhook }, 'The webhook is registered at Kapso'] : null;
    }
    case 'webhook looked at': {
      if (event.repeated) return null;
      const { webhook, reason, off, hint } = event.registration;
      const why = off ?? reason;
      if (!why) return ['info', { webhook }, "Kapso's webhook is switched on"];
      return ['warn', { webhook, reason: why, ...(hint !== null && { hint }) }, "Kapso's webhook is not as it must be"];
    }
    case 'duplicate webhooks': {
      const text = 'Kapso has other webhooks for the same address; "kapso-whatsapp-cli webhook remove ID" removes one';
      return ['warn', { webhook: event.webhook, others: event.others }, text];
    }
    case 'registration failed': {
      if (event.repeated) return null;
      const { registration, asked, pause } = event;
      const { reason, hint } = registration;
      return [
        'warn',
        {
          error: reason,
          ...(hint !== null && { hint }),
          ...(asked !== null && { asked }),
          again: `${Math.round(pause / 1000)} s`,
        },
        'The webhook could not be registered at Kapso; register it by hand, or wait: it is tried again',
      ];
    }
  }
}
