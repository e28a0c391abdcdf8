import { describe, expect, test } from 'vitest';
import { readGatewayWords } from '../src/agents/openclaw/gateway-words.ts';
import { trimEndOf } from '../src/trim-end.ts';

describe('the end of a text', () => {
  test('loses the characters that are named', () => {
    expect(trimEndOf('a\r\nb\r\n\n', '\r\n')).toBe('a\r\nb');
    expect(trimEndOf('///', '/')).toBe('');
    expect(trimEndOf('abc', '/')).toBe('abc');
  });

  test('is found at once behind a million of them', () => {
    expect(trimEndOf(`${'\n'.repeat(1_000_000)}x`, '\n')).toHaveLength(1_000_001);
  });

  test('of a file that an agent names may have 200,000 quotes: a minute would pass otherwise', () => {
    expect(readGatewayWords(`MEDIA: ${'`'.repeat(200_000)}x\nHello`).kind).toBe('text');
  });
});
