/** What Meta refuses of a media object (WhatsApp Cloud API, "Media messages"). */
import { asText, type JsonObject } from './json.ts';
import type { MediaType } from './media-kinds.ts';

const captioned: readonly string[] = ['image', 'video', 'document'];
const longestCaption = 1024;

/** Returns what is wrong; null when nothing is. Whether an id is known is another question. */
export function mediaProblem(type: MediaType, media: JsonObject): string | null {
  const { id, link, caption, filename, voice } = media;
  if ((id === undefined) === (link === undefined)) return `Param ${type} must have either id or link.`;
  if (id !== undefined && asText(id) === null) return `Param ${type}['id'] must be a string.`;
  if (link !== undefined && !isWebAddress(link)) return `Param ${type}['link'] is not a valid URI.`;
  const allowed = ['id', 'link', ...(captioned.includes(type) ? ['caption'] : [])];
  if (type === 'document') allowed.push('filename');
  if (type === 'audio') allowed.push('voice');
  const other = Object.keys(media).find(key => !allowed.includes(key));
  if (other !== undefined) return `Unexpected key "${other}" on param "${type}".`;
  if (caption !== undefined && (asText(caption) === null || String(caption).length > longestCaption)) {
    return `Param ${type}['caption'] must be from 1 to ${longestCaption} characters long.`;
  }
  if (filename !== undefined && (asText(filename) === null || String(filename).length > 240)) {
    return "Param document['filename'] must be from 1 to 240 characters long.";
  }
  return voice === undefined || typeof voice === 'boolean' ? null : "Param audio['voice'] must be a boolean.";
}

export function isWebAddress(value: unknown): boolean {
  return typeof value === 'string' && /^https?:$/.test(URL.parse(value)?.protocol ?? '');
}
