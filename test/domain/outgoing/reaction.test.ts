import { expect, test } from 'vitest';
import { reaction } from '../../../src/domain/outgoing/reaction.ts';

test.each([
  ['👍', '👍'],
  [' 👍 ', '👍'],
  ['👍\ufe0f', '👍'],
  ['❤', '❤\ufe0f'],
  ['❤\ufe0f', '❤\ufe0f'],
  ['👩🏽‍🚒', '👩🏽‍🚒'],
  ['🏴󠁧󠁢󠁳󠁣󠁴󠁿', '🏴󠁧󠁢󠁳󠁣󠁴󠁿'],
  ['🇩🇪', '🇩🇪'],
  ['1\ufe0f\u20e3', '1\ufe0f\u20e3'],
  ['', ''],
  ['  ', ''],
])('%j is a reaction', (given, emoji) => {
  expect(reaction('wamid.A', given)).toEqual({ kind: 'reaction', messageId: 'wamid.A', emoji });
});

test.each(['ok', '1', '1\ufe0f', '#', '👍👍', '🇩', ':)', '👍!'])('%j is none', given => {
  expect(() => reaction('wamid.A', given)).toThrow('a reaction is one emoji');
});
