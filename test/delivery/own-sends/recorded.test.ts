import { expect, test } from 'vitest';
import type { ToolCall } from '../../../src/agents/agent.ts';
import { recordedSends } from '../../../src/delivery/own-sends/recorded.ts';

const contact = { contact: '+15551234567', address: '+15551234567' };
const call = (command: string | null, more: Partial<ToolCall> = {}): ToolCall => ({
  ...{ name: 'exec', command, output: 'wamid.OUT1', failed: false, exitCode: null, refused: false },
  ...more,
});
const send = (to: string, more: Partial<ToolCall> = {}) => call(`kapso-whatsapp-cli send --to ${to} --text hi`, more);

test.each<[string, ToolCall, { ids: string[]; open: number }]>([
  ['a send', send('+15551234567'), { ids: ['wamid.OUT1'], open: 0 }],
  [
    'a send in parts',
    send('+15551234567', { output: 'wamid.A\nwamid.B==\n' }),
    { ids: ['wamid.A', 'wamid.B=='], open: 0 },
  ],
  [
    'a send in JSON',
    send('+15551234567', { output: '{"to":"x","messages":[{"id":"wamid.J","part":1}]}' }),
    { ids: ['wamid.J'], open: 0 },
  ],
  [
    'parts before a failure',
    send('+15551234567', { failed: true, exitCode: 75, output: 'wamid.A\npart 2 …' }),
    { ids: ['wamid.A'], open: 0 },
  ],
  ['a send to somebody else', send('+15550000000'), { ids: [], open: 0 }],
  ['a send to a user id, which may be the same person', send('US.1349'), { ids: [], open: 1 }],
  [
    'a send to two people',
    call('kapso-whatsapp-cli send --to +15551234567 a; kapso-whatsapp-cli send --to +15550000000 b'),
    { ids: [], open: 1 },
  ],
  [
    'one send to two people, which only marks can tell apart',
    call('kapso-whatsapp-cli send --to +15551234567 --to +15550000000 --text b', { exitCode: 69 }),
    { ids: [], open: 1 },
  ],
  [
    'a wrong command line for two people',
    call('kapso-whatsapp-cli send --to +15551234567 --to +15550000000', { exitCode: 64, output: 'no text' }),
    { ids: [], open: 0 },
  ],
  [
    'a reaction',
    call('kapso-whatsapp-cli send --to +15551234567 --react 👍 --to-message wamid.A'),
    { ids: [], open: 0 },
  ],
  ['a send to a variable', send('"$TO"'), { ids: [], open: 1 }],
  ['a denied send', send('+15551234567', { failed: true, refused: true, output: 'exec denied' }), { ids: [], open: 0 }],
  [
    'a program that is not there',
    send('+15551234567', { failed: true, output: 'sh: not found\n\nCommand not found' }),
    { ids: [], open: 0 },
  ],
  ['a wrong command line', send('+15551234567', { failed: true, exitCode: 64, output: 'usage' }), { ids: [], open: 0 }],
  ['a refused message', send('+15551234567', { failed: true, exitCode: 69, output: 'no' }), { ids: [], open: 0 }],
  [
    'an open end',
    send('+15551234567', { failed: true, exitCode: 75, output: 'may have been sent' }),
    { ids: [], open: 1 },
  ],
  [
    'a killed send',
    send('+15551234567', { failed: true, output: 'Command aborted by signal SIGKILL' }),
    { ids: [], open: 1 },
  ],
  [
    'one in the background',
    send('+15551234567', { failed: null, output: 'Command still running (session x, pid 1)' }),
    { ids: [], open: 1 },
  ],
  ['one without a result', send('+15551234567', { failed: null, output: null }), { ids: [], open: 1 }],
  [
    'a failure of another command of the line',
    call('kapso-whatsapp-cli send --to +15551234567 a | jq .', {
      failed: true,
      exitCode: 127,
      output: 'jq: not found',
    }),
    { ids: [], open: 1 },
  ],
  ['another tool', call(null), { ids: [], open: 0 }],
])('%s', (_, one, expected) => {
  expect(recordedSends([one], contact)).toEqual(expected);
});

test('other spellings of the number are the same person', () => {
  expect(
    recordedSends([send('+5491123456789')], { contact: '+541123456789', address: '+541123456789' }).ids,
  ).toHaveLength(1);
  expect(recordedSends([send('US.1349')], { contact: '+15551234567', address: 'US.1349' }).ids).toHaveLength(1);
  const linked = { contact: '+15551234567', address: '+15551234567', others: ['US.1349'] };
  expect(recordedSends([send('US.1349')], linked).ids).toHaveLength(1);
  expect(recordedSends([send('US.9999')], linked)).toEqual({ ids: [], open: 0 });
});

test.each<[string, typeof contact, string, { ids: string[]; open: number }]>([
  ['to the group is its answer', group('G1'), '--group G1', { ids: ['wamid.OUT1'], open: 0 }],
  ['to a member is no answer to the group', group('G1'), '--to +15551234567', { ids: [], open: 0 }],
  ['to a member by id is none either', group('G1'), '--to US.1349', { ids: [], open: 0 }],
  ['to another group is none', group('G1'), '--group g1', { ids: [], open: 0 }],
  ['to a group is no answer to a person', contact, '--group G1', { ids: [], open: 0 }],
  ['to nobody that can be told may be one', group('G1'), '--group "$G"', { ids: [], open: 1 }],
])('a send %s', (_, to, option, expected) => {
  expect(recordedSends([call(`kapso-whatsapp-cli send ${option} --text hi`)], to)).toEqual(expected);
});

function group(id: string): typeof contact {
  return { contact: `group:${id}`, address: `group:${id}` };
}
