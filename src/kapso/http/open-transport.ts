import type { HttpProxy } from '../../config/proxy.ts';
import type { ClosableTransport } from './transport.ts';
import { createNodeTransport } from './transport-node.ts';
import { createProxiedTransport } from './transport-proxied.ts';

/**
 * Opens the transport to Kapso: through the proxy where there is one, else on Node's own client. `keepAlive` keeps
 * connections of the latter.
 */
export function openTransport(options: { proxy: HttpProxy | null; keepAlive?: boolean }): ClosableTransport {
  const { proxy, keepAlive = false } = options;
  return proxy === null ? createNodeTransport({ keepAlive }) : createProxiedTransport({ proxy });
}
