import { createHash } from 'node:crypto';
import { invalid, type Reply } from './gateway-frames.ts';
import { asObject, asText } from './json.ts';

/** An image that the model of a run saw. */
export interface SeenImage {
  mimeType: string;
  fileName: string | null;
  /** Bytes, decoded. */
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

/** Decoded bytes of an attachment, and of an image. */
export const attachmentLimits = { maxBytes: 19_464_192, maxImageBytes: 6_291_456 };

/** Reads the attachments of `agent`: images alone, within the limits (openclaw-gateway reference, section 5). */
export function readAttachments(
  value: unknown,
  { seesImages }: { seesImages: boolean },
): { images: SeenImage[] } | { refusal: Reply } {
  const images: SeenImage[] = [];
  for (const [at, item] of (Array.isArray(value) ? value : []).entries()) {
    const { mimeType, fileName, type, content } = asObject(item);
    const label = `attachment ${asText(fileName) ?? asText(type) ?? `attachment-${at + 1}`}`;
    const refuse = (why: string) => ({ refusal: invalid(why) });
    if (typeof content !== 'string') return refuse(`Error: ${label}: content must be base64 string`);
    if (content === '') return refuse(`UnsupportedAttachmentError: ${label}: empty payload`);
    const bytes = Buffer.from(content, 'base64');
    if (bytes.toString('base64') !== content) return refuse(`Error: ${label}: invalid base64 content`);
    const kind = asText(mimeType) ?? 'unknown';
    if (!kind.startsWith('image/')) {
      const what = `non-image attachments (${kind}) are not supported on this entrypoint`;
      return refuse(`UnsupportedAttachmentError: ${label}: ${what}`);
    }
    if (!seesImages) {
      return refuse(`UnsupportedAttachmentError: ${label}: active model does not accept image inputs`);
    }
    const { maxImageBytes } = attachmentLimits;
    if (bytes.length > maxImageBytes) {
      return refuse(`Error: ${label}: image exceeds size limit (${bytes.length} > ${maxImageBytes} bytes)`);
    }
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    images.push({ mimeType: kind, fileName: asText(fileName), bytes: bytes.length, sha256 });
  }
  return { images };
}
