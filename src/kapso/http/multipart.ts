import type { StreamedBody } from './transport.ts';

/** A file that is a part of a form. */
export interface FilePart {
  name: string;
  mimeType: string;
  /** Bytes. */
  size: number;
  /** Is called once. Gives exactly so many bytes. */
  read: () => AsyncIterable<Uint8Array>;
}

/** A form with text fields and a file in the field `file` (multipart/form-data, RFC 7578). The file is sent as it is read. */
export function multipartForm(
  fields: Readonly<Record<string, string>>,
  file: FilePart,
): StreamedBody & { contentType: string } {
  // Loaded here, since most starts of the command line send no file.
  const { randomBytes } = process.getBuiltinModule('node:crypto');
  const boundary = `kapso-whatsapp-${randomBytes(18).toString('hex')}`;
  const part = (what: string, value: string) => `--${boundary}\r\nContent-Disposition: form-data; ${what}\r\n${value}`;
  const texts = Object.entries(fields).map(([name, value]) => part(`name="${name}"`, `\r\n${value}\r\n`));
  const opening = part(`name="file"; filename="${escaped(file.name)}"`, `Content-Type: ${file.mimeType}\r\n\r\n`);
  const head = Buffer.from(texts.join('') + opening);
  const end = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    size: head.length + file.size + end.length,
    read: async function* () {
      yield head;
      yield* file.read();
      yield end;
    },
  };
}

/** What would end the name, or its line, is written as HTML's forms do it ("Multipart form data"). */
function escaped(name: string): string {
  return name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}
