import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sendOptions } from '../../../src/cli/send-options.ts';
import { sendsIn, valuedOptions } from '../../../src/delivery/own-sends/send-commands.ts';

const send = "kapso-whatsapp-cli send --to +15551234567 --text 'hi'";
const to = '+15551234567';

test.each<[string, [string | null, boolean][]]>([
  [send, [[to, true]]],
  ["/usr/local/bin/kapso-whatsapp-cli send --text 'hi' --to=+15551234567", [[to, true]]],
  ['"kapso-whatsapp-cli" send --to "+1 555 123 4567" hi', [['+1 555 123 4567', true]]],
  [`env KAPSO_X=1 -u FOO ${send}`, [[to, true]]],
  [`A=1 B='2 3' timeout -k 1 5 nice -n 5 ${send}`, [[to, true]]],
  [`sh -c "${send}"`, [[to, true]]],
  [`bash -lc "cd /tmp && ${send}"`, [[to, false]]],
  [`echo hi | ${send.replace("'hi'", '-')}`, [[to, true]]],
  [`${send} | tee log`, [[to, false]]],
  [`${send} 2>&1 >/dev/null`, [[to, true]]],
  [`if true; then ${send}; fi`, [[to, false]]],
  ['node /opt/dist/kapso-whatsapp-cli.cjs send --to +15551234567 hi', [[to, true]]],
  [
    `${send}; kapso-whatsapp-cli send --to +15550000000 hi`,
    [
      [to, false],
      ['+15550000000', false],
    ],
  ],
  [
    "kapso-whatsapp-cli send --to +15551234567 - <<'EOF'\nkapso-whatsapp-cli send --to +15550000000 x\nEOF\n",
    [[to, true]],
  ],
  [
    "cat <<EOF | kapso-whatsapp-cli send --to +15551234567 -\nit's; kapso-whatsapp-cli send --to +19\nEOF",
    [[to, true]],
  ],
  ['ID=$(kapso-whatsapp-cli send --to +15551234567 hi)', [[to, false]]],
  ['kapso-whatsapp-cli \\\n  send \\\n --to +15551234567 --text "a\\"b"', [[to, true]]],
  ['kapso-whatsapp-cli send --to "$TO" --text hi', [[null, true]]],
  ['kapso-whatsapp-cli send --text --to +15551234567', [[null, true]]],
  ["kapso-whatsapp-cli send --group Y2Fw= --text 'hi'", [['group:Y2Fw=', true]]],
  ['kapso-whatsapp-cli send --text --to --group=G1', [['group:G1', true]]],
  ['kapso-whatsapp-cli send --group "$G" --text hi', [[null, true]]],
  ['kapso-whatsapp-cli send --text hi --group', [[null, true]]],
  [
    'kapso-whatsapp-cli send --to +15551234567 --to=+15550000000 --image /tmp/a.png --caption --to',
    [
      [to, true],
      ['+15550000000', true],
    ],
  ],
  ['kapso-whatsapp-cli send --to +15551234567 --buttons "Yes|No" --text --dry-run', [[to, true]]],
  // These answer nobody.
  ['kapso-whatsapp-cli send --to +15551234567 --react 👍 --to-message wamid.A', []],
  ["kapso-whatsapp-cli send --to +15551234567 --react '' --to-message wamid.A", []],
  ['kapso-whatsapp-cli send --to +15551234567 --to-message wamid.A --unreact', []],
  ['kapso-whatsapp-cli send --to +15551234567 --text hi --dry-run', []],
  // A text that speaks of a send to somebody else is a text.
  ["kapso-whatsapp-cli send --to +15551234567 --text 'run: kapso-whatsapp-cli send --to +15550000000 x'", [[to, true]]],
  ["echo 'kapso-whatsapp-cli send --to +15551234567'", []],
  ['echo kapso-whatsapp-cli send --to +15551234567', []],
  ['grep -r "kapso-whatsapp-cli send" . # kapso-whatsapp-cli send --to +1', []],
  ['kapso-whatsapp-cli status', []],
  ['kapso-whatsapp-cli send --help', []],
  ['which kapso-whatsapp-cli', []],
])('%s', (line, expected) => {
  expect(sendsIn(line).map(({ to: written, last }) => [written, last])).toEqual(expected);
});

test('every option of send that takes a value is known as one', () => {
  const valued = Object.entries(sendOptions).filter(([, { type }]) => type === 'string');
  const names = valued.map(([name]) => name).filter(name => name !== 'to' && name !== 'group');
  expect(names.filter(name => !valuedOptions.includes(name))).toEqual([]);
});

test('no line throws, or takes long', () => {
  const piece = fc.constantFrom(
    "'",
    '"',
    '\\',
    '$(',
    ')',
    '`',
    '<<',
    'EOF',
    '\n',
    ' ',
    '|',
    '&',
    '--to',
    'sh -c ',
    'kapso-whatsapp-cli send ',
    '2>',
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 60 }), pieces => void sendsIn(pieces.join(''))));
  const begun = performance.now();
  sendsIn(`kapso-whatsapp-cli send --to +15551234567 ${'$('.repeat(20_000)}`);
  expect(performance.now() - begun).toBeLessThan(1000);
});
