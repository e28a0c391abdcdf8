import { expect, it } from 'vitest';
import { sourceOf } from '../../src/config/source-words.ts';

it.each([
  ['environment variable OPENCLAW_TOKEN', { where: 'OPENCLAW_TOKEN', reloads: false }],
  ['credential gateway-token', { where: 'the credential gateway-token', reloads: false }],
  ['file /run/t (OPENCLAW_TOKEN_FILE)', { where: 'the file /run/t (OPENCLAW_TOKEN_FILE)', reloads: true }],
  ['/etc/kapso.yaml:3', { where: 'gateway.token (/etc/kapso.yaml:3)', reloads: true }],
  ['not set', null],
  [undefined, null],
])('names where a secret is to be changed, and whether a reload is enough: %s', (origin, source) => {
  expect(sourceOf('gateway.token', origin)).toEqual(source);
});
