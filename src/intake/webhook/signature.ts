import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { KapsoWhatsappError } from '../../errors.ts';

/** A delivery's signature headers as received: `X-Webhook-Signature` (Kapso) and `X-Hub-Signature-256` (Meta). */
export interface PresentedSignatures {
  kapso: string | undefined;
  meta: string | undefined;
}

export type SignatureCheck = (body: Uint8Array, presented: PresentedSignatures) => boolean;

/** Lower-case hexadecimal digits of an HMAC-SHA256. */
const hexLength = 64;

/** Returns the `X-Webhook-Signature` of a body: lower-case hex HMAC-SHA256 over its bytes (Kapso webhooks, "Security"). */
export function signBody(secret: string | KeyObject, body: Uint8Array | string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/**
 * Checks whether a body was signed with one of `secrets`. Several allow a rotation without a gap.
 *
 * The signature covers the bytes as received, never a parsed and re-serialised form. Either header is enough, with or
 * without the `sha256=` prefix: the documentation does not say which one Kapso sends for raw Meta forwards. Upper-case
 * hex is refused, so that exactly one spelling of a signature is valid.
 *
 * @throws KapsoWhatsappError `WEBHOOK_SECRET_EMPTY`: anyone can sign with an empty secret.
 */
export function createSignatureCheck(secrets: readonly string[]): SignatureCheck {
  if (secrets.some(secret => secret === '')) {
    throw new KapsoWhatsappError('WEBHOOK_SECRET_EMPTY', 'a webhook secret is the empty string', {
      hint: 'set webhook.secret (KAPSO_WEBHOOK_SECRET) to the secret of the webhook in Kapso, or leave it out',
    });
  }
  const keys = secrets.map(secret => createSecretKey(secret, 'utf8'));
  return (body, presented) => {
    const candidates = [presented.kapso, presented.meta].map(hexDigits).filter(digits => digits !== null);
    if (candidates.length === 0) return false;
    return keys.some(key => {
      const expected = Buffer.from(signBody(key, body), 'latin1');
      return candidates.some(candidate => timingSafeEqual(candidate, expected));
    });
  };
}

function hexDigits(header: string | undefined): Buffer | null {
  if (header === undefined) return null;
  const digits = Buffer.from(header.startsWith('sha256=') ? header.slice('sha256='.length) : header, 'latin1');
  return digits.length === hexLength ? digits : null;
}
