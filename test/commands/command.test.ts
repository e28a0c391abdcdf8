import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCommand } from '../../src/commands/command.ts';

describe('a command', () => {
  it.each([
    ['!status', { do: 'status' }],
    ['!new', { do: 'new' }],
    [' !Stop \n', { do: 'stop' }],
    ['!mute', { do: 'mute', address: null, minutes: null }],
    ['!mute 30', { do: 'mute', address: null, minutes: 30 }],
    ['!mute +15551234567', { do: 'mute', address: '+15551234567', minutes: null }],
    ['!mute 15551234567  90', { do: 'mute', address: '+15551234567', minutes: 90 }],
    ['!MUTE US.1349abcDEF 5', { do: 'mute', address: 'US.1349abcDEF', minutes: 5 }],
    ['!unmute', { do: 'unmute', address: null }],
    ['!unmute US.1349abcDEF', { do: 'unmute', address: 'US.1349abcDEF' }],
  ])('is read from %j', (text, command) => {
    expect(readCommand(text)).toEqual(command);
  });

  it.each([
    ...[
      '',
      '!',
      'status',
      '/status',
      '! status',
      '!status now',
      '!status!',
      '!restart',
      '!!stop',
      'please !stop',
      '"!stop"',
    ],
    ...[
      '!stop\nthat',
      '!new\n!stop',
      '!mute 0',
      '!mute -5',
      '!mute 1.5',
      '!mute 30 +15551234567',
      '!mute 527041',
      '!mute soon',
    ],
    ...[
      '!mute +1555',
      '!mute +15551234567 5 5',
      '!unmute 5',
      '!unmute +15551234567 5',
      '!ｓtop',
      '!st\u200bop',
      '！stop',
      '> !stop',
    ],
  ])('is not read from %j', text => {
    expect(readCommand(text)).toBeNull();
  });

  it('never throws, and is one of the known ones only', () => {
    const words = fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('!mute', '!stop', '5', '+15551234567')),
    );
    fc.assert(
      fc.property(words, all => {
        const command = readCommand(all.join(' '));
        if (command !== null) expect(all.join(' ').trim().toLowerCase().startsWith(`!${command.do}`)).toBe(true);
      }),
    );
  });
});
