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

/**
 * Hides the middle of what can only be a person's address: a number with its `+`, a business-scoped user id. Other digits
 * stay, so that a whole line keeps its times and ids.
 */
export function maskAddresses(text: string): string {
  return text.replace(addresses, maskAddress);
}

const addresses = /\+\d{7,15}(?!\w)|(?<![\w.])(?:[A-Z]{2}(?:\.[A-Z]{2,8})?\.[\w-]{8,}|user\.[0-9a-fA-F]{8,})/g;

/** Hides the middle of each number that stands by itself in a sentence. Ids and addresses of the web stay whole. */
export function maskBareNumbers(sentence: string): string {
  return sentence.replace(/(?<![\w+/.-])\d{7,15}(?![\w-])/g, maskAddress);
}

/** Hides the middle of a contact's key, and keeps the number that tells it from that of a former holder. */
export function maskKey(key: string): string {
  const [address = '', ...number] = key.split('~');
  return [maskAddress(address), ...number].join('~');
}

/**
 * Hides who a lane or a claim is about: `647000000000001/+15551234567` becomes `647000000000001/+1555…67`. The id of the
 * business's own number stays, and so does a name that an operator has given.
 */
export function maskLane(lane: string): string {
  const [, place, whose] = /^([^/]*\/(?:group\/)?)(.*)$/su.exec(lane) ?? [];
  if (place === undefined || whose === undefined) return lane;
  return `${place}${whose.startsWith('session/') ? maskNumbers(whose) : maskKey(whose)}`;
}
