import { expect, it } from 'vitest';
import { createEventLog } from '../../src/observe/event-log.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { createLog, type LogFormat } from '../../src/observe/log.ts';
import { statusChange } from '../../src/observe/status-events.ts';
import { manualClock } from '../manual-clock.ts';

const number = '+15551230002';
/** As the program's own errors, and those of others, have it. */
const said = `the conversation 647000000000001/${number} is not to be had: 15551230002 is unknown`;
const error = new Error(said, { cause: new Error(`to ${number}\nfrom 15551230002`) });

type Named<Field extends string> = Extract<AppEvent, { [K in Field]: unknown }>;
/** The events with a lane, an address, or words of others in them. */
type Telling = Named<'lane'> | Named<'error'> | Named<'reason'> | Named<'hint'> | Named<'note'> | Named<'explanation'>;

/** One of each: who adds such an event adds it here. */
const events: { [Type in Telling['type']]: Extract<AppEvent, { type: Type }> } = {
  'turn failed': { type: 'turn failed', lane: `647000000000001/${number}`, error },
  'claim lost': { type: 'claim lost', lane: `outbox:647000000000001/${number}~2`, reason: said },
  'claims failing': { type: 'claims failing', error },
  'role given up': { type: 'role given up', role: 'polling', reason: said },
  'message refused': { type: 'message refused', message: 'wamid.1', state: 'denied', reason: said },
  'unreadable kept': { type: 'unreadable kept', message: 'wamid.1', reason: said },
  'poll failed': {
    ...{ type: 'poll failed', error: said, asked: null, pause: 1000, needsOperator: false, repeated: false },
  },
  'list without end': { type: 'list without end', seen: 5, reason: said },
  'pass given up': { type: 'pass given up', error },
  'pass not released': { type: 'pass not released', error },
  'pass not stored': { type: 'pass not stored', error },
  'store displaced': { type: 'store displaced', error, hint: said },
  'store unreadable': { type: 'store unreadable', error },
  'database lost': { type: 'database lost', name: 'inbox', error },
  'live unavailable': { type: 'live unavailable', error },
  'single poll failed': { type: 'single poll failed', error },
  'delivery left for later': { type: 'delivery left for later', reason: said },
  'alert not given': { type: 'alert not given', code: 'gateway-away', way: 'command', reason: said, again: null },
  'alerts not kept': { type: 'alerts not kept', file: '/state/alerts.json', error },
  'commands failed': { type: 'commands failed', error },
  'message settled': { type: 'message settled', message: 'wamid.1', outcome: 'answered', note: said },
  'message failed': { type: 'message failed', message: 'wamid.1', reason: said },
  'message deferred': { type: 'message deferred', message: 'wamid.1', reason: said, attempts: 1, until: 5 },
  'message put off often': { type: 'message put off often', message: 'wamid.1', reason: said, asked: null },
  'images refused': { type: 'images refused', message: 'wamid.1', reason: said },
  'medium missing': { type: 'medium missing', message: 'wamid.1', reason: said },
  'words missing': { type: 'words missing', message: 'wamid.1', reason: said, hint: said },
  'maintenance failed': { type: 'maintenance failed', error },
  'run ended': { type: 'run ended', message: 'wamid.1', run: 'k', end: 'error', took: 1, reason: said },
  'reply put off': {
    ...{ type: 'reply put off', message: 'wamid.1', reply: 'r', reason: said, operator: true, pause: 5 },
  },
  'reply in doubt': { type: 'reply in doubt', message: 'wamid.1', reply: 'r', reason: said },
  'reply failed': { type: 'reply failed', message: 'wamid.1', reply: 'r', reason: said, code: null },
  'connection failed': {
    ...{ type: 'connection failed', gateway: 'ws://127.0.0.1', phase: 'waiting', reason: said, hint: said },
  },
  'device token not kept': { type: 'device token not kept', error },
  'signing secret unreadable': { type: 'signing secret unreadable', error },
  'delivery refused': { type: 'delivery refused', status: 400, error: said, reason: said },
  'delivery unreadable': { type: 'delivery unreadable', error: said },
  'item skipped': { type: 'item skipped', reason: said },
  'sample skipped': { type: 'sample skipped', reason: said },
  'other number skipped': { type: 'other number skipped', reason: said, configured: '6470', received: '6471' },
  'send failed': {
    ...{ type: 'send failed', message: 'wamid.1', code: 131026, to: '+1555…02', explanation: said, outgoing: null },
  },
  'verification refused': { type: 'verification refused', reason: said },
};

it.each(Object.values(events).flatMap(event => (['text', 'journal', 'json'] as const).map(form => [event, form])))(
  'no line has a whole phone number in it: $0.type as $1',
  (event, format) => {
    const line = written(event as AppEvent, format as LogFormat);
    expect(line).not.toMatch(/1555123/);
  },
);

it.each(Object.values(events))('the status has no number of a person that is dialled: $type', event => {
  expect(JSON.stringify(statusChange(event as AppEvent, 0, text => text))).not.toContain(number);
});

it('what is masked can still be recognised', () => {
  const line = written(events['turn failed'], 'json');
  expect(JSON.parse(line)).toMatchObject({ lane: '647000000000001/+1555…02' });
  expect(written(events['claim lost'], 'text')).toContain('outbox:647000000000001/+1555…02~2');
});

it.each(['text', 'json'] as const)(
  'a number is masked in whatever the program says, and ids stay whole, as %s',
  format => {
    const lines: string[] = [];
    const log = createLog({ level: 'info', format, scrub: text => text, write: line => lines.push(line) });
    log.info({ session: `agent:main:kapso:direct:${number}`, received: '647000000000001' }, `Told\n${number}`);
    expect(lines.join('')).not.toMatch(/1555123/);
    expect(lines.join('')).toContain('647000000000001');
  },
);

it('a secret that has digits in it is still found', () => {
  const lines: string[] = [];
  const scrub = (text: string) => text.replaceAll('key-1234567890-end', '[secret]');
  const log = createLog({ level: 'info', format: 'text', scrub, write: line => lines.push(line) });
  log.error({ error: new Error('key-1234567890-end was refused'), reason: 'key-1234567890-end' }, 'No');
  expect(lines.join('')).toContain('error="[secret] was refused" reason="[secret]"');
});

function written(event: AppEvent, format: LogFormat): string {
  const lines: string[] = [];
  const log = createLog({ level: 'debug', format, scrub: text => text, write: line => lines.push(line) });
  createEventLog(log, manualClock(0))(event);
  return lines.join('');
}
