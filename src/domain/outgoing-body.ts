/**
 * The form in which an outgoing message is stored. It has a version, because programs of several versions read it.
 * Version 1 is `{v: 1, …}` with the fields of `Content`. A kind that an older program does not know is damaged for it, so
 * it never sends half of it.
 */
import { asList, asNumber, asRecord, type WireObject } from '../narrow.ts';
import type { Content, MediaSource } from './content.ts';
import { type MediaKind, mediaKinds } from './message.ts';
import { parameterText } from './template-text.ts';

const version = 1;

export function writeContent(content: Content): string {
  return JSON.stringify({ v: version, ...content });
}

/** Reads a stored content; null when it is damaged or of a newer version. Never throws. */
export function readContent(body: string): Content | null {
  let fields: WireObject | null;
  try {
    fields = asRecord(JSON.parse(body));
  } catch {
    return null;
  }
  if (fields === null || fields.v !== version) return null;
  const quote = typeof fields.quote === 'string' ? { quote: fields.quote } : {};
  const { text, name, language } = fields;
  switch (fields.kind) {
    case 'text':
      if (typeof text !== 'string') return null;
      return { kind: 'text', text, ...quote, ...(typeof fields.preview === 'boolean' && { preview: fields.preview }) };
    case 'template':
      if (typeof text !== 'string' || typeof name !== 'string' || typeof language !== 'string') return null;
      return { kind: 'template', name, language, text };
    case 'filled-template':
      if (typeof name !== 'string' || typeof language !== 'string') return null;
      return { kind: 'filled-template', name, language, components: objects(fields.components), ...quote };
    case 'media':
      return readMedia(fields, quote);
    case 'location': {
      const latitude = asNumber(fields.latitude);
      const longitude = asNumber(fields.longitude);
      if (latitude === null || longitude === null) return null;
      return { kind: 'location', latitude, longitude, ...strings(fields, ['name', 'address']), ...quote };
    }
    case 'contacts':
      return { kind: 'contacts', contacts: objects(fields.contacts), ...quote };
    case 'reaction':
      if (typeof fields.messageId !== 'string' || typeof fields.emoji !== 'string') return null;
      return { kind: 'reaction', messageId: fields.messageId, emoji: fields.emoji };
    case 'interactive': {
      const interactive = typed(fields.interactive);
      return interactive && { kind: 'interactive', interactive, ...quote };
    }
    case 'raw': {
      const raw = typed(fields.fields);
      return raw && { kind: 'raw', fields: raw };
    }
    default:
      return null;
  }
}

function readMedia(fields: WireObject, quote: { quote?: string }): Content | null {
  const source = readSource(asRecord(fields.source));
  if (source === null || !isMediaKind(fields.media)) return null;
  return {
    kind: 'media',
    media: fields.media,
    source,
    ...strings(fields, ['caption', 'filename']),
    ...(fields.voice === true && { voice: true as const }),
    ...quote,
  };
}

function readSource(source: WireObject | null): MediaSource | null {
  if (source === null) return null;
  if (typeof source.id === 'string') return { id: source.id };
  if (typeof source.link === 'string') return { link: source.link };
  if (typeof source.named === 'string') {
    return { named: source.named, ...(source.voice === true && { voice: true as const }) };
  }
  const file = asRecord(source.file) ?? {};
  const { path, mimeType, name, size } = file;
  if (typeof path !== 'string' || typeof mimeType !== 'string' || typeof name !== 'string') return null;
  if (typeof size !== 'number') return null;
  return { file: { path, mimeType, name, size, ...strings(file, ['machine']) }, ...strings(source, ['uploaded']) };
}

function isMediaKind(value: unknown): value is MediaKind {
  return mediaKinds.some(kind => kind === value);
}

function strings<K extends string>(fields: WireObject, names: readonly K[]): { [name in K]?: string } {
  const found: { [name in K]?: string } = {};
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'string') found[name] = value;
  }
  return found;
}

function objects(value: unknown): object[] {
  return asList(value).flatMap<object>(one => asRecord(one) ?? []);
}

function typed(value: unknown): ({ type: string } & WireObject) | null {
  const record = asRecord(value);
  return record !== null && typeof record.type === 'string' ? { ...record, type: record.type } : null;
}

/** A parameter of a template takes no more characters. */
const longestParameter = 1024;

/** Returns a text as a template. A parameter has one line, and no long runs of spaces (Meta, "Message templates"). */
export function asTemplate(given: string, template: { name: string; language: string }): Content {
  const line = parameterText(given);
  const text = line.length <= longestParameter ? line : `${line.slice(0, longestParameter - 1)}…`.toWellFormed();
  return { kind: 'template', ...template, text };
}
