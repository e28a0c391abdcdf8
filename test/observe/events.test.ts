import { describe, expect, it } from 'vitest';
import { createEventLog } from '../../src/observe/event-log.ts';
import { type AppEvent, createEvents } from '../../src/observe/events.ts';
import { statusChange } from '../../src/observe/status-events.ts';
import { type Line, recordingLog } from '../intake/webhook/harness.ts';
import { manualClock } from '../manual-clock.ts';

const at = Date.UTC(2026, 10, 28, 12, 0, 0);

function logged(event: AppEvent): Line | undefined {
  const lines: Line[] = [];
  createEventLog(recordingLog(lines), { monotonic: () => at })(event);
  expect(lines.length).toBeLessThanOrEqual(1);
  return lines[0];
}

it('every listener is told, in order', () => {
  const told: string[] = [];
  const emit = createEvents([({ type }) => told.push(`1 ${type}`), ({ type }) => told.push(`2 ${type}`)]);
  emit({ type: 'store back' });
  expect(told).toEqual(['1 store back', '2 store back']);
});

describe('what went wrong is said in the log and is the last error of the status', () => {
  it.each<[AppEvent, string, string]>([
    [
      { type: 'unreadable kept', message: 'wamid.1', reason: 'no sender' },
      'Something arrived that cannot be read; it is kept in the inbox as failed',
      'Something arrived that cannot be read: no sender',
    ],
    [
      { type: 'message failed', message: 'wamid.1', reason: 'HTTP 500 (after 8 attempts)' },
      'Message given up; "kapso-whatsapp-cli inbox retry wamid.1" tries it again',
      'HTTP 500 (after 8 attempts)',
    ],
    [
      { type: 'turn failed', lane: 'a', error: new Error('disk full') },
      'A conversation could not be worked on; it is tried again',
      'disk full',
    ],
    [
      {
        type: 'store displaced',
        error: new Error('moved', { cause: new Error('no such file') }),
        hint: 'move it back',
      },
      'The inbox is not where it was opened: nothing is taken or handed to the agent',
      'moved: no such file',
    ],
  ])('$0.type', (event, text, lastError) => {
    expect(logged(event)).toMatchObject({ level: 'error', message: text });
    expect(statusChange(event, at)).toEqual({ lastError: { at, message: lastError } });
  });
});

describe('a sender beyond the limits', () => {
  const [contact, since] = ['+1555…67', at];
  it.each<[AppEvent, object]>([
    [
      { type: 'sender limited', contact, limited: [{ contact, since }] },
      { level: 'warn', fields: { contact }, message: expect.stringContaining('are kept as limited') },
    ],
    [
      { type: 'sender within limits', contact, limited: [] },
      { level: 'info', fields: { contact }, message: expect.stringContaining('within access.limits again') },
    ],
  ])('is said in the log, and stands in the status while it lasts', (event, line) => {
    expect(logged(event)).toMatchObject(line);
    expect(statusChange(event, at)).toEqual({ limited: 'limited' in event && event.limited });
  });

  it('that only has to wait is said in the log', () => {
    const event: AppEvent = { type: 'sender slowed', contact, wait: 1500 };
    expect(logged(event)).toMatchObject({ level: 'info', fields: { contact, wait: '2 s' } });
    expect(statusChange(event, at)).toBeNull();
  });
});

it.each([
  [{ policy: 'open', warning: 'anybody can write' }, 'warn', 'anybody can write'],
  [{ policy: 'pairing', warning: null }, 'info', 'Who may write to the agent'],
] as const)(
  'who may write is said at the start, loudly where it is odd, and stands in the status',
  (access, level, message) => {
    const event: AppEvent = { type: 'access changed', access };
    expect(logged(event)).toEqual({ level, message, fields: { policy: access.policy } });
    expect(statusChange(event, at)).toEqual({ access });
  },
);

describe('an obstacle', () => {
  it('is a warning, and stands in the status since then until it is gone', () => {
    const obstacle = { reason: 'no agent', hint: 'make one' };
    expect(logged({ type: 'obstacle changed', obstacle })).toMatchObject({ level: 'warn', fields: obstacle });
    expect(statusChange({ type: 'obstacle changed', obstacle }, at)).toEqual({ delivery: { ...obstacle, since: at } });
    const ofOne = { type: 'obstacle changed', obstacle: { ...obstacle, agent: 'sales' } } as const;
    expect(logged(ofOne)).toMatchObject({ level: 'warn', message: expect.stringContaining('for the agent sales') });
    expect(logged({ type: 'obstacle changed', obstacle: null })).toMatchObject({ level: 'info' });
    expect(statusChange({ type: 'obstacle changed', obstacle: null }, at)).toEqual({ delivery: null });
  });
});

