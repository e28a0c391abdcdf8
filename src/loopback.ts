/** Whether the host of a URL, as the URL parser writes it, is this machine. */
export function isLoopback(hostname: string): boolean {
  // node:net, which could tell too, would cost the start 2 ms.
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
