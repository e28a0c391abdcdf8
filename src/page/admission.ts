import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../loopback.ts';

/** Why a request is turned away. */
export interface Turned {
  status: 401 | 403 | 421;
  message: string;
}

/**
 * Checks who asks, for a server on this machine.
 *
 * - The name that the browser went to must be this machine's: another site may have its own name lead here (DNS
 *   rebinding), and would then count as the origin of this page.
 * - What another site makes a browser send is refused by its origin.
 * - Data and actions need the token. It travels in a header, which no other site can set, and never in a cookie, which a
 *   browser would send to the servers on all ports of this machine.
 */
export function createAdmission(token: string): {
  /** Any request. */
  foreign(headers: IncomingHttpHeaders): Turned | null;
  /** A request for data, or for an action. */
  unknown(headers: IncomingHttpHeaders): Turned | null;
} {
  const wanted = digest(token);
  return {
    foreign: ({ host, origin, 'sec-fetch-site': site }) => {
      if (host === undefined || !namesLoopback(`http://${host}`)) {
        return {
          status: 421,
          message: 'This page is served under the name of this machine only: 127.0.0.1 or localhost.',
        };
      }
      const crossed = site !== undefined && site !== 'same-origin' && site !== 'none';
      if (crossed || (origin !== undefined && origin !== `http://${host}`)) {
        return { status: 403, message: 'Another site may not use this page.' };
      }
      return null;
    },
    unknown: ({ authorization = '' }) => {
      const given = /^Bearer (\S+)$/.exec(authorization)?.[1];
      if (given !== undefined && timingSafeEqual(digest(given), wanted)) return null;
      return { status: 401, message: 'The token is missing or wrong. Open the address that was printed at the start.' };
    },
  };
}

function namesLoopback(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && url.pathname === '/' && url.username === '' && isLoopback(url.hostname);
}

/** Equal lengths, for a comparison that takes the same time whatever is given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
