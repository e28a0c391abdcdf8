import { KapsoWhatsappError } from '../../errors.ts';

/** The error of a content that WhatsApp would not take, before anything is sent. `what` is a sentence without its stop. */
export function invalid(what: string, hint?: string): KapsoWhatsappError {
  return new KapsoWhatsappError('SEND_CONTENT_INVALID', what, { hint });
}

/** Throws when a text has more characters than WhatsApp takes there. Counted in UTF-16 units, as `textLimit`. */
export function assertLength(what: string, text: string, atMost: number): void {
  if (text.length > atMost) {
    throw invalid(`${what} has ${text.length} characters`, `WhatsApp takes at most ${atMost} there; shorten it`);
  }
}
