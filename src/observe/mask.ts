/**
 * Hides the middle of a phone number or user id, for logs and lists: enough to recognise, not enough to call.
 * `+15551234567` becomes `+1555…67`.
 */
export function maskAddress(address: string): string {
  if (address.length <= 6) return '…';
  return `${address.slice(0, 5)}…${address.slice(-2)}`;
}

/** Hides the middle of everything in a text that may be a phone number. */
export function maskNumbers(text: string): string {
  return text.replace(/\+?\d{7,15}(?!\d)/g, maskAddress);
}
