/** How the unsigned delivery by which `doctor` finds out whether such are refused is known, so that nobody hunts for its sender. */
import { type SignatureCheck, signBody } from './signature.ts';

/** The header of such a delivery: its time in milliseconds since the epoch, and a signature that is one of nothing else. */
export const probeHeader = 'x-kapso-whatsapp-doctor';

/** Milliseconds for which the header counts: whoever sees one on its way has no use for it later. */
const lifetime = 60_000;

const signed = (at: number) => Buffer.from(`kapso-whatsapp-doctor ${at}`);

/** The header's value. A delivery is never signed by it: what it covers is no JSON. */
export function probeMark(secret: string, at: number): string {
  return `${at} ${signBody(secret, signed(at))}`;
}

/** Whether somebody who knows the signing secret has sent it lately, as `doctor` does. */
export function isProbe(header: string | undefined, check: SignatureCheck, now: number): boolean {
  const [, time, signature] = /^(\d{1,15}) ([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  if (time === undefined || signature === undefined || Math.abs(now - Number(time)) > lifetime) return false;
  return check(signed(Number(time)), { kapso: signature, meta: undefined });
}
