import { isIP } from 'node:net';
import { isPublicAddress } from './addresses.ts';
import { MediaError } from './errors.ts';

/** Where media may be fetched. */
export interface Allowed {
  /**
   * The hosts that may be asked: `files.example.com`, or `*.example.com` for all names below it. Absent means every
   * public host.
   */
  hosts?: readonly string[];
  /** The hosts that a redirect may name. Absent means `hosts`; `public` means every public host. */
  redirects?: 'public';
  /**
   * The origin of the configured base URL, e.g. `https://api.kapso.ai` or `http://127.0.0.1:4010`. The operator chose it,
   * so it may have a private address, and no TLS. Only a chain that has never left it may ask it with this right.
   */
  origin?: string;
}

/** A URL that may be asked. */
export interface Destination {
  url: URL;
  /** Whether it is the configured origin, whose address is not checked. */
  trusted: boolean;
}

/** What is left of a URL in messages: its path may have a token. */
export function nameOf(url: URL): string {
  return url.host.slice(0, 100);
}

/**
 * Checks a URL before anything connects. `from` is the destination that redirected to it. Throws a MediaError of the
 * kind `refused`.
 */
export function destinationOf(address: string, allow: Allowed, from?: Destination): Destination {
  const url = URL.parse(address, from?.url.href);
  if (url === null) throw refused('the address of the file is no URL');
  const trusted = allow.origin !== undefined && url.origin === new URL(allow.origin).origin && (from?.trusted ?? true);
  if (url.username !== '' || url.password !== '') {
    throw refused(`the address at ${nameOf(url)} has a user name or a password in it`);
  }
  if (trusted) return { url, trusted };
  if (url.protocol !== 'https:') {
    throw refused(`the address begins with ${url.protocol.slice(0, 30)} and not with https:`);
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw refused(`${host} is no public address`);
  const hosts = from && allow.redirects === 'public' ? undefined : allow.hosts;
  if (hosts && !hosts.some(pattern => matches(host, pattern))) {
    throw refused(`${nameOf(url)} is not among the hosts from which files may come`);
  }
  return { url, trusted };
}

export function refused(what: string): MediaError {
  return new MediaError('refused', `the file was not fetched: ${what}`);
}

function matches(host: string, pattern: string): boolean {
  const wanted = pattern.toLowerCase();
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted;
}
