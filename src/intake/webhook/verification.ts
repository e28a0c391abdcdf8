import { createHash, timingSafeEqual } from 'node:crypto';

/** The challenge to return, or why the verification is refused. The reason is only for the log. */
export type Verification = { challenge: string } | { refused: string };

/**
 * Reads Meta's subscription handshake (WhatsApp Cloud API, "Webhooks", Verification requests). Who knows the verify
 * token gets the challenge back. Without a configured token every request is refused.
 */
export function createVerification(token: string | null): (query: URLSearchParams) => Verification {
  const isToken = createTokenCheck(token);
  return query => {
    const given = query.get('hub.verify_token') ?? '';
    if (query.get('hub.mode') !== 'subscribe') return { refused: 'hub.mode is missing, or not "subscribe"' };
    if (isToken(given)) return { challenge: query.get('hub.challenge') ?? '' };
    if (!token) return { refused: 'no webhook.verifyToken is configured (KAPSO_WEBHOOK_VERIFY_TOKEN)' };
    if (given === '') return { refused: 'hub.verify_token is missing' };
    if (isToken(given.replaceAll(' ', '+'))) {
      return { refused: 'a + in the verify token came as a blank: in an address it is written %2B' };
    }
    if (isToken(given.trim())) return { refused: 'the verify token has a blank at one of its ends' };
    return { refused: 'the verify token is wrong: it is not webhook.verifyToken (KAPSO_WEBHOOK_VERIFY_TOKEN)' };
  };
}

/** Compares hashes, so that the time shows neither the content nor the length of the token. */
function createTokenCheck(token: string | null): (candidate: string) => boolean {
  if (token === null || token === '') return () => false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return candidate => timingSafeEqual(digest(candidate), expected);
}
