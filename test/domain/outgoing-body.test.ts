import { describe, expect, test } from 'vitest';
import { type Content, labelOf, wordsOf } from '../../src/domain/content.ts';
import { asTemplate, readContent, writeContent } from '../../src/domain/outgoing-body.ts';

const file = { path: '/state/out/1', mimeType: 'image/png', name: 'image.png', size: 12 };
/** Each content, what a list shows of it before its words, and its words. */
const contents: readonly [Content, string, string][] = [
  [{ kind: 'text', text: 'hello', quote: 'wamid.1', preview: false }, '', 'hello'],
  [{ kind: 'media', media: 'image', source: { id: '12' }, caption: 'a cat', quote: 'wamid.1' }, '[image]', 'a cat'],
  [
    { kind: 'media', media: 'document', source: { link: 'https://a/b.pdf' }, filename: 'b.pdf' },
    '[document: b.pdf]',
    '',
  ],
  [{ kind: 'media', media: 'audio', source: { file }, voice: true }, '[voice message]', ''],
  [
    { kind: 'location', latitude: 1.5, longitude: -2, name: 'Shop', address: 'Road 1' },
    '[location: 1.5, -2]',
    'Shop, Road 1',
  ],
  [{ kind: 'contacts', contacts: [{ name: { formatted_name: 'Bo' } }] }, '[contact card]', ''],
  [{ kind: 'contacts', contacts: [{}, {}] }, '[2 contact cards]', ''],
  [{ kind: 'reaction', messageId: 'wamid.1', emoji: '👍' }, '[reaction]', '👍'],
  [{ kind: 'reaction', messageId: 'wamid.1', emoji: '' }, '[reaction removed]', ''],
  [{ kind: 'interactive', interactive: { type: 'button', body: { text: 'Yes?' } } }, '[button]', 'Yes?'],
  [{ kind: 'template', name: 'late', language: 'en', text: 'hello' }, '[template: late]', 'hello'],
  [{ kind: 'filled-template', name: 'x', language: 'en_US', components: [{ type: 'body' }] }, '[template: x]', ''],
  [{ kind: 'raw', fields: { type: 'text', text: { body: 'hi' } } }, '[text]', ''],
];

describe('a stored content', () => {
  test.each(contents)('%j is read as it was written, and shown in a line', (content, label, words) => {
    expect(readContent(writeContent(content))).toEqual(content);
    expect(labelOf(content)).toBe(label);
    expect(wordsOf(content)).toBe(words);
  });

  test.each([
    'no JSON',
    '[]',
    '{"v":2,"kind":"text","text":"x"}',
    '{"v":1,"kind":"text"}',
    '{"v":1,"kind":"new"}',
    '{"v":1,"kind":"media","media":"image"}',
    '{"v":1,"kind":"media","media":"hologram","source":{"id":"1"}}',
    '{"v":1,"kind":"media","media":"image","source":{"file":{"path":"/a"}}}',
    '{"v":1,"kind":"location","latitude":1}',
    '{"v":1,"kind":"interactive","interactive":{}}',
    '{"v":1,"kind":"raw"}',
  ])('%s is damaged', body => {
    expect(readContent(body)).toBeNull();
  });

  test('a text becomes the one line of a template', () => {
    const template = { name: 'late', language: 'en' };
    expect(asTemplate(' two\nlines  and\tmore ', template)).toEqual({
      kind: 'template',
      ...template,
      text: 'two lines and more',
    });
    expect(wordsOf(asTemplate('x'.repeat(2000), template))).toHaveLength(1024);
  });
});
