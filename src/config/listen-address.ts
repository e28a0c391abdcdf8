import { KapsoWhatsappError } from '../errors.ts';

/** Where a server listens. `host: null` means every interface, IPv4 and IPv6. */
export type ListenAddress = { host: string | null; port: number } | { path: string };

/** The longest path of a Unix socket that the kernel takes, without the closing zero (unix(7)). */
const maxSocketPathBytes = 107;

/**
 * Reads `:18790`, `127.0.0.1:18790`, `localhost:18790`, `[::1]:18790` or `unix:/run/webhook.sock`. The system chooses
 * port 0.
 *
 * @throws KapsoWhatsappError `LISTEN_ADDRESS_INVALID`
 */
export function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith('unix:')) return { path: socketPath(text) };

  const colon = text.lastIndexOf(':');
  if (colon === -1) {
    throw invalid('has no port', 'write for example :18790');
  }
  const digits = text.slice(colon + 1);
  const port = Number(digits);
  if (!/^\d{1,5}$/.test(digits) || port > 65_535) {
    throw invalid(`has no port between 0 and 65535 after its last colon`, 'write for example :18790');
  }
  return { host: hostPart(text.slice(0, colon), port), port };
}

/** Writes an address as `parseListenAddress` reads it. */
export function formatListenAddress(address: ListenAddress): string {
  if ('path' in address) return `unix:${address.path}`;
  if (address.host === null) return `:${address.port}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

function socketPath(text: string): string {
  const path = text.slice('unix:'.length);
  if (!path.startsWith('/')) {
    throw invalid('does not name an absolute path', 'write for example unix:/run/kapso-whatsapp/webhook.sock');
  }
  if (path.endsWith('/') || path.includes('\0')) throw invalid('does not name a file', 'end it in a file name');
  if (Buffer.byteLength(path) > maxSocketPathBytes) {
    throw invalid(`is longer than the ${maxSocketPathBytes} bytes a Unix socket may have`, 'use a shorter path');
  }
  return path;
}

function hostPart(host: string, port: number): string | null {
  if (host === '' || host === '*') return null;
  if (host.startsWith('[') && host.endsWith(']')) {
    const inner = host.slice(1, -1);
    if (!isIPv6(inner)) throw invalid('has no IPv6 address between its brackets', `write for example [::1]:${port}`);
    return inner;
  }
  if (host.includes(':')) {
    throw invalid('is ambiguous', `put an IPv6 address in brackets, for example [::1]:${port}`);
  }
  if (!/^[a-z0-9._-]+$/i.test(host)) {
    throw invalid('has no host name or IP address before its colon', `write for example 127.0.0.1:${port}`);
  }
  return host;
}

/** With or without a zone. The URL parser is as good as node:net here, which would cost every start of the command line 2 ms. */
function isIPv6(text: string): boolean {
  const address = /^([\da-f:.]+)(?:%[\da-z.:-]+)?$/i.exec(text)?.[1];
  return address !== undefined && URL.canParse(`http://[${address}]`);
}

/** The message does not repeat the value: it may be a secret that was put into the wrong place. */
function invalid(what: string, hint: string): KapsoWhatsappError {
  return new KapsoWhatsappError('LISTEN_ADDRESS_INVALID', `the listen address ${what}`, { hint });
}
