import { describe, expect, it } from 'vitest';
import { createEventLog } from '../../src/observe/event-log.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { statusChange } from '../../src/observe/status-events.ts';
import { type Line, recordingLog } from '../intake/webhook/harness.ts';
import { manualClock } from '../manual-clock.ts';
import { at, logged } from './logged.ts';

describe('the webhook', () => {
  const tunnel = { phase: 'waiting', url: null, reason: 'no funnel', hint: 'enable it' };
  const failed = { webhook: null, checkedAt: null, reason: 'away', hint: null };
  const registered = { webhook: 'w1', checkedAt: at, reason: null, hint: null };
  const url = 'https://example.com/webhook';
  const where = { address: '127.0.0.1:18790', path: '/webhook' };
  const failure = { type: 'registration failed', registration: failed, asked: null, pause: 5_400 } as const;
  const check = { type: 'webhook registered', registration: registered, url, differences: [] } as const;
  const opened = { type: 'tunnel opened', tunnel: { ...tunnel, phase: 'open', url }, url } as const;
  const closed = { type: 'tunnel failed', tunnel, kind: 'not-enabled', link: null } as const;
  const refused = { type: 'delivery refused', status: 401, error: 'the signature is wrong', reason: null } as const;

  it.each<[AppEvent, string, object, string]>([
    [{ type: 'webhook listening', ...where }, 'info', where, 'The webhook server is listening'],
    [
      { type: 'webhook unsigned', ...where },
      'warn',
      where,
      'WEBHOOKS ARE NOT SIGNED: whoever reaches this address can write to the agent in any name. ' +
        'Set webhook.secret (KAPSO_WEBHOOK_SECRET) to the secret of the webhook in Kapso.',
    ],
    [{ type: 'signing secret found' }, 'info', {}, 'A signing secret was made: from now on webhooks must be signed'],
    [
      { type: 'signing secret unreadable', error: 'EACCES' },
      'error',
      { error: 'EACCES' },
      'The signing secret cannot be read: until the poller is restarted, webhooks are refused',
    ],
    [refused, 'warn', { status: 401 }, 'A webhook delivery was refused: the signature is wrong (logged once a minute)'],
    [
      { ...refused, status: 503, error: 'it could not be stored', reason: 'disk full' },
      'warn',
      { status: 503, reason: 'disk full' },
      'A webhook delivery was refused: it could not be stored (logged once a minute)',
    ],
    [
      { type: 'delivery unreadable', error: 'TypeError' },
      'error',
      { error: 'TypeError' },
      'A webhook delivery could not be read',
    ],
    [
      { type: 'sample skipped', reason: 'test sample' },
      'info',
      {},
      'A test sample, or a delivery without a message, was answered and not kept (logged once a minute)',
    ],
    [
      { type: 'other number skipped', reason: 'other', configured: '1', received: '2' },
      'warn',
      { configured: '1', received: '2' },
      'A webhook delivery for another phone number id was answered and not kept: if it was meant for this one, ' +
        'the phone number id in the configuration is wrong (logged once a minute)',
    ],
    [
      {
        ...{ type: 'send failed', message: 'wamid.1', code: 131047, to: '15550…77', explanation: 'Too late.' },
        outgoing: { id: 'wamid.in#1/1', answers: 'wamid.in' },
      },
      'warn',
      { message: 'wamid.1', code: 131047, to: '15550…77', answers: 'wamid.in' },
      'WhatsApp could not deliver a message that was sent: Too late. ' +
        '"kapso-whatsapp-cli outbox show wamid.in#1/1" says more.',
    ],
    [
      { type: 'send failed', message: 'wamid.1', code: null, to: null, explanation: 'Too late.', outgoing: null },
      'warn',
      { message: 'wamid.1' },
      'WhatsApp could not deliver a message that was sent: Too late.',
    ],
    [
      { type: 'method refused', method: 'PUT', allow: 'GET, HEAD' },
      'info',
      { method: 'PUT' },
      'A request was refused: only GET, HEAD are served at its path (logged once a minute)',
    ],
    [
      { type: 'path refused', method: 'GET', path: '/', served: '/webhook' },
      'info',
      { method: 'GET', path: '/', served: '/webhook' },
      'A request came to a path that is not served (logged once a minute)',
    ],
    [
      { type: 'path refused', method: 'POST', path: '/', served: '/webhook' },
      'warn',
      { method: 'POST', path: '/', served: '/webhook' },
      'A POST came to a path that is not served: webhooks go to /webhook (logged once a minute)',
    ],
    [
      { type: 'verification refused', reason: 'hub.verify_token is missing' },
      'warn',
      { reason: 'hub.verify_token is missing' },
      'A verification of the webhook was refused (logged once a minute)',
    ],
    [{ type: 'registration needed', url, path: '/webhook' }, 'info', {}, `Register this webhook URL in Kapso: ${url}`],
    [
      { type: 'registration needed', url: null, path: '/webhook' },
      'info',
      {},
      expect.stringMatching(/^The public address of the webhook is not known: register .* webhook\.publicUrl$/),
    ],
    [{ type: 'public path differs', warning: 'it has another path' }, 'warn', {}, 'It has another path'],
    [{ ...opened, registers: false, repeated: false }, 'info', {}, `Register this webhook URL in Kapso: ${url}`],
    [{ ...opened, registers: true, repeated: false }, 'info', {}, `The Tailscale tunnel is open: ${url}`],
    [
      { ...closed, link: 'https://login.tailscale.com/f', repeated: false },
      'warn',
      { kind: 'not-enabled', hint: 'enable it', link: 'https://login.tailscale.com/f' },
      'The Tailscale tunnel is not open: no funnel',
    ],
    [
      { ...closed, repeated: false },
      'warn',
      { kind: 'not-enabled', hint: 'enable it' },
      'The Tailscale tunnel is not open: no funnel',
    ],
    [
      { ...check, change: 'created', recovered: true },
      'info',
      { webhook: 'w1', url },
      'The webhook was registered at Kapso',
    ],
    [
      { ...check, change: 'updated', differences: ['it was switched off', 'it lacked events'], recovered: false },
      'warn',
      { webhook: 'w1', url, because: 'it was switched off; it lacked events' },
      'The webhook at Kapso was brought up to date',
    ],
    [
      { ...check, change: 'unchanged', recovered: true },
      'info',
      { webhook: 'w1' },
      'The webhook is registered at Kapso',
    ],
    [
      { type: 'duplicate webhooks', webhook: 'w1', others: 'w2, w3' },
      'warn',
      { webhook: 'w1', others: 'w2, w3' },
      'Kapso has other webhooks for the same address; "kapso-whatsapp-cli webhook remove ID" removes one',
    ],
    [
      { ...failure, repeated: false },
      'warn',
      { error: 'away', again: '5 s' },
      'The webhook could not be registered at Kapso; register it by hand, or wait: it is tried again',
    ],
    [
      { ...failure, registration: { ...failed, hint: 'wait' }, asked: '31 years', repeated: false },
      'warn',
      { error: 'away', hint: 'wait', asked: '31 years', again: '5 s' },
      'The webhook could not be registered at Kapso; register it by hand, or wait: it is tried again',
    ],
  ])('$0.type is said as documented', (event, level, fields, message) => {
    expect(logged(event)).toEqual({ level, fields, message });
  });

  it.each<AppEvent>([
    { type: 'item skipped', reason: 'outbound' },
    { type: 'tunnel changed', tunnel },
    { ...opened, registers: false, repeated: true },
    { ...closed, repeated: true },
    { ...check, change: 'unchanged', recovered: false },
    { ...failure, repeated: true },
  ])('$type is not said when it is usual or was said before', event => {
    expect(logged(event)).toBeUndefined();
  });

  it.each<[AppEvent, object]>([
    [{ type: 'tunnel changed', tunnel }, { tunnel }],
    [{ ...opened, registers: false, repeated: true }, { tunnel: opened.tunnel }],
    [{ ...closed, repeated: true }, { tunnel }],
    [{ ...check, change: 'unchanged', recovered: false }, { registration: registered }],
    [{ ...failure, repeated: true }, { registration: failed }],
    [refused, {}],
  ])('$0.type stands in the status, said or not', (event, change) => {
    expect(statusChange(event, at, text => text) ?? {}).toEqual(change);
  });

  it('fills no log with what anyone can cause: each kind is said once a minute', () => {
    const clock = manualClock(at);
    const lines: Line[] = [];
    const emit = createEventLog(recordingLog(lines), clock);
    const kinds: AppEvent[] = [
      refused,
      { ...refused, status: 413 },
      { type: 'sample skipped', reason: 'test sample' },
      { type: 'other number skipped', reason: 'other', configured: '1', received: '2' },
      { type: 'method refused', method: 'PUT', allow: 'GET, HEAD' },
      { type: 'path refused', method: 'GET', path: '/', served: '/webhook' },
      { type: 'path refused', method: 'POST', path: '/', served: '/webhook' },
      { type: 'verification refused', reason: 'hub.verify_token is missing' },
      { type: 'sender limited', contact: '+1555…67', limited: [] },
      { type: 'sender within limits', contact: '+1555…67', limited: [] },
      { type: 'sender slowed', contact: '+1555…67', wait: 1 },
    ];
    for (const event of [...kinds, ...kinds]) emit(event);
    expect(lines).toHaveLength(kinds.length);
    clock.advance(59_999);
    for (const event of kinds) emit(event);
    expect(lines).toHaveLength(kinds.length);
    clock.advance(1);
    for (const event of kinds) emit(event);
    expect(lines).toHaveLength(2 * kinds.length);
  });
});
