import type { OutgoingFile } from '../domain/content.ts';
import { asInteger, asRecord, asString, asUrl } from '../narrow.ts';
import { type Api, undocumented } from './http/api.ts';
import type { UploadOptions } from './outbound/upload.ts';

/** What Kapso says of a media file. Null where it does not say. */
export interface MediaInfo {
  /** As the sender's phone declared it: only a hint. */
  mimeType: string | null;
  /** Bytes. */
  size: number | null;
  /** In hex or base64, as given. */
  sha256: string | null;
  /** Kapso's address of the bytes. It has its authorisation in itself, and ends after 4 minutes. */
  downloadUrl: string | null;
  /** Meta's address. It ends after 5 minutes, and may want Meta's own token. */
  url: string | null;
}

export interface Media {
  /**
   * Uploads a file with one request, and returns Kapso's id of it, which lives for 30 days (Kapso API, "Upload media").
   * The file is read while it is sent. An upload that failed sent nothing to anybody, so it can be repeated.
   *
   * Throws `KapsoApiError`, `KapsoNetworkError` or `KapsoResponseError`, and `KapsoWhatsappError` with code
   * `SEND_FILE_UNREADABLE`.
   */
  uploadMedia(file: OutgoingFile, options: UploadOptions): Promise<string>;
  /** Asks for a file's type, size and addresses (Kapso API, "Get media URL"). Throws what `listMessages` throws. */
  mediaInfo(id: string, signal: AbortSignal): Promise<MediaInfo>;
}

/**
 * @param deps.path the version's path: `/meta/whatsapp/v24.0`
 * @param deps.timeout milliseconds that Kapso may be silent
 */
export function createMedia(deps: { api: Api; path: string; phoneNumberId: string; timeout: number }): Media {
  const { api, path, phoneNumberId, timeout } = deps;
  return {
    async uploadMedia(file, options) {
      // It loads node:crypto and node:fs/promises, which a plain text does without.
      const { uploadFile } = await import('./outbound/upload.ts');
      return uploadFile(file, options, { api, timeout, path: `${path}/${encodeURIComponent(phoneNumberId)}/media` });
    },

    async mediaInfo(id, signal) {
      const action = `asking for the media ${id}`;
      const { json, status } = await api({
        method: 'GET',
        path: `${path}/${encodeURIComponent(id)}`,
        // Kapso finds the account by the number.
        query: { phone_number_id: phoneNumberId },
        action,
        ifUnknown:
          'WhatsApp keeps a received file for 7 days and an uploaded one for 30: this one is gone, or never was.',
        signal,
      });
      const info = asRecord(json);
      if (info === null) throw undocumented(action, status, 'not with an object');
      return {
        mimeType: asString(info.mime_type),
        size: asInteger(info.file_size),
        sha256: asString(info.sha256),
        downloadUrl: asUrl(info.download_url),
        url: asUrl(info.url),
      };
    },
  };
}
