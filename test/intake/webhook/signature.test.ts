import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSignatureCheck, signBody } from '../../../src/intake/webhook/signature.ts';

interface Vector {
  raw_body_utf8: string;
  'X-Webhook-Signature': string;
  'X-Hub-Signature-256': string;
}

const fixture = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/kapso/signature-vectors.json'), 'utf8'),
) as { secret: string; vectors: Record<string, Vector> };
const vectors = Object.entries(fixture.vectors);
const check = createSignatureCheck([fixture.secret]);

describe('the signature of a webhook', () => {
  it.each(vectors)('of the sample %s holds under either header', (_name, vector) => {
    const body = Buffer.from(vector.raw_body_utf8);
    expect(signBody(fixture.secret, body)).toBe(vector['X-Webhook-Signature']);
    expect(check(body, { kapso: vector['X-Webhook-Signature'], meta: undefined })).toBe(true);
    expect(check(body, { kapso: undefined, meta: vector['X-Hub-Signature-256'] })).toBe(true);
    expect(check(body, { kapso: vector['X-Hub-Signature-256'], meta: undefined })).toBe(true);
  });

  it.each(vectors)('of the sample %s is refused after any one bit of the body was flipped', (_name, vector) => {
    const body = Buffer.from(vector.raw_body_utf8);
    const presented = { kapso: vector['X-Webhook-Signature'], meta: undefined };
    for (let bit = 0; bit < body.length * 8; bit += 1) {
      body.writeUInt8(body.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      if (check(body, presented)) throw new Error(`bit ${bit} may be flipped`);
      body.writeUInt8(body.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    }
    expect(check(body, presented)).toBe(true);
  });

  it.each(vectors)('of the sample %s is refused after any one bit of itself was flipped', (_name, vector) => {
    const body = Buffer.from(vector.raw_body_utf8);
    for (const header of ['X-Webhook-Signature', 'X-Hub-Signature-256'] as const) {
      const signature = Buffer.from(vector[header], 'latin1');
      for (let bit = 0; bit < signature.length * 8; bit += 1) {
        const flipped = Buffer.from(signature);
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        const text = flipped.toString('latin1');
        if (check(body, { kapso: text, meta: text })) throw new Error(`${header}: bit ${bit} may be flipped`);
      }
    }
  });

  it('counts the bytes and not the JSON in them', () => {
    const [, vector] = vectors[0] ?? expect.unreachable();
    const reserialised = JSON.stringify(JSON.parse(vector.raw_body_utf8), null, 1);
    expect(check(Buffer.from(reserialised), { kapso: vector['X-Webhook-Signature'], meta: undefined })).toBe(false);
  });

  it('may be made with any of several secrets, and with no other', () => {
    const rotating = createSignatureCheck(['old', 'new']);
    const body = Buffer.from('{}');
    for (const [key, holds] of [
      ['old', true],
      ['new', true],
      ['other', false],
    ] as const) {
      expect(rotating(body, { kapso: signBody(key, body), meta: undefined })).toBe(holds);
    }
  });

  it('is enough in one header when the other is by someone else', () => {
    const body = Buffer.from('{}');
    const ours = signBody(fixture.secret, body);
    expect(check(body, { kapso: ours, meta: `sha256=${signBody('of the Meta app', body)}` })).toBe(true);
    expect(check(body, { kapso: 'nonsense', meta: `sha256=${ours}` })).toBe(true);
  });

  it('is refused without an exception whatever the headers say', () => {
    const body = Buffer.from('{}');
    const header = fc.option(fc.oneof(fc.string(), fc.string({ unit: 'binary', minLength: 64, maxLength: 64 })), {
      nil: undefined,
    });
    fc.assert(fc.property(header, header, (kapso, meta) => check(body, { kapso, meta }) === false));
  });

  it('cannot be checked against an empty secret, with which anyone could sign', () => {
    expect(() => createSignatureCheck(['good', ''])).toThrow(expect.objectContaining({ code: 'WEBHOOK_SECRET_EMPTY' }));
  });
});
