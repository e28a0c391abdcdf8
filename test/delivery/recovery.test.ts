import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/agents/agent.ts';
import { afterGatewayError, afterRecall, afterRun, firstStep } from '../../src/delivery/recovery.ts';

describe('the first step of a message', () => {
  it.each([
    [
      'that is new',
      { state: 'pending', runKey: null, unresolvedRun: null, runNumber: 0 },
      { do: 'send', runNumber: 1 },
    ],
    [
      'whose run failed',
      { state: 'pending', runKey: 'k', unresolvedRun: null, runNumber: 1 },
      { do: 'send', runNumber: 2 },
    ],
    [
      'that was sent',
      { state: 'sending', runKey: 'k:2', unresolvedRun: null, runNumber: 2 },
      { do: 'recall', runKey: 'k:2' },
    ],
    [
      'whose run was left behind',
      { state: 'pending', runKey: null, unresolvedRun: 'k', runNumber: 1 },
      { do: 'recall', runKey: 'k' },
    ],
  ] as const)('%s', (_, entry, step) => {
    expect(firstStep(entry, undefined, new Set())).toEqual(step);
  });

  it.each([
    ['is of a kind that starts no run', 'reaction', 0, { do: 'note', kind: 'reaction' }],
    ['is of another kind', 'welcome', 0, { do: 'send', runNumber: 1 }],
    ['is no notice', undefined, 0, { do: 'send', runNumber: 1 }],
    ['has had a run', 'reaction', 1, { do: 'send', runNumber: 2 }],
  ] as const)('that %s', (_, kind, runNumber, step) => {
    const entry = { state: 'pending', runKey: null, unresolvedRun: null, runNumber } as const;
    expect(firstStep(entry, kind, new Set(['reaction']))).toEqual(step);
  });
});

describe('after a run that', () => {
  it.each([
    ['replied', { kind: 'ended', reply: 'hi', calls: null }, { do: 'answer', result: { reply: 'hi' } }],
    ['chose silence', { kind: 'ended', reply: null, calls: null }, { do: 'answer' }],
    ['is not known', { kind: 'unknown' }, { do: 'check again' }],
    ['failed before any tool', { kind: 'error', reason: 'x', toolsRan: false }, { do: 'retry', resend: true }],
    [
      'failed after a tool',
      { kind: 'error', reason: 'x', toolsRan: true },
      { do: 'fail', mayStillRun: false, mayHaveActed: true },
    ],
    [
      'has no end',
      { kind: 'error', reason: 'x', toolsRan: true, mayStillRun: true },
      { do: 'fail', mayStillRun: true },
    ],
  ] as const)('%s', (_, outcome, step) => {
    expect(afterRun(outcome)).toMatchObject(step);
  });
});

describe('after a look at the record', () => {
  const sent = { state: 'sending', runNumber: 3 } as const;
  const retried = { state: 'pending', runNumber: 3 } as const;
  it.each([
    ['an answer', sent, { kind: 'answered', reply: 'x', calls: null }, 0, { do: 'answer' }],
    ['silence', sent, { kind: 'answered', reply: null, calls: null }, 0, { do: 'answer' }],
    ['a run', sent, { kind: 'active' }, 0, { do: 'check again' }],
    ['no answer', sent, { kind: 'unanswered' }, 0, { do: 'fail', mayStillRun: false }],
    ['no answer after tools', sent, { kind: 'unanswered', toolsRan: true }, 0, { do: 'fail', mayStillRun: false }],
    ['no answer and no tool', sent, { kind: 'unanswered', toolsRan: false }, 0, { do: 'retry', resend: true }],
    ['an input given up', sent, { kind: 'interrupted' }, 0, { do: 'send', runNumber: 4 }],
    ['nothing', sent, { kind: 'absent' }, 0, { do: 'send', runNumber: 3 }],
    ['nothing for the fourth time', sent, { kind: 'absent' }, 3, { do: 'retry', resend: false }],
    [
      'an answer to a retried one',
      retried,
      { kind: 'answered', reply: 'x', calls: null },
      0,
      { do: 'answer', result: { reply: 'x' } },
    ],
    ['the run of a retried one', retried, { kind: 'active' }, 0, { do: 'check again' }],
    ['no answer to a retried one', retried, { kind: 'unanswered' }, 0, { do: 'send', runNumber: 4 }],
    ['nothing of a retried one', retried, { kind: 'absent' }, 9, { do: 'send', runNumber: 3 }],
  ] as const)('%s', (_, entry, recalled, traceless, step) => {
    expect(afterRecall(entry, recalled, traceless)).toMatchObject(step);
  });
});

describe('after a refusal', () => {
  it.each([
    ['away', null, { do: 'reconnect' }],
    ['away', 1000, { do: 'defer', reason: 'said', retryAfter: 1000 }],
    ['key-spent', null, { do: 'change key', reason: 'said' }],
    ['unready', null, { do: 'wait', reason: 'said', hint: 'do this' }],
    ['permanent', null, { do: 'fail', reason: 'said', mayStillRun: false, mayHaveActed: false }],
    ['refused', null, { do: 'retry', reason: 'said', resend: false }],
  ] as const)('%s, retry after %s', (kind, retryAfter, step) => {
    expect(afterGatewayError(new GatewayError(kind, 'said', { retryAfter, hint: 'do this' }))).toEqual(step);
  });
});
