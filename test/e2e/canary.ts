import { randomBytes } from 'node:crypto';

/** A secret that is only there to be found where it should not be. */
export interface Canary {
  name: string;
  secret: string;
}

/**
 * Makes a secret of this form. `*` is where letters and digits stand that are nowhere else. Among them are some that look
 * like a telephone number: who masks those first finds the secret no more, and shows the rest.
 */
export function canary(name: string, form = '*'): Canary {
  const part = () => randomBytes(6).toString('hex');
  return { name, secret: form.replace('*', `${part()}a4915551234567b${part()}`) };
}

/** The forms in which another side may quote it. */
export function formsOf({ secret }: Canary): string[] {
  const json = JSON.stringify(secret);
  const base64 = Buffer.from(secret).toString('base64');
  const asPassword = Buffer.from(`me:${secret}`).toString('base64');
  return [secret, json, JSON.stringify(json), encodeURIComponent(secret), base64, asPassword];
}

/** The longest run of letters and digits in it is found in each of its forms, also where only its beginning or end is there. */
function signsOf({ secret }: Canary): string[] {
  const [core = ''] = secret.match(/[A-Za-z0-9]{10,}/g)?.toSorted((a, b) => b.length - a.length) ?? [];
  const base64 = [0, 1, 2].map(shift =>
    Buffer.from('\0'.repeat(shift) + core)
      .toString('base64')
      .slice(4, -4),
  );
  return [core, ...base64].flatMap(sign => [sign.slice(0, 10), sign.slice(-10)]);
}

/** Returns the names of the canaries of which a text holds at least a part. */
export function canariesIn(text: string, canaries: readonly Canary[]): string[] {
  return canaries.filter(one => signsOf(one).some(sign => text.includes(sign))).map(({ name }) => name);
}
