/** What Meta refuses of a message before it takes it, by type (WhatsApp Cloud API, "Messages"; error 100). */
import type { Answer } from './http.ts';
import { interactiveProblem } from './interactive-checks.ts';
import { asObject, asText, isObject, type JsonObject } from './json.ts';
import { graphError } from './kapso-errors.ts';
import type { MediaFile } from './kapso-media-store.ts';
import { mediaProblem } from './media-checks.ts';
import { isMediaType, type MediaType } from './media-kinds.ts';

export interface Checked {
  type: string;
  /** Meta's object of the type. */
  object: unknown;
  /** Kapso's rendering of it. */
  content: string;
  /** The uploaded file of a media message. */
  file: MediaFile | null;
}

const types = 'AUDIO, CONTACTS, DOCUMENT, IMAGE, INTERACTIVE, LOCATION, REACTION, STICKER, TEMPLATE, TEXT, VIDEO';

export const invalid = (details: string) => graphError(100, 'Invalid parameter', details);

/** Checks a message of any type but a template and a reaction. `find` returns an uploaded file. */
export function checkMessage(body: JsonObject, find: (id: string) => MediaFile | null): Checked | { refusal: Answer } {
  const type = asText(body.type) ?? 'text';
  const object = body[type];
  const as = (content: string, file: MediaFile | null = null) => ({ type, object, content, file });
  if (isMediaType(type)) return checkMedia(type, asObject(object), find);
  let problem: string | null;
  let content = '';
  switch (type) {
    case 'text':
      problem = textProblem(asObject(object));
      content = String(asObject(object).body);
      break;
    case 'location':
      problem = locationProblem(asObject(object));
      content = locationText(asObject(object));
      break;
    case 'contacts':
      problem = contactsProblem(object);
      content = 'Contacts';
      break;
    case 'interactive':
      problem = interactiveProblem(asObject(object));
      content = String(asObject(asObject(object).body).text ?? '');
      break;
    default:
      problem = `Param type must be one of {${types}} - got "${type}".`;
  }
  return problem === null ? as(content) : { refusal: invalid(problem) };
}

function textProblem(text: JsonObject): string | null {
  const body = asText(text.body);
  if (body === null) return "Param text['body'] is required.";
  // The documentation does not say whether Meta counts characters or UTF-16 units. This is the stricter reading.
  if (body.length > 4096) return "Param text['body'] must be at most 4096 characters long.";
  const { preview_url: preview } = text;
  return preview === undefined || typeof preview === 'boolean' ? null : "Param text['preview_url'] must be a boolean.";
}

/** Checks a media object, of a message or of a template's header. */
export function checkMedia(
  type: MediaType,
  media: JsonObject,
  find: (id: string) => MediaFile | null,
): Checked | { refusal: Answer } {
  const problem = mediaProblem(type, media);
  if (problem !== null) return { refusal: invalid(problem) };
  const id = asText(media.id);
  const file = id === null ? null : find(id);
  if (id !== null && file === null) return { refusal: unknownMedia(type) };
  const { caption, filename } = media;
  const label = `${type[0]?.toUpperCase()}${type.slice(1)} attached`;
  const content = [caption, filename === undefined ? label : `${label} (${filename})`].filter(Boolean).join(' ');
  return { type, object: media, content, file };
}

/** Meta's refusal of an id that is unknown, or was forgotten (as it was observed: without details). */
function unknownMedia(type: string): Answer {
  const message = `Param ${type}.id is not a valid whatsapp business account media attachment ID`;
  return { status: 400, body: { error: { message, type: 'OAuthException', code: 100, fbtrace_id: 'SIMULATOR' } } };
}

/**
 * What is wrong with an uploaded file for this message, which Meta finds only after it has taken the message (131053); null
 * when nothing is.
 */
export function fileProblem({ type, object, file }: Checked): string | null {
  if (file === null) return null;
  const wanted: Readonly<Record<string, RegExp>> = {
    image: /^image\/(jpeg|png)$/,
    sticker: /^image\/webp$/,
    audio: asObject(object).voice === true ? /^audio\/ogg(; ?codecs=opus)?$/ : /^audio\//,
    video: /^video\//,
  };
  if (wanted[type]?.test(file.mimeType) ?? true) return null;
  return `Unsupported ${type} mime type ${file.mimeType}.`;
}

function locationProblem(location: JsonObject): string | null {
  for (const [name, limit] of [
    ['latitude', 90],
    ['longitude', 180],
  ] as const) {
    const degrees = typeof location[name] === 'string' ? Number(location[name]) : location[name];
    if (typeof degrees !== 'number' || !(Math.abs(degrees) <= limit)) {
      return `Param location['${name}'] must be from -${limit} to ${limit}.`;
    }
  }
  const named = ['name', 'address'].find(key => location[key] !== undefined && asText(location[key]) === null);
  return named === undefined ? null : `Param location['${named}'] must be a string.`;
}

function locationText({ latitude, longitude, name, address }: JsonObject): string {
  return ['Location shared', name, address, `(${latitude}, ${longitude})`].filter(Boolean).join(' ');
}

function contactsProblem(value: unknown): string | null {
  if (!Array.isArray(value) || value.length === 0) return 'Param contacts must be a non-empty array.';
  if (value.length > 257) return 'Param contacts must have at most 257 elements.';
  for (const [index, contact] of value.entries()) {
    const at = `contacts[${index}]`;
    if (!isObject(contact)) return `Param ${at} must be an object.`;
    const { formatted_name: whole, ...parts } = asObject(contact.name);
    if (asText(whole) === null) return `Param ${at}['name']['formatted_name'] is required.`;
    if (!Object.values(parts).some(part => asText(part) !== null)) {
      return `Param ${at}['name'] needs at least one of first_name, last_name, middle_name, suffix, prefix.`;
    }
    for (const list of ['phones', 'emails', 'urls', 'addresses']) {
      if (contact[list] !== undefined && !Array.isArray(contact[list]))
        return `Param ${at}['${list}'] must be an array.`;
    }
  }
  return null;
}