it('a wrong clock is an error with both times, and stands in the status until it is right', () => {
  const ahead = -30 * 86_400_000;
  expect(logged({ type: 'own clock wrong', own: at + ahead, ahead })).toMatchObject({
    level: 'error',
    fields: { own: '2026-10-29T12:00:00.000Z', kapso: '2026-11-28T12:00:00.000Z' },
  });
  expect(statusChange({ type: 'own clock wrong', own: at + ahead, ahead }, at)).toEqual({ clock: { ahead } });
  expect(statusChange({ type: 'own clock right', own: at }, at)).toEqual({ clock: null });
});

it.each([
  [true, 'error', 'Polling Kapso failed, and will until somebody puts it right'],
  [false, 'warn', 'Polling Kapso failed'],
] as const)('a failed poll says how long it waits (needs an operator: %s)', (needsOperator, level, message) => {
  const event = { type: 'poll failed', error: 'HTTP 503', asked: null, pause: 30_400, needsOperator } as const;
  expect(logged(event)).toEqual({ level, message, fields: { error: 'HTTP 503', again: '30 s' } });
});

it('what comes and goes all the time is a matter of the status alone', () => {
  const event = { type: 'messages accepted', count: 3 } as const;
  expect(logged(event)).toBeUndefined();
  expect(statusChange(event, at)).toEqual({ lastMessageAt: at });
});

