import type { FileType } from './file-kind.ts';

/** Forms of text that their beginning tells. */
const forms: readonly (readonly [RegExp, string, string])[] = [
  [/^BEGIN:VCARD\b/i, 'text/vcard', 'vcf'],
  [/^BEGIN:VCALENDAR\b/i, 'text/calendar', 'ics'],
  [/^(?:<\?xml[^>]*>\s*)?(?:<!--[^>]*-->\s*)*(?:<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/i, 'image/svg+xml', 'svg'],
  [/^(?:<!--[^>]*-->\s*)*<(?:!DOCTYPE html|html|head|body|script)\b/i, 'text/html', 'html'],
  [/^<\?xml\s/i, 'application/xml', 'xml'],
  [/^#!\s*\//, 'text/x-script', 'txt'],
];

/** Tells a text from other bytes. It is UTF-8, or UTF-16 with its mark, and has no control characters but white space. */
export function textType(bytes: Buffer): FileType | null {
  const text = decode(bytes);
  if (text === null || text.trim() === '' || /[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/.test(text)) return null;
  const start = text.trimStart();
  const form = forms.find(([pattern]) => pattern.test(start));
  if (form) return { mimeType: form[1], extension: form[2], family: 'text' };
  return { mimeType: 'text/plain', extension: 'txt', family: 'text' };
}

function decode(bytes: Buffer): string | null {
  const encoding = [
    [0xff, 0xfe, 'utf-16le'],
    [0xfe, 0xff, 'utf-16be'],
  ].find(([first, second]) => bytes[0] === first && bytes[1] === second)?.[2];
  try {
    // As a stream: the last character may be cut.
    return new TextDecoder(typeof encoding === 'string' ? encoding : 'utf-8', { fatal: true }).decode(bytes, {
      stream: true,
    });
  } catch {
    return null;
  }
}
