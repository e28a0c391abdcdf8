import { randomBytes } from 'node:crypto';
import { type Answer, BadRequest, type Request } from './http.ts';
import { graphError, kapsoError, unknownObject } from './kapso-errors.ts';
import type { Incoming, MediaFile, MediaStore } from './kapso-media-store.ts';
import { type PartHead, readMultipart } from './multipart.ts';

export interface MediaSettings {
  /** Milliseconds that a `download_url` works. */
  downloadLifetime: number;
  /** Whether the mirror of received files answers with a redirect to the place that has the bytes. */
  mirrorRedirects: boolean;
}

/** The media of one number: upload, metadata, and the addresses of the bytes. */
export interface MediaApi {
  /** `POST /{phone_number_id}/media`. */
  upload(request: Request): Promise<Answer>;
  /** `GET /{media_id}?phone_number_id=`. */
  info(id: string): Answer;
  /** The bytes, from any of the addresses below. */
  download(request: Request): Answer;
  /** The address of Kapso's own copy (`kapso.media_url`). */
  mirrorUrl(file: MediaFile): string;
}

/** What Meta takes, in the order of its own refusal ("Upload media"; error 100). */
const uploadTypes = [
  ...['audio/aac', 'audio/mp4', 'audio/mpeg', 'audio/amr', 'audio/ogg', 'audio/opus'],
  ...['application/vnd.ms-powerpoint', 'application/msword'],
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  ...['application/pdf', 'text/plain', 'application/vnd.ms-excel'],
  ...['image/jpeg', 'image/png', 'image/webp', 'video/mp4', 'video/3gpp'],
];
const megabyte = 1024 * 1024;
/** Bytes of a file that Meta takes, by the beginning of its type ("Media", supported types). */
const limits: readonly [string, number][] = [
  ['image/webp', 500 * 1024],
  ['image/', 5 * megabyte],
  ['audio/', 16 * megabyte],
  ['video/', 16 * megabyte],
  ['', 100 * megabyte],
];
const paths = {
  download: '/meta/whatsapp/media_download',
  mirror: '/media/',
  storage: '/storage/',
  meta: '/whatsapp_business/attachments/',
};

/** Whether a path is an address of a file's bytes. */
export function isDownload(path: string): boolean {
  return Object.values(paths).some(start => path.startsWith(start));
}

export function createMediaApi(deps: {
  store: MediaStore;
  origin: () => string;
  now: () => number;
  settings: { current: MediaSettings };
}): MediaApi {
  const { store, origin, now, settings } = deps;
  const tokens = new Map<string, { file: MediaFile; expiresAt: number }>();
  const mirrorPath = ({ key, name }: MediaFile) => `${key}/${encodeURIComponent(name ?? 'file')}`;

  const bytesOf = (file: MediaFile | null | undefined): Answer => {
    if (!file || file.readyAt > now()) return kapsoError(404, 'Media not found');
    return {
      status: 200,
      body: store.bytes(file),
      headers: { 'Content-Type': file.mimeType, 'Content-Length': String(file.size) },
    };
  };

  return {
    async upload(request) {
      const fields = new Map<string, string>();
      let head: PartHead | null = null;
      const incoming = await store.begin();
      try {
        await readMultipart(request.message, part => {
          if (part.name !== 'file') {
            fields.set(part.name, '');
            return bytes => void fields.set(part.name, added(fields.get(part.name) ?? '', bytes));
          }
          head = part;
          return bytes => incoming.write(bytes);
        });
      } catch (error) {
        await incoming.drop();
        throw error;
      }
      return keepUpload({ fields, head, incoming });
    },

    info(id) {
      const file = store.find(id);
      if (file === null) return unknownObject(id);
      if (file.readyAt > now()) return kapsoError(404, 'Media not found');
      const token = randomBytes(24).toString('base64url');
      const expiresAt = now() + settings.current.downloadLifetime;
      tokens.set(token, { file, expiresAt });
      return {
        status: 200,
        body: {
          messaging_product: 'whatsapp',
          url: `${origin()}${paths.meta}?mid=${file.id}&ext=${Math.floor(now() / 1000) + 300}`,
          download_url: `${origin()}${paths.download}?token=${token}`,
          download_url_expires_at: new Date(expiresAt).toISOString(),
          mime_type: file.mimeType,
          sha256: file.sha256,
          file_size: String(file.size),
          id,
        },
      };
    },

    download({ path, query }) {
      if (path.startsWith(paths.meta)) return { status: 401, body: 'Unauthorized' };
      if (path === paths.download) {
        const granted = tokens.get(query.get('token') ?? '');
        return bytesOf(granted && granted.expiresAt > now() ? granted.file : null);
      }
      const start = path.startsWith(paths.mirror) ? paths.mirror : paths.storage;
      const file = store.byKey(path.slice(start.length).split('/')[0] ?? '');
      if (!file || start === paths.storage || !settings.current.mirrorRedirects) return bytesOf(file);
      return { status: 302, body: '', headers: { Location: `${origin()}${paths.storage}${mirrorPath(file)}` } };
    },

    mirrorUrl: file => `${origin()}${paths.mirror}${mirrorPath(file)}`,
  };
}

function added(value: string, bytes: Buffer): string {
  if (value.length + bytes.length > 4096) throw new BadRequest('a field of the form is too long');
  return value + bytes.toString('utf8');
}

/** Checks an upload as Meta does: by the content type of the file's part, not by the field `type`. */
async function keepUpload(form: {
  fields: ReadonlyMap<string, string>;
  head: PartHead | null;
  incoming: Incoming;
}): Promise<Answer> {
  const { fields, head, incoming } = form;
  const refuse = async (answer: Answer) => {
    await incoming.drop();
    return answer;
  };
  if (fields.get('messaging_product') !== 'whatsapp') {
    return refuse(graphError(100, 'Invalid parameter', "Param messaging_product must be 'whatsapp'."));
  }
  if (head === null) return refuse(graphError(100, 'Invalid parameter', 'The parameter file is required.'));
  const mimeType = head.contentType ?? 'application/octet-stream';
  const bare = (mimeType.split(';')[0] ?? '').trim().toLowerCase();
  if (!uploadTypes.includes(bare)) {
    const types = `${uploadTypes.join(', ')}. Received file of type '${bare}'.`;
    return refuse(graphError(100, `Param file must be a file with one of the following types: ${types}`));
  }
  const [, limit = 0] = limits.find(([start]) => bare.startsWith(start)) ?? [];
  if (incoming.size === 0 || incoming.size > limit) {
    const details = `File size of ${incoming.size} bytes is not from 1 to ${limit} bytes, as ${bare} must be.`;
    return refuse(graphError(131053, 'Media upload error', details));
  }
  const { id } = await incoming.keep({ mimeType, name: head.filename, origin: 'upload' });
  return { status: 200, body: { id } };
}