it.each<[AppEvent, string, string]>([
  [{ type: 'poll works again' }, 'info', 'Polling Kapso works again'],
  [{ type: 'messages polled', found: 2, seen: 5 }, 'info', 'Messages received by polling'],
  [
    { type: 'pass not stored', error: new Error('full') },
    'error',
    'What was polled cannot be kept; the pass is repeated',
  ],
  [{ type: 'store back' }, 'info', 'The inbox is in its place again; everything goes on'],
  [{ type: 'clocks agree' }, 'info', "Kapso's clock and this machine's agree again"],
  [
    { type: 'message settled', message: 'wamid.1', outcome: 'answered', note: null },
    'info',
    'Message handled by the agent',
  ],
  [
    { type: 'message settled', message: 'wamid.1', outcome: 'silent', note: 'sent nothing' },
    'warn',
    'Message handled by the agent',
  ],
  [
    { type: 'reply sent', message: 'wamid.1', reply: 'r', sentId: 'wamid.2', part: 1, parts: 2, via: 'relay' },
    'info',
    'Reply sent',
  ],
  [
    { type: 'reply put off', message: 'wamid.1', reply: 'r', reason: 'busy', operator: false, pause: 900 },
    'warn',
    'Reply put off',
  ],
  [
    { type: 'reply put off', message: 'wamid.1', reply: 'r', reason: 'key', operator: true, pause: 900 },
    'error',
    'Kapso refuses every reply until somebody changes something; all wait, and none is lost',
  ],
  [
    { type: 'reply in doubt', message: 'wamid.1', reply: 'r', reason: 'cut' },
    'warn',
    'A reply may have been sent; it is looked for',
  ],
  [
    { type: 'reply sent again', message: 'wamid.1', reply: 'r', after: 900 },
    'warn',
    'A reply whose request had no answer is not among the sent messages; it is sent again',
  ],
  [
    { type: 'reply failed', message: 'wamid.1', reply: 'r', reason: 'refused', code: 131026 },
    'error',
    'Reply failed; "kapso-whatsapp-cli outbox retry r" tries it again',
  ],
  [{ type: 'message deferred', message: 'wamid.1', reason: 'no', attempts: 1, until: at }, 'warn', 'Attempt failed'],
])('$0.type is said as documented', (event, level, message) => {
  expect(logged(event)).toMatchObject({ level, message });
});

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
    [{ type: 'webhook listening', ...where }, 'info', where, 'the webhook server is listening'],
    [
      { type: 'webhook unsigned', ...where },
      'warn',
      where,
      'WEBHOOKS ARE NOT SIGNED: whoever reaches this address can write to the agent in any name. ' +
        'Set webhook.secret (KAPSO_WEBHOOK_SECRET) to the secret of the webhook in Kapso.',
    ],
    [{ type: 'signing secret found' }, 'info', {}, 'a signing secret was made: from now on webhooks must be signed'],
    [
      { type: 'signing secret unreadable', error: 'EACCES' },
      'error',
      { error: 'EACCES' },
      'The signing secret cannot be read: until the poller is restarted, webhooks are refused',
    ],
    [refused, 'warn', { status: 401 }, 'a webhook delivery was refused: the signature is wrong (logged once a minute)'],
    [
      { ...refused, status: 503, error: 'it could not be stored', reason: 'disk full' },
      'warn',
      { status: 503, reason: 'disk full' },
      'a webhook delivery was refused: it could not be stored (logged once a minute)',
    ],
    [
      { type: 'delivery unreadable', error: 'TypeError' },
      'error',
      { error: 'TypeError' },
      'a webhook delivery could not be read',
    ],
    [
      { type: 'sample skipped', reason: 'test sample' },
      'info',
      {},
      'a test sample, or a delivery without a message, was answered and not kept (logged once a minute)',
    ],
    [
      { type: 'other number skipped', reason: 'other', configured: '1', received: '2' },
      'warn',
      { configured: '1', received: '2' },
      'a webhook delivery for another phone number id was answered and not kept: if it was meant for this one, ' +
        'kapso.phoneNumberId (KAPSO_PHONE_NUMBER_ID) is wrong (logged once a minute)',
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
      'a request was refused: only GET, HEAD are served at its path (logged once a minute)',
    ],
    [
      { type: 'path refused', method: 'GET', path: '/', served: '/webhook' },
      'info',
      { method: 'GET', path: '/', served: '/webhook' },
      'a request came to a path that is not served (logged once a minute)',
    ],
    [
      { type: 'path refused', method: 'POST', path: '/', served: '/webhook' },
      'warn',
      { method: 'POST', path: '/', served: '/webhook' },
      'a POST came to a path that is not served: webhooks go to /webhook (logged once a minute)',
    ],
    [
      { type: 'verification refused', reason: 'hub.verify_token is missing' },
      'warn',
      { reason: 'hub.verify_token is missing' },
      'a verification of the webhook was refused (logged once a minute)',
    ],
    [{ type: 'registration needed', url }, 'info', {}, `register this webhook URL in Kapso: ${url}`],
    [{ type: 'public path differs', warning: 'it has another path' }, 'warn', {}, 'it has another path'],
    [{ ...opened, registers: false, repeated: false }, 'info', {}, `register this webhook URL in Kapso: ${url}`],
    [{ ...opened, registers: true, repeated: false }, 'info', {}, `the Tailscale tunnel is open: ${url}`],
    [
      { ...closed, link: 'https://login.tailscale.com/f', repeated: false },
      'warn',
      { kind: 'not-enabled', hint: 'enable it', link: 'https://login.tailscale.com/f' },
      'the Tailscale tunnel is not open: no funnel',
    ],
    [
      { ...closed, repeated: false },
      'warn',
      { kind: 'not-enabled', hint: 'enable it' },
      'the Tailscale tunnel is not open: no funnel',
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
    expect(statusChange(event, at) ?? {}).toEqual(change);
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

describe('at the start, in polling and on the way to the agent', () => {
  const [message, gateway, file] = ['wamid.1', 'ws://gateway:18789', '/state/device-token.json'];
  const failed = { type: 'connection failed', gateway, reason: 'No approval.', hint: null } as const;
  const from = at - 1000;
  const ofFrom = { from: '2026-11-28T11:59:59.000Z' };
  const error = new Error('full');
  const longPause = 'The gateway asks for a long pause';

  it.each<[AppEvent, Line['level'], object, string]>([
    [{ type: 'directory unsafe', warning: 'others may write' }, 'warn', {}, 'others may write'],
    [
      { type: 'message refused', message: 'a', state: 'denied', reason: 'a stranger' },
      'info',
      { message: 'a', reason: 'a stranger' },
      'A message is kept in the inbox as denied, and not given to the agent',
    ],
    [
      { type: 'message refused', message: 'a', state: 'unpaired', reason: null },
      'info',
      { message: 'a' },
      'A message waits in the inbox until an operator approves its sender',
    ],
    [{ type: 'store unreadable', error }, 'error', { error }, 'The inbox cannot be read'],
    [{ type: 'single poll failed', error }, 'error', { error }, 'Polling Kapso failed'],
    [
      { type: 'delivery left for later', reason: 'away' },
      'warn',
      { reason: 'away' },
      'The gateway cannot be reached; what there is waits for the next time',
    ],
    [
      { type: 'position taken over', from, file: 'last-poll' },
      'info',
      ofFrom,
      "Polling goes on where the earlier program's last-poll file left off",
    ],
    [
      { type: 'first start', from },
      'info',
      ofFrom,
      'First start: messages from now on are received, none from the past',
    ],
    [
      { type: 'position corrected', from, to: at },
      'warn',
      { ...ofFrom, to: '2026-11-28T12:00:00.000Z' },
      "Polling's position did not fit Kapso's clock; it goes on from the last one that could be trusted",
    ],
    [
      { type: 'list repeats', pages: 3 },
      'warn',
      { pages: 3 },
      "Kapso's message list repeats its pages; the pass ends here",
    ],
    [{ type: 'message put off long', message, asked: '1 s' }, 'info', { message, asked: '1 s' }, longPause],
    [
      { type: 'message put off often', message, reason: 'busy', asked: null },
      'warn',
      { message, reason: 'busy' },
      'Message put off again and again',
    ],
    [
      { type: 'message put off often', message, reason: 'busy', asked: '1 s' },
      'warn',
      { message, reason: 'busy', asked: '1 s' },
      'Message put off again and again',
    ],
    [
      { type: 'message taken first', message, passed: ['wamid.0'] },
      'info',
      { message, before: ['wamid.0'] },
      'A message that keeps failing steps aside for the next one of its conversation',
    ],
    [
      { type: 'message kept as context', message, kind: 'reaction' },
      'info',
      { message, kind: 'reaction' },
      'Kept as context of the next message of its conversation',
    ],
    [
      { type: 'message edited', message, edits: ['wamid.2'] },
      'info',
      { message, edits: ['wamid.2'] },
      'Edited by its sender before the agent had it',
    ],
    [
      { type: 'message superseded', message, outcome: 'withdrawn' },
      'info',
      { message, outcome: 'withdrawn' },
      'Not for the agent any more: its sender has changed it',
    ],
    [
      { type: 'dropped run ended', message, run: 'wamid.1:2' },
      'info',
      { message, run: 'wamid.1:2' },
      'A run ended without an answer after its message was dropped',
    ],
    [
      { type: 'pairing began', message: 'wamid.A' },
      'info',
      { message: 'wamid.A' },
      'Somebody unknown has written and gets a code: see kapso-whatsapp-cli access list',
    ],
    [
      { type: 'pairing expired', messages: ['wamid.A', 'wamid.B'] },
      'info',
      { messages: ['wamid.A', 'wamid.B'] },
      'Nobody approved the sender while the code was valid; what it wrote was dropped',
    ],
    [
      { type: 'messages forgotten', count: 3 },
      'info',
      { messages: 3 },
      'Settled messages older than the retention were forgotten',
    ],
    [{ type: 'maintenance failed', error }, 'warn', { error }, 'Maintenance of the store failed; it is tried again'],
    [
      { type: 'gateway connected', gateway, version: '2026.5', boot: null },
      'info',
      { gateway, version: '2026.5', boot: null },
      'Connected to the gateway',
    ],
    [
      { type: 'gateway limit corrected', gateway, name: 'maxPayload', said: 1, taken: 2 },
      'warn',
      { gateway, said: 1, taken: 2 },
      'The gateway says a maxPayload that it cannot mean; another is taken',
    ],
    [{ ...failed, phase: 'blocked', hint: 'change it' }, 'error', { gateway, hint: 'change it' }, 'No approval.'],
    [{ ...failed, phase: 'waiting' }, 'warn', { gateway }, 'No approval.'],
    [{ ...failed, phase: 'connecting' }, 'warn', { gateway }, 'No approval. Trying again.'],
    [{ type: 'connection put off long', gateway, asked: '1 s' }, 'warn', { gateway, asked: '1 s' }, longPause],
    [
      { type: 'other run answered', run: 'a', answered: 'b' },
      'warn',
      { run: 'a', answered: 'b' },
      'The gateway answered agent.wait for another run',
    ],
    [{ type: 'device token not kept', error }, 'warn', { error }, 'The device token could not be kept'],
    [{ type: 'device token unreadable', file }, 'warn', { file }, 'The device token cannot be read and is left out'],
    [
      { type: 'private file closed', file, mode: 0o644 },
      'warn',
      { file, mode: '644' },
      'A private file was open to other users and is closed now; if one of them may have read it, delete it and ' +
        'approve the new device',
    ],
  ])('$0.type is said word for word, and changes nothing in the status', (event, level, fields, text) => {
    expect(logged(event)).toEqual({ level, fields, message: text });
    expect(statusChange(event, at)).toBeNull();
  });
});
