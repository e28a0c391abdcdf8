import { quote } from './errors.ts';
import type { TransportRequest } from './transport.ts';

/** OpenSSL's codes for a certificate with an unknown issuer. */
const unknownIssuer: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Describes a network failure in words. Node hides the failure of each address behind an AggregateError without a message. */
export function describeNetworkFailure(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describeNetworkFailure(error.errors[0]);
  if (!(error instanceof Error)) return 'the connection failed';
  const refusal = proxyRefusal(error.message);
  if (refusal)
    return `the proxy refused with HTTP ${refusal}${refusal === '407' ? ': it asks for a user name and password' : ''}`;
  // OpenSSL's own line: thread:error:number:library:function:reason:file:line:
  const handshake = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(error.message)?.[1];
  if (handshake) return `the TLS handshake failed: ${quote(handshake)}`;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  const message = quote(error.message) || 'the connection failed';
  return code && !message.includes(code) ? `${message} (${code})` : message;
}

/** Says what to do when no byte of the request has left. `proxy` is the part of the proxy's address that may be shown. */
export function hintWhereUnsent(method: TransportRequest['method'], cause: unknown, proxy: string | undefined): string {
  return (method === 'GET' ? '' : 'Nothing was sent. ') + whatToDo(cause, proxy);
}

function whatToDo(cause: unknown, proxy: string | undefined): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (unknownIssuer.has(code))
    return 'Where this network has a certificate of its own, name its file: NODE_EXTRA_CA_CERTS=/path/to/ca.pem.';
  if (proxy && cause instanceof Error && proxyRefusal(cause.message) === '407')
    return `Put both into the address of the proxy ${proxy}: http://USER:PASSWORD@HOST:PORT.`;
  return `Check the network${proxy ? `, the proxy ${proxy}` : ''} and the base URL.`;
}

/** Returns the HTTP status of a proxy that opens no tunnel. undici names it only in its message. */
function proxyRefusal(message: string): string | undefined {
  return /^Proxy response \((\d{3})\) !== 200/.exec(message)?.[1];
}
