import { describe, expect, test } from 'vitest';
import { readAddress } from '../../src/cli/address.ts';

describe('readAddress', () => {
  test.each([
    ['+15551234567', '+15551234567'],
    [' +49 151 1234-5678 ', '+4915112345678'],
    ['+1 (555) 123.4567', '+15551234567'],
    ['+49\u00a0151\u202f12345678', '+4915112345678'],
    ['US.13491208655302741918', 'US.13491208655302741918'],
    ['US.ENT.11815799212886844830', 'US.ENT.11815799212886844830'],
    ['user.1f3c0de5', 'user.1f3c0de5'],
  ])('reads %j as %s', (given, address) => {
    expect(readAddress(given)).toBe(address);
  });

  test.each([
    '',
    '+',
    '++15551234567',
    '+1555123456a',
    '+15551234567;+4915112345678',
    '+15551234567 x',
    '+1/5551234567',
    '🇩🇪',
  ])('refuses %j', given => {
    expect(() => readAddress(given)).toThrow('not a WhatsApp address');
  });

  test('guesses neither a country code nor what (0) means', () => {
    expect(() => readAddress('0151 12345678')).toThrow('no + and country code');
    expect(() => readAddress('+49 (0)151 12345678')).toThrow('(0)');
    expect(() => readAddress('+49 ( 0 ) 151 12345678')).toThrow('(0)');
  });
});
