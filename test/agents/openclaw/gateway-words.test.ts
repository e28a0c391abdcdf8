import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mediaIn, readGatewayWords } from '../../../src/agents/openclaw/gateway-words.ts';

describe('a word for silence', () => {
  test.each([
    'NO_REPLY',
    ' NO_REPLY\n',
    'NO_REPLY.',
    '**NO_REPLY**',
    '`NO_REPLY`',
    '"NO_REPLY"',
    '```\nNO_REPLY\n```',
    '<b>NO_REPLY</b>',
    'NO\\_REPLY',
    'no_reply',
    '\ufeffNO_REPLY\u200b',
    '> NO_REPLY',
    'NO_REPLY NO_REPLY',
    'NO_REPLY\n\nthe rest of it',
    'NO_REPLY the user said thanks',
    'NO_REPLYThe user said thanks',
    'NO_REPLY.The user said thanks',
    '(NO_REPLY) the user said thanks',
    'no_reply\nthe rest of it',
    'HEARTBEAT_OK',
    '**HEARTBEAT_OK** all is well',
    'Hello\n\nNO_REPLY\n\nand more',
    '[[reply_to_current]] NO_REPLY',
    '[[reply_to_current]] NO_REPLY because of that',
    'MEDIA:/tmp/a.png\nNO_REPLY',
  ])('%j says nothing', text => {
    expect(readGatewayWords(text)).toMatchObject({ kind: 'silence', word: expect.stringMatching(/NO|HEARTBEAT/i) });
  });

  test.each([
    ['Done.\n\nNO_REPLY', 'Done.'],
    ['Done.\n\n**NO_REPLY**\n', 'Done.'],
    ['Done.\n`NO_REPLY`', 'Done.'],
    ['Done. NO_REPLY', 'Done.'],
    ['Done. **NO_REPLY**.', 'Done.'],
    ['Done. ****NO_REPLY', 'Done.'],
    ['Done NO_REPLY NO_REPLY', 'Done'],
    ['All is well. HEARTBEAT_OK', 'All is well.'],
    ['👍\nNO_REPLY', '👍'],
    ['👍 NO_REPLY', '👍'],
  ])('at the end of %j is cut off', (text, rest) => {
    const takenOff = expect.arrayContaining([expect.stringMatching(/^(NO_REPLY|HEARTBEAT_OK)$/)]);
    expect(readGatewayWords(text)).toEqual({ kind: 'text', text: rest, takenOff });
  });
});

describe('an instruction', () => {
  test.each([
    ['MEDIA:/tmp/a.png', ['MEDIA:/tmp/a.png']],
    ['MEDIA: https://example.org/a.png\n', ['MEDIA: https://example.org/a.png']],
    ['`MEDIA:./my file.png`', ['MEDIA:./my file.png`']],
    ['MEDIA:a.png\nMEDIA:b.png', ['MEDIA:a.png', 'MEDIA:b.png']],
    ['[[reply_to_current]]', ['[[reply_to_current]]']],
    ['[[ reply_to: wamid.1 ]]', ['[[ reply_to: wamid.1 ]]']],
    ['[[audio_as_voice]]\n[[reply_to_current]]', ['[[audio_as_voice]]', '[[reply_to_current]]']],
    ['[[AUDIO_AS_VOICE]]\nMEDIA:/tmp/a.ogg', ['[[AUDIO_AS_VOICE]]', 'MEDIA:/tmp/a.ogg']],
  ])('%j is for the gateway alone', (text, takenOff) => {
    expect(readGatewayWords(text)).toEqual({ kind: 'instructions', takenOff });
  });

  test.each([
    ['[[reply_to_current]] Hello', 'Hello', ['[[reply_to_current]]']],
    ['[[reply_to_current]]\n\nHello', 'Hello', ['[[reply_to_current]]']],
    ['[[reply_to:wamid.1]] Hello [[audio_as_voice]]', 'Hello', ['[[reply_to:wamid.1]]', '[[audio_as_voice]]']],
    ['Hello\nMEDIA:/tmp/a.png', 'Hello', ['MEDIA:/tmp/a.png']],
    ['Hello\nMEDIA:/tmp/a.png\nBye', 'Hello\nBye', ['MEDIA:/tmp/a.png']],
    ['Here it is: MEDIA:/tmp/a.png', 'Here it is:', ['MEDIA:/tmp/a.png']],
    ['MEDIA:"/tmp/a.png"\nHello NO_REPLY', 'Hello', ['MEDIA:"/tmp/a.png"', 'NO_REPLY']],
  ])('is taken out of %j', (text, rest, takenOff) => {
    expect(readGatewayWords(text)).toEqual({ kind: 'text', text: rest, takenOff });
  });
});

