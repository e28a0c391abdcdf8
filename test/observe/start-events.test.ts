import { describe, expect, it } from 'vitest';
import type { AppEvent } from '../../src/observe/events.ts';
import { statusChange } from '../../src/observe/status-events.ts';
import type { Line } from '../intake/webhook/harness.ts';
import { at, logged } from './logged.ts';

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
      "Polling's position did not fit Kapso's clock; it goes on from the last one that could be trusted. " +
        "If this machine's clock is wrong, set it (timedatectl set-ntp true)",
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
    expect(statusChange(event, at, text => text)).toBeNull();
  });
});
