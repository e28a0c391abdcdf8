import { describe, expect, it } from 'vitest';
import { createPairing } from '../../src/access/pairing.ts';
import type { KnownContact } from '../../src/domain/contact.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import { readContent } from '../../src/domain/outgoing-body.ts';

const contact: KnownContact = {
  ...{ account: '647', key: '+15551234567~2', address: '+15551234567', origin: '+15551234567', name: 'Ann' },
  ...{ identities: [], approved: null, blocked: false },
};

function message(over: Partial<InboundMessage> = {}): InboundMessage {
  return {
    ...{
      id: 'wamid.1',
      account: '647',
      conversationId: null,
      timestamp: 1_770_000_000_000,
      type: 'text',
      text: 'Hello',
    },
    ...{ sender: { phone: '15551234567', userId: null, name: 'Ann', username: null }, media: null, ...over },
  };
}

let now = 5000;
const pairing = { expires: 90, most: 3, held: 4, message: 'Code {code}, for {minutes} minutes: {code} {other} $&' };
const settings = { keepDeniedText: false, pairing };
const offer = createPairing({
  settings: () => settings,
  randomBytes: size => Uint8Array.from({ length: size }, (_, at) => at),
  clock: { now: () => now },
});

describe('the offer of a pairing', () => {
  it('has the bounds of the settings, with the time in milliseconds, and codes of the alphabet', () => {
    const offered = offer(contact, message());
    expect(offered).toMatchObject({ expires: 90 * 60_000, most: 3, held: 4 });
    expect(offered.newCode()).toBe('ABCDEFGH');
  });

  it('keeps the text of who gets none only where that is set', () => {
    const words = message({ text: 'between us' });
    expect(offer(contact, words).denied?.body).toContain('wamid.1');
    expect(offer(contact, words).denied?.body).not.toContain('between us');
    settings.keepDeniedText = true;
    expect(offer(contact, words).denied).toBeUndefined();
    settings.keepDeniedText = false;
  });

  it('tells the code in the sentence of the settings, to the address of the contact, exempt from what answers need', () => {
    const row = offer(contact, message()).tell?.('A$&BCDEF');
    expect(row).toMatchObject({
      ...{ account: '647', lane: '647/+15551234567~2', recipient: '+15551234567', via: 'pairing', message: 'wamid.1' },
      ...{ part: 1, parts: 1, sendBefore: 1_770_000_000_000 + 24 * 3_600_000 },
    });
    expect(readContent(row?.body ?? '')).toEqual({
      kind: 'text',
      text: 'Code A$&BCDEF, for 90 minutes: A$&BCDEF {other} $&',
    });
    // The ids of answers are written to the log.
    expect(row?.id).not.toContain('BCDEF');
  });

  it('is another message when the same one is tried again later', () => {
    const first = offer(contact, message()).tell?.('A');
    now += 1;
    expect(offer(contact, message()).tell?.('A').id).not.toBe(first?.id);
  });

  it.each([
    ['a changed security code', { notice: 'identity-change' as const }],
    ['a changed number', { notice: 'number-change' as const }],
    ['a changed user id', { notice: 'user-id-change' as const }],
    ["WhatsApp's own words", { notice: 'system-notice' as const }],
    ['an opened chat', { notice: 'welcome' as const }],
    ['a group', { groupId: 'group.1' }],
  ])('has no code for %s', (_, over) => {
    expect(offer(contact, message(over)).tell).toBeNull();
  });

  it.each(['reaction', 'edit', 'deletion', 'empty-text'] as const)('has one for what a person did: %s', notice => {
    expect(offer(contact, message({ notice })).tell).not.toBeNull();
  });
});
