import { asId } from '../../narrow.ts';

const longest = 512;

/**
 * Returns the id of a message; null when the value is none. It may only have the characters of WhatsApp's ids: ids go
 * into run keys, where `:` is ours, and into commands that a log advises.
 */
export function messageId(value: unknown): string | null {
  const id = asId(value);
  return id && id.length <= longest && /^[\w.+/=@~-]+$/.test(id) ? id : null;
}
