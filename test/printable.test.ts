import { describe, expect, it } from 'vitest';
import { columns, toJson } from '../src/cli/format.ts';
import { quote } from '../src/kapso/http/errors.ts';
import { asLabel } from '../src/narrow.ts';
import { createLog, type LogFormat } from '../src/observe/log.ts';
import { blankControls, escapeControls } from '../src/printable.ts';

/** Everything by which foreign text could move the cursor or change other text. */
const controls = [
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, at) => 0x7f + at),
  0x61c,
  0x200e,
  0x200f,
  0x2028,
  0x2029,
  ...Array.from({ length: 5 }, (_, at) => 0x202a + at),
  ...Array.from({ length: 4 }, (_, at) => 0x2066 + at),
].map(code => String.fromCharCode(code));
const hostile = controls.map(control => `a${control}b`).join('');

function logged(format: LogFormat): string {
  let text = '';
  const log = createLog({ level: 'info', format, scrub: text => text, write: line => (text += line) });
  log.info({ name: hostile, error: new Error(hostile) }, hostile);
  return text.replace(/\n$/, '');
}

describe('text that others wrote moves no cursor, starts no line and turns nothing around', () => {
  it.each<[string, () => string]>([
    ['in a log line for people', () => logged('text')],
    ['in the journal', () => logged('journal')],
    ['in a log line for programs', () => logged('json')],
    ['in a table', () => columns([[hostile, 'x']]).replace(/\n$/, '')],
    ['in JSON on a terminal', () => toJson({ hostile })],
    ['in an error message', () => quote(hostile)],
    ['in a name', () => asLabel(hostile) ?? ''],
    ['in a status line', () => blankControls(hostile)],
  ])('%s', (_, write) => {
    const text = write();
    expect(text).toContain('a');
    expect(controls.filter(control => text.includes(control))).toEqual([]);
  });
});

it('keeps what was there as escapes, and JSON what it means', () => {
  expect(escapeControls('a\u202eb\u0007\n')).toBe('a\\u202eb\\u0007\\u000a');
  expect(JSON.parse(toJson({ hostile }))).toEqual({ hostile });
  expect(JSON.parse(logged('json'))).toMatchObject({ name: hostile, msg: hostile });
});

it('leaves alone what names and emoji are made of', () => {
  const text = 'Zoë 👩‍👩‍👧 नमस्ते می‌خواهم';
  expect(escapeControls(text)).toBe(text);
  expect(blankControls(text)).toBe(text);
});
