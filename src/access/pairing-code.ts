/** The code that a stranger gets by WhatsApp and tells the operator, who approves the stranger by it. */

/** Letters and digits that nobody takes for one another: without I, O, 0 and 1. There are 32, so that a code has 40 bits. */
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const length = 8;

/** How a code is written, for whoever has mistyped one. */
export const pairingCodeForm = `A code has ${length} letters and digits, and none of I, O, 0 and 1`;

/** Makes a new code. `randomBytes` returns so many bytes that nobody can foretell. */
export function newPairingCode(randomBytes: (size: number) => Uint8Array): string {
  // 256 is a multiple of 32, so every character is equally likely.
  return Array.from(randomBytes(length), byte => alphabet.charAt(byte % alphabet.length)).join('');
}

/**
 * Reads a code as people write it: in any case, with blanks and hyphens between its characters. Returns null when it
 * can be none.
 */
export function readPairingCode(text: string): string | null {
  // Only ASCII: the capital of another script's letter may be a Latin one.
  const code = text.replace(/[\s\p{Pd}\p{Cf}]/gu, '').replace(/[a-z]/g, letter => letter.toUpperCase());
  return code.length === length && [...code].every(character => alphabet.includes(character)) ? code : null;
}
