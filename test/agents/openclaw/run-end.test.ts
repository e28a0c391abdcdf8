import { describe, expect, it } from 'vitest';
import { createRecordWatch } from '../../../src/agents/openclaw/record-watch.ts';
import { endByRecord, endOf, endWithoutRecord } from '../../../src/agents/openclaw/run-end.ts';
import { readHistory, readWait } from '../../../src/agents/openclaw/wire.ts';
import { manualClock } from '../../manual-clock.ts';

const long = 'x'.repeat(4000);
const answer = (more: object) => readWait({ runId: 'K', endedAt: 1, ...more });
const visible = (text: string, more: object = {}) =>
  answer({ status: 'ok', terminalReply: { disposition: 'visible', text }, ...more });
const failed = (more: object = {}) => answer({ status: 'error', error: 'broken', ...more });
const empty = failed({ terminalReply: { disposition: 'empty' } });
const record = (...rows: object[]) =>
  readHistory({
    messages: [{ role: 'user', content: 'hi', idempotencyKey: 'K:user', __openclaw: { seq: 1 } }, ...rows],
    totalMessages: rows.length + 1,
  });
const said = (text: string) => ({ role: 'assistant', content: text, stopReason: 'stop', __openclaw: { seq: 2 } });
const errorRow = { role: 'assistant', content: '', stopReason: 'error', __openclaw: { seq: 2 } };
const tool = { role: 'toolResult', content: '', __openclaw: { seq: 3 } };

describe('the end of a run by the answer alone', () => {
  it.each([
    ['a reply', visible('hello'), { kind: 'ended', reply: 'hello', calls: null }],
    [
      'a reply with a file',
      visible('Here.\nMEDIA:./a.png'),
      { kind: 'ended', reply: 'Here.', media: [{ source: './a.png' }], calls: null },
    ],
    [
      'a file alone, as a voice note',
      visible('[[audio_as_voice]]\nMEDIA:/tmp/a.ogg'),
      { kind: 'ended', reply: null, media: [{ source: '/tmp/a.ogg', voice: true }], calls: null },
    ],
    [
      'a file after which the agent chose silence',
      visible('MEDIA:./a.png\nNO_REPLY'),
      { kind: 'ended', reply: null, calls: null },
    ],
    [
      'a notice for the operator',
      visible('x', { terminalReceipt: { assistantTranscriptIdempotencyKey: 'K:settled-finalization-fallback' } }),
      { kind: 'ended', reply: null, calls: null },
    ],
    ['a reply that may be cut', visible(long), 'in the record'],
    ['an end that another run took over', answer({ status: 'ok' }), { kind: 'unknown' }],
    [
      'silence',
      answer({ status: 'error', terminalReply: { disposition: 'silent' } }),
      { kind: 'ended', reply: null, calls: null },
    ],
    [
      'a run that somebody stopped',
      answer({ status: 'error', stopReason: 'rpc' }),
      { kind: 'error', reason: 'stopped (rpc)', toolsRan: true },
    ],
    ['an error', failed(), 'in the record'],
    ['nothing said', empty, 'in the record'],
  ])('%s', (_, given, end) => {
    expect(endOf(given)).toEqual(end);
  });
});

describe('the end of a run by the record', () => {
  it.each([
    [
      'has the whole reply',
      visible(long),
      record(said(`${long}, whole`)),
      { kind: 'ended', reply: `${long}, whole`, calls: [] },
    ],
    ['has less than the answer', visible(long), record(), { kind: 'ended', reply: long, calls: null }],
    ['shows an error and no tool', failed(), record(errorRow), { kind: 'error', reason: 'broken', toolsRan: false }],
    ['shows a tool', failed(), record(errorRow, tool), { kind: 'error', reason: 'broken', toolsRan: true }],
    [
      'shows no tool that the receipt names',
      failed({ terminalReceipt: { successfulToolNames: ['exec'] } }),
      record(errorRow),
      { kind: 'error', reason: 'broken', toolsRan: true },
    ],
    ['shows no error where nothing was said', empty, record(), { kind: 'ended', reply: null, calls: null }],
    [
      'shows an error where nothing was said',
      empty,
      record(errorRow),
      { kind: 'error', reason: 'broken', toolsRan: false },
    ],
  ])('that %s', (_, given, found, end) => {
    expect(endByRecord(given, found, 'K')).toEqual(end);
  });
});

it.each([
  ['a reply that may be cut', visible(long), { kind: 'unknown' }],
  ['nothing said', empty, { kind: 'unknown' }],
  ['an error', failed(), { kind: 'error', reason: 'broken', toolsRan: true }],
])('the end of a run whose session is not known: %s', (_, given, end) => {
  expect(endWithoutRecord(given)).toEqual(end);
});

describe('a record that is watched', () => {
  it('is unchanged since it was first seen as it is, by the same gateway process', () => {
    const clock = manualClock(0);
    const watch = createRecordWatch(clock);
    const steps = [record(), record(), record(errorRow), record(errorRow)].map(found => {
      clock.advance(1000);
      return watch.unchangedFor('K', found, 'boot');
    });
    expect(steps).toEqual([0, 1000, 0, 1000]);
    // Setting the clock makes no record older.
    clock.set(86_400_000);
    expect(watch.unchangedFor('K', record(errorRow), 'boot')).toBe(1000);
    expect(watch.unchangedFor('K', record(errorRow), 'another boot')).toBe(0);
  });

  it('is forgotten when that is asked for, and when a thousand others are watched', () => {
    const clock = manualClock(0);
    const watch = createRecordWatch(clock);
    for (const id of ['old', 'K']) watch.unchangedFor(id, record(), 'boot');
    watch.forget('K');
    for (let id = 0; id < 1000; id += 1) watch.unchangedFor(String(id), record(), 'boot');
    clock.advance(1000);
    expect(['old', 'K', '999'].map(id => watch.unchangedFor(id, record(), 'boot'))).toEqual([0, 0, 1000]);
  });
});
