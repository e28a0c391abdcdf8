/** A bracket, comma or colon of a JSON text, with its depth. Those of the outermost value are at depth 1. */
export interface JsonListener {
  /**
   * The next bytes of the text, up to the next reported mark or to the end of the input. A mark is the beginning of the
   * piece after it.
   */
  piece(bytes: Uint8Array): void;
  opened(depth: number, bracket: number): void;
  closed(depth: number): void;
  comma(depth: number): void;
  colon(depth: number): void;
}

export interface JsonStructure {
  /** Takes the next bytes of the text, from its first byte on. */
  push(bytes: Uint8Array): void;
  /** Whether exactly every opened string and bracket has been closed. */
  balanced(): boolean;
}

export const openBrace = 0x7b;
export const openBracket = 0x5b;
const closeBrace = 0x7d;
const closeBracket = 0x5d;
const quotationMark = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;

/** Reports where the values of a JSON text begin and end while its bytes pass, down to a depth. It holds none of them. */
export function createJsonStructure(deepest: number, listener: JsonListener): JsonStructure {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let broken = false;

  function passString(byte: number | undefined): void {
    if (escaped) escaped = false;
    else if (byte === backslash) escaped = true;
    else if (byte === quotationMark) inString = false;
  }

  function push(bytes: Uint8Array): void {
    let from = 0;
    const handOn = (to: number) => {
      listener.piece(bytes.subarray(from, to));
      from = to;
    };
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (inString) {
        passString(byte);
        continue;
      }
      switch (byte) {
        case quotationMark:
          inString = true;
          break;
        case openBrace:
        case openBracket:
          if (++depth > deepest) break;
          handOn(at);
          listener.opened(depth, byte);
          break;
        case closeBrace:
        case closeBracket:
          if (depth <= deepest) {
            handOn(at);
            listener.closed(depth);
          }
          if (--depth < 0) broken = true;
          break;
        case comma:
        case colon:
          if (depth > deepest) break;
          handOn(at);
          if (byte === comma) listener.comma(depth);
          else listener.colon(depth);
      }
    }
    handOn(bytes.length);
  }

  return { push, balanced: () => !broken && !inString && depth === 0 };
}
