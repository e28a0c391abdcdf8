import { expect, test } from 'vitest';
import { createScrub, createSecrets, scrubbedJson } from '../../src/observe/scrub.ts';

const secret = 'a "b" \\ c+d/e=&%ü';
const upper = encodeURIComponent(secret);

test.each([
  ['as it is', secret],
  ['in JSON', JSON.stringify({ key: secret })],
  ['in JSON within JSON', JSON.stringify({ body: JSON.stringify({ key: secret }) })],
  ['in JSON three deep', JSON.stringify([JSON.stringify([JSON.stringify([secret])])])],
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

test.each([0, 1, 2])('a secret is taken out of base64 that begins %i bytes before it', before => {
  for (const form of ['base64', 'base64url'] as const) {
    const encoded = Buffer.from(`${'x'.repeat(before)}${secret} and more`).toString(form);
    const clean = createScrub([secret])(`Basic ${encoded} after`);
    expect(clean).toMatch(/^Basic \S{0,4}\[secret\]\S+ after$/);
    expect(Buffer.from(clean.replace(/.*\]/, ''), 'base64').toString()).not.toContain('ü');
  }
});

test.each(['0123456789abcdef', 'a "b" \\ c+d/e'])('the beginning of %s is taken out where a text is cut', whole => {
  const scrub = createScrub([whole]);
  for (const form of [whole, JSON.stringify(whole).slice(1), encodeURIComponent(whole)]) {
    for (let length = 6; length < whole.length; length += 1) {
      expect(scrub(`before ${form.slice(0, length)}… after`)).toBe('before [secret]… after');
    }
    expect(scrub(`before ${form.slice(0, 5)}… after`)).toBe(`before ${form.slice(0, 5)}… after`);
  }
  expect(scrub('another… text… with marks…')).toBe('another… text… with marks…');
});

test('a secret that is learned later is taken out from then on, with those before', () => {
  const { scrub, learn } = createSecrets(['first-secret']);
  expect(scrub('first-secret later-secret')).toBe('[secret] later-secret');
  learn(['later-secret', 'short']);
  expect(scrub('first-secret later-secret short')).toBe('[secret] [secret] short');
});

test('of two secrets of which one begins as the other, nothing is left', () => {
  expect(createScrub(['abcdef', 'abcdef-0123'])('abcdef-0123 abcdef')).toBe('[secret] [secret]');
});

test('what is short is left alone', () => {
  expect(createScrub(['', 'test'])('a test')).toBe('a test');
});

test('a secret that is a word or a number of ours leaves the keys and numbers of JSON as they are', () => {
  const value = { webhook: { webhook: 'the webhook fails', at: 1234567 }, list: ['123456', null, { gateway: true }] };
  const json = scrubbedJson(value, createScrub(['webhook', 'gateway', '123456']));
  expect(JSON.parse(json)).toEqual({
    webhook: { webhook: 'the [secret] fails', at: 1234567 },
    list: ['[secret]', null, { gateway: true }],
  });
  expect(scrubbedJson([secret, JSON.stringify({ secret })], createScrub([secret]))).not.toMatch(/c\+d|ü/);
});
