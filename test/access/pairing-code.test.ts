import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newPairingCode, readPairingCode } from '../../src/access/pairing-code.ts';

const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

describe('a pairing code', () => {
  it('has 8 characters that nobody takes for one another, each as likely as any other', () => {
    const all = (size: number) => (from: number) => Uint8Array.from({ length: size }, (_, at) => from + at);
    const counts = new Map<string, number>();
    for (let from = 0; from < 256; from += 8) {
      for (const one of newPairingCode(size => all(size)(from))) counts.set(one, (counts.get(one) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted().join('')).toBe([...alphabet].toSorted().join(''));
    expect(new Set(counts.values())).toEqual(new Set([8]));
    expect(newPairingCode(randomBytes)).toMatch(/^[A-HJ-NP-Z2-9]{8}$/);
  });

  it('is another one each time', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => newPairingCode(randomBytes))).size).toBe(10_000);
  });

  it('is read in any case, with blanks and hyphens anywhere', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        fc.array(fc.constantFrom('', ' ', '-', '\u00a0', '\u2011', '\u2013', '\n', '\u200b'), {
          minLength: 9,
          maxLength: 9,
        }),
        fc.boolean(),
        (bytes, between, lower) => {
          const code = newPairingCode(() => bytes);
          const written = [...code].map((one, at) => between[at] + (lower ? one.toLowerCase() : one)).join('');
          expect(readPairingCode(written + between[8])).toBe(code);
        },
      ),
    );
  });

  it.each([
    ['', 'nothing'],
    ['ABCDEFG', 'too short'],
    ['ABCDEFGHJ', 'too long'],
    ['ABCDEFG0', 'a zero'],
    ['ABCDEFGI', 'an I'],
    ['ABCDEFG1', 'a one'],
    ['ABCDEFGO', 'an O'],
    ['+2345678', 'a number'],
    ['US.23456', 'a user id'],
    ['ABCDEFG\u0415', 'a Cyrillic letter'],
    ['ABCDEF\u017f\u017f', 'letters that capitals make Latin'],
    ['ABCDEFG\u0662', 'a digit of another script'],
    ['＋ＡＢＣＤＥＦＧ', 'letters of full width'],
  ])('%j is none: %s', text => {
    expect(readPairingCode(text)).toBeNull();
  });
});
