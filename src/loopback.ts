/** Whether the host of a URL is this machine. The URL parser has normalised the host. */
export function isLoopback(hostname: string): boolean {
  // node:net could tell too, but it would cost the start 2 ms.
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
