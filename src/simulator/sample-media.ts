/**
 * Files of any size, made up on the way. PNG, JPEG and PDF are whole and can be shown; of the others the beginning is right,
 * which is what a type is known by.
 */
import { crc32, deflateSync } from 'node:zlib';

/** Makes a file of the type with at least `size` bytes: exactly so many where its form has room for that. */
export function sampleOf(mimeType: string, size: number): Buffer {
  switch (mimeType.split(';')[0]) {
    case 'image/png':
      return png(size);
    case 'image/jpeg':
      return jpeg(size);
    case 'image/webp':
      return padded(webp, size);
    case 'audio/ogg':
      return padded(oggOpus, size);
    case 'audio/mpeg':
      return padded(Buffer.from('ID3\x04\0\0\0\0\0\0'), size);
    case 'audio/mp4':
      return padded(mp4('M4A '), size);
    case 'video/mp4':
      return padded(mp4('isom'), size);
    case 'application/pdf':
      return pdf(size);
    default:
      return Buffer.alloc(size, 'All work and no play. ');
  }
}

function padded(head: Buffer, size: number): Buffer {
  return Buffer.concat([head, Buffer.alloc(Math.max(0, size - head.length))]);
}

/** One black pixel, and a private chunk that fills the size (PNG, 3rd edition, 5). */
function png(size: number): Buffer {
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const around = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from([0, 0]))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  const least = around.reduce((sum, { length }) => sum + length, signature.length);
  const [first = signature, ...rest] = around;
  const filling = size < least + 12 ? [] : [chunk('fiLl', Buffer.alloc(size - least - 12))];
  return Buffer.concat([signature, first, ...filling, ...rest]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), framed.length - 4);
  return framed;
}

/** One grey pixel, and comments that fill the size (ITU-T T.81, B.2). */
function jpeg(size: number): Buffer {
  const table = (kind: number) => [0xff, 0xc4, 0, 20, kind, 1, ...Array<number>(15).fill(0), 0];
  const begin = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
  const rest = Buffer.from([
    ...[0xff, 0xdb, 0, 67, 0, ...Array<number>(64).fill(1)],
    ...[0xff, 0xc0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0],
    ...[...table(0), ...table(0x10)],
    ...[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x3f, 0xff, 0xd9],
  ]);
  const comments: Buffer[] = [];
  for (let left = size - begin.length - rest.length; left >= 4; ) {
    // What is left for the next comment is enough for one, or nothing.
    const length = left <= 65_537 ? left : Math.min(65_537, left - 4);
    const comment = Buffer.alloc(length);
    comment.writeUInt32BE(0xfffe_0000 + length - 2);
    comments.push(comment);
    left -= length;
  }
  return Buffer.concat([begin, ...comments, rest]);
}

/** One transparent pixel without loss. */
const webp = Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64');

/** The first page, with the head of mono Opus (RFC 7845, 5.1). Its checksum is not made. */
const oggOpus = Buffer.concat([
  Buffer.from('OggS\0\x02', 'latin1'),
  Buffer.alloc(20),
  Buffer.from([1, 19]),
  Buffer.from('OpusHead\x01\x01', 'latin1'),
  Buffer.from([0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0]),
]);

function mp4(brand: string): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(`ftyp${brand}\0\0\x02\0isommp42`, 'latin1')]);
}

/** One page that says where it comes from, and a comment that fills the size (ISO 32000-1, 7.5). */
function pdf(size: number): Buffer {
  const text = 'BT /F1 24 Tf 72 720 Td (A page from the simulator) Tj ET';
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  const written = (filling: number) => {
    let body = `%PDF-1.4\n%${' '.repeat(filling)}\n`;
    const places = objects.map((object, index) => {
      const at = body.length;
      body += `${index + 1} 0 obj\n${object}\nendobj\n`;
      return `${String(at).padStart(10, '0')} 00000 n \n`;
    });
    const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}`;
    // Ten digits whatever the size, so that the filling can be told beforehand.
    const start = String(body.length).padStart(10, '0');
    return `${body}${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  };
  return Buffer.from(written(Math.max(0, size - written(0).length)), 'latin1');
}