describe('what words attach', () => {
  test.each<[text: string, media: object[]]>([
    ['MEDIA:./pic.png', [{ source: './pic.png' }]],
    ['Here: MEDIA:a.png\nMEDIA:b.png', [{ source: 'a.png' }, { source: 'b.png' }]],
    ['MEDIA: https://example.org/a.png?b=c\nMore', [{ source: 'https://example.org/a.png?b=c' }]],
    ['`MEDIA:./my file.png`', [{ source: './my file.png' }]],
    ['**MEDIA:/tmp/a.png**', [{ source: '/tmp/a.png' }]],
    ['MEDIA:"https://example.org/v.mp4?t=ends,"', [{ source: 'https://example.org/v.mp4?t=ends,' }]],
    ['[[audio_as_voice]]\nMEDIA:~/a.ogg', [{ source: '~/a.ogg', voice: true }]],
    ['MEDIA:/tmp/a.ogg [[audio_as_voice]]', [{ source: '/tmp/a.ogg', voice: true }]],
    ['[[audio_as_voice]] Hello', []],
    ['MEDIA: we are on air', []],
  ])('%j', (text, media) => {
    const words = readGatewayWords(text);
    expect(words.kind === 'silence' ? 'silence' : mediaIn(words.takenOff)).toEqual(media);
  });
});

test.each([
  'The word NO_REPLY means silence',
  'What is NO_REPLY?',
  'It answers "NO_REPLY".',
  'It answers `NO_REPLY`',
  'NO_REPLY_TO is a setting',
  'no_reply@example.org is our address',
  'NO_REPLY@example.org',
  'no_reply means silence',
  'I set DO_NO_REPLY',
  'No reply.',
  'MEDIA: we are on air tonight',
  'Media: a.png',
  'The tag [[reply_to_current]] quotes a message',
  '[[Home]]',
  'The line:\n```\nMEDIA:/tmp/a.png\nNO_REPLY\n[[audio_as_voice]]\n```\nattaches it',
  '  indented\n\n\ntext  ',
  '',
])('%j is left as it is', text => {
  expect(readGatewayWords(text)).toEqual({ kind: 'text', text, takenOff: [] });
});

test('a long text takes no long time', () => {
  const begun = performance.now();
  for (const piece of [' ', '*', '[[reply_to:', 'MEDIA: ', 'x NO_REPLY? ', '<b', '\n', '```\n']) {
    readGatewayWords(`x${piece.repeat(65_536 / piece.length)}NO_REPLY x MEDIA: [[`);
    readGatewayWords(`${piece.repeat(65_536 / piece.length)}NO_REPLY`);
  }
  expect(performance.now() - begun).toBeLessThan(20_000);
});

test('what is left has no word for silence at its ends, is found once more as it is, and nothing is added to it', () => {
  const pieces = [
    'NO_REPLY',
    'HEARTBEAT_OK',
    'MEDIA:/tmp/a.png',
    '[[reply_to_current]]',
    '**',
    '`',
    ' ',
    '\n',
    '\n\n',
    '.',
    'Hello',
    'a sentence',
    '👍',
    '```\n',
  ];
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 10 }).map(parts => parts.join(''));
  fc.assert(
    fc.property(text, given => {
      const spoken = readGatewayWords(given);
      if (spoken.kind !== 'text') return;
      expect(given.replace(/\s/g, '')).toContain(
        spoken.text.trim().split('\n')[0]?.replace(/\s/g, '').slice(0, 5) ?? '',
      );
      expect(spoken.text).not.toMatch(/^[\s*`.]*NO_REPLY(?![\p{L}\p{N}_@]|\.\p{Ll})/u);
      expect(spoken.text).not.toMatch(/\s\**NO_REPLY[\s*.]*$/);
      expect(readGatewayWords(spoken.text)).toEqual({ kind: 'text', text: spoken.text, takenOff: [] });
    }),
    { numRuns: 5000 },
  );
});
