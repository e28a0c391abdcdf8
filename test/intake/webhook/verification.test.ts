import { expect, test } from 'vitest';
import { createVerification } from '../../../src/intake/webhook/verification.ts';

const asked = (token: string, mode = 'subscribe') =>
  new URLSearchParams({ 'hub.mode': mode, 'hub.challenge': '42', ...(token && { 'hub.verify_token': token }) });

test('the challenge comes back to who knows the token, also as nothing where there is none', () => {
  const verify = createVerification('a+b');
  expect(verify(asked('a+b'))).toEqual({ challenge: '42' });
  expect(verify(new URLSearchParams({ 'hub.mode': 'subscribe', 'hub.verify_token': 'a+b' }))).toEqual({
    challenge: '',
  });
});

test.each([
  ['a+b', asked('a+b', 'unsubscribe'), 'hub.mode is missing, or not "subscribe"'],
  ['a+b', asked('a+b', ''), 'hub.mode is missing, or not "subscribe"'],
  ['a+b', asked(''), 'hub.verify_token is missing'],
  ['a+b', asked('a b'), 'a + in the verify token came as a blank: in an address it is written %2B'],
  ['a+b', asked(' a+b'), 'the verify token has a blank at one of its ends'],
  ['a+b', asked('another'), 'the verify token is wrong: it is not webhook.verifyToken (KAPSO_WEBHOOK_VERIFY_TOKEN)'],
  [null, asked('a+b'), 'no webhook.verifyToken is configured (KAPSO_WEBHOOK_VERIFY_TOKEN)'],
  ['', asked(''), 'no webhook.verifyToken is configured (KAPSO_WEBHOOK_VERIFY_TOKEN)'],
])('with the token %j, %s is refused: %s', (token, query, refused) => {
  expect(createVerification(token)(query)).toEqual({ refused });
});
