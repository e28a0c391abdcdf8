import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contextKinds } from '../../src/domain/context-kinds.ts';
import { noticeKinds } from '../../src/domain/message.ts';

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../schema/kapso-whatsapp.schema.json'), 'utf8'));
const { pattern, default: usual, 'x-expected': expected } = schema.properties.delivery.properties.contextOnly;

describe('delivery.contextOnly', () => {
  it('takes every kind that there is, and no other word', () => {
    expect(noticeKinds.join(', ')).toMatch(new RegExp(pattern));
    for (const kind of noticeKinds) {
      expect(kind).toMatch(new RegExp(pattern));
      expect(expected).toContain(kind);
    }
    for (const wrong of ['', 'text', 'none, edit', 'edit,', 'edit;reaction', ' edit']) {
      expect(wrong).not.toMatch(new RegExp(pattern));
    }
  });

  it('is read with blanks around the commas', () => {
    expect([...contextKinds('edit , reaction-removed')]).toEqual(['reaction-removed', 'edit']);
    expect(contextKinds('none').size).toBe(0);
  });

  it('leaves what asks for an answer to the agent by default', () => {
    const usually = contextKinds(usual);
    const runs = noticeKinds.filter(kind => !usually.has(kind));
    expect(runs).toEqual(['number-change', 'welcome', 'reaction', 'edit', 'deletion']);
  });
});
