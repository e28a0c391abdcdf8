import { expect, test } from 'vitest';
import { createScrub } from '../../src/observe/scrub.ts';

const secret = 'a "b" \\ c+d/e=&%ü';
const upper = encodeURIComponent(secret);

test.each([
  ['as it is', secret],
  ['in JSON', JSON.stringify({ key: secret })],
  ['in JSON within JSON', JSON.stringify({ body: JSON.stringify({ key: secret }) })],
  ['as a part of an address', `https://example.com/${upper}`],
  ['as a part of an address in lower case', upper.replace(/%../g, found => found.toLowerCase())],
  ['in a query', `https://example.com/?${new URLSearchParams({ key: secret })}`],
  ['as an address with it is written', encodeURI(secret)],
])('a secret is taken out %s', (_, text) => {
  const clean = createScrub([secret])(`before ${text} after`);
  expect(clean).toContain('[secret]');
  expect(clean).not.toMatch(/c\+d|c%2Bd|c%2bd|%C3%BC|%c3%bc|ü/);
  expect(clean).toMatch(/^before .* after$/);
});

test('of two secrets of which one begins as the other, nothing is left', () => {
  expect(createScrub(['abcdef', 'abcdef-0123'])('abcdef-0123 abcdef')).toBe('[secret] [secret]');
});

test('what is short is left alone', () => {
  expect(createScrub(['', 'test'])('a test')).toBe('a test');
});
