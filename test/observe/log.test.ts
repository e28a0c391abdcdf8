import { describe, expect, it } from 'vitest';
import { chooseFormat, createLog, describeError, type LogFormat } from '../../src/observe/log.ts';
import { createScrub } from '../../src/observe/scrub.ts';

function logTo(format: LogFormat, options: { secrets?: string[]; level?: 'debug' | 'info' } = {}) {
  const lines: string[] = [];
  const { secrets = [], level = 'info' } = options;
  return { lines, log: createLog({ level, format, scrub: createScrub(secrets), write: line => lines.push(line) }) };
}

describe('a log line', () => {
  it('is text with the time, the level, the message and the fields, for people', () => {
    const { lines, log } = logTo('text');
    log.warn({ message: 'wamid.1', error: new Error('no space', { cause: new Error('disk') }) }, 'Cannot store');
    expect(lines).toEqual([
      expect.stringMatching(
        /^\d{4}-\d\d-\d\dT[\d:.]+Z WARN {2}Cannot store message=wamid\.1 error="no space: disk"\n$/,
      ),
    ]);
  });

  it.each([
    ['debug', '<7>'],
    ['info', '<6>'],
    ['warn', '<4>'],
    ['error', '<3>'],
  ] as const)('carries the priority of %s for the journal and no time, which the journal has', (level, priority) => {
    const { lines, log } = logTo('journal', { level: 'debug' });
    log[level]({}, 'Something');
    expect(lines).toEqual([`${priority}Something\n`]);
  });

  it('is one JSON object when asked for', () => {
    const { lines, log } = logTo('json');
    log.info({ n: 1 }, 'Something');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ n: 1, msg: 'Something', level: 30 });
  });

  it.each(['text', 'journal', 'json'] as const)(
    'stays one line in the form %s, whatever a sender puts into a name',
    format => {
      const { lines, log } = logTo(format);
      log.info({ name: 'Bob\n<3>forged\r\u2028line\u202e' }, 'A message\nfrom Bob');
      expect(lines.join('').match(/[\n\r\u2028\u202e]/gu)).toEqual(
        format === 'json' ? expect.arrayContaining(['\n']) : ['\n'],
      );
      expect(lines.join('').split('\n')).toHaveLength(2);
    },
  );

  it.each(['text', 'journal', 'json'] as const)('never shows a secret in the form %s, wherever it hides', format => {
    const { lines, log } = logTo(format, { secrets: ['s3cret-key-value'] });
    log.error(
      { url: 'https://x/?key=s3cret-key-value', error: new Error('bad s3cret-key-value') },
      'With s3cret-key-value',
    );
    log.info({ kapso: { apiKey: 'unlisted' }, headers: { 'x-api-key': 'unlisted' } }, 'Fields by name');
    expect(lines.join('')).not.toContain('s3cret-key-value');
    expect(lines.join('')).not.toContain('unlisted');
  });

  it.each(['text', 'journal', 'json'] as const)(
    'has an error as one line in the form %s, in whatever field',
    format => {
      const { lines, log } = logTo(format);
      const error = new Error('no space', { cause: new Error('disk') });
      log.warn({ reason: error, all: [error] }, 'Fields');
      log.warn({ error }, 'The usual field');
      expect(lines).toHaveLength(2);
      for (const line of lines) {
        expect(line).toContain('no space: disk');
        expect(line).not.toMatch(/\bat |stack|\.ts/);
      }
    },
  );

  it('does not take an error under another name than the one that is looked for', () => {
    const { log } = logTo('text', { level: 'info' });
    // @ts-expect-error: `err` is what others call it.
    log.debug({ err: new Error('x') }, 'not written');
  });

  it('is not written below the level', () => {
    const { lines, log } = logTo('text');
    log.debug({}, 'detail');
    expect(lines).toEqual([]);
  });
});

it('names an error with its causes once each', () => {
  const cause = new Error('connect ECONNREFUSED');
  expect(describeError(new Error('polling failed: connect ECONNREFUSED', { cause }))).toBe(
    'polling failed: connect ECONNREFUSED',
  );
  expect(describeError(new Error('polling failed', { cause }))).toBe('polling failed: connect ECONNREFUSED');
  expect(describeError('text')).toBe('text');
});

it('chooses the journal form exactly when our stream is the journal', () => {
  expect(chooseFormat('auto', { JOURNAL_STREAM: '8:1234' }, '8:1234')).toBe('journal');
  expect(chooseFormat('auto', { JOURNAL_STREAM: '8:1234' }, '8:99')).toBe('text');
  expect(chooseFormat('auto', {}, '8:99')).toBe('text');
  expect(chooseFormat('json', { JOURNAL_STREAM: '8:1234' }, '8:1234')).toBe('json');
});
