import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from '../loopback.ts';
import type { Answer } from './http.ts';

/** The header with the token of the control interface. No web page can set it without the server's consent. */
export const controlTokenHeader = 'x-simulator-token';

export interface AdmissionOptions {
  /** The addresses and names that the simulator was started for. */
  names: readonly string[];
  /** What requests to the control interface must have; undefined where anybody on this machine may use it. */
  controlToken: string | undefined;
}

export interface Admission {
  /** The refusal of a request; null where it may be served. */
  refusal(request: { headers: IncomingHttpHeaders; path: string }): Answer | null;
}

/**
 * Checks who asks a simulator. It is made for programs, and behind it may be a real agent.
 *
 * - A browser says with `Origin` or `Sec-Fetch-Site` that a page asks. The poller, the CLI and curl send neither.
 * - A site may have its own name lead to this machine (DNS rebinding), and a browser then sends neither with a `GET`. So
 *   the name must be this machine's, the one that the simulator was started for, or a plain address, which nobody can
 *   have lead elsewhere.
 * - The control interface plays the customer: with a token, only who has it does.
 */
export function createAdmission({ names, controlToken }: AdmissionOptions): Admission {
  const wanted = controlToken === undefined ? null : digest(controlToken);
  return {
    refusal: ({ headers, path }) => {
      if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
        return refuse('A web page may not use the simulator. It is for programs on this machine.');
      }
      if (headers.host !== undefined && !isKnown(headers.host, names)) {
        return refuse(
          'The simulator is not served under this name. Use 127.0.0.1 or localhost, or start it with --name and that name.',
        );
      }
      if (wanted === null || !path.startsWith('/__sim/')) return null;
      const given = headers[controlTokenHeader];
      if (typeof given === 'string' && timingSafeEqual(digest(given), wanted)) return null;
      return refuse(
        'The control interface of this simulator needs its token. The simulator of a demo is used by that demo only.',
      );
    },
  };
}

function refuse(message: string): Answer {
  return { status: 403, body: { error: 'Forbidden', message } };
}

/** @param named the Host header, with or without a port */
function isKnown(named: string, names: readonly string[]): boolean {
  const url = URL.parse(`http://${named}`);
  if (url === null) return false;
  const { hostname } = url;
  return (
    isLoopback(hostname) ||
    isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 ||
    names.some(name => name.toLowerCase() === hostname)
  );
}

/** Equal lengths, for a comparison that takes the same time whatever is given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
