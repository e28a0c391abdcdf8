import { isLoopback } from '../loopback.ts';
import { trimEndOf } from '../trim-end.ts';

/**
 * Whether secrets and messages may go to this host of a URL without TLS: this machine, private addresses, and the names
 * of a home network and of Tailscale.
 */
export function isTrustedInTheClear(hostname: string): boolean {
  const name = trimEndOf(hostname.toLowerCase(), '.');
  return isLoopback(name) || isPrivateAddress(name) || name.endsWith('.local') || name.endsWith('.ts.net');
}

/** Private IPv4: RFC 1918, link-local, carrier-grade NAT (Tailscale uses it). Private IPv6: unique local, link-local. */
function isPrivateAddress(hostname: string): boolean {
  if (isIPv6(hostname)) return /^\[(f[cd]|fe[89a-f])[0-9a-f]{0,2}:/.test(hostname);
  if (!isIPv4(hostname)) return false;
  const [a = 0, b = 0] = hostname.split('.').map(Number);
  if (a === 10 || (a === 192 && b === 168) || (a === 169 && b === 254)) return true;
  return (a === 172 && b >= 16 && b < 32) || (a === 100 && b >= 64 && b < 128);
}

// The URL parser has normalised the address.
function isIPv4(hostname: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(hostname);
}

function isIPv6(hostname: string): boolean {
  return hostname.startsWith('[');
}
/** Whether the host of a URL is an address and no name. */
export function isAddress(hostname: string): boolean {
  return isIPv4(hostname) || isIPv6(hostname);
}
