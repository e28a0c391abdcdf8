import { describe, expect, it } from 'vitest';
import { firstIdentity, identitiesOf, keyOf, listIdentities } from '../../src/domain/identity.ts';

const none = { phone: null, userId: null, parentId: null };

describe('an identity', () => {
  it.each([
    ['Brazil', '5511987654321', '551187654321'],
    ['Mexico', '5215512345678', '525512345678'],
    ['Argentina', '5491123456789', '541123456789'],
  ])(
    'has one key for both spellings of a mobile number in %s, and keeps the address as it was written',
    (_, one, other) => {
      const [first] = listIdentities({ ...none, phone: one });
      expect(first).toEqual({ kind: 'phone', key: `+${other}`, address: `+${one}` });
      expect(keyOf(`+${one}`)).toBe(keyOf(`+${other}`));
    },
  );

  it('is never the same for a landline and the mobile number with a 9, or for ids that differ in case alone', () => {
    const keys = ['+554733334444', '+5547933334444', 'US.abc', 'US.aBc'].map(keyOf);
    expect(new Set(keys).size).toBe(4);
  });

  it('is listed with the surest first; a person is named by the number where it is known', () => {
    const all = { phone: '15551234567', userId: 'US.1349', parentId: 'US.ENT.7' };
    expect(listIdentities(all).map(({ kind }) => kind)).toEqual(['user', 'parent', 'phone']);
    expect(firstIdentity(all).key).toBe('+15551234567');
    expect(firstIdentity({ ...all, phone: null }).key).toBe('US.1349');
    expect(firstIdentity({ ...none, parentId: 'US.ENT.7' }).key).toBe('US.ENT.7');
    expect(() => firstIdentity(none)).toThrow(TypeError);
  });

  it('of a parent is found where previous versions have kept it', () => {
    expect(identitiesOf({ phone: null, userId: 'US.ENT.7' })).toEqual({ ...none, parentId: 'US.ENT.7' });
    expect(identitiesOf({ phone: '1', userId: 'US.1', parentUserId: 'US.ENT.7' })).toEqual({
      ...{ phone: '1', userId: 'US.1', parentId: 'US.ENT.7' },
    });
  });
});
