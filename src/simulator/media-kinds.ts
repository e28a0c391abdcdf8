const mediaTypes = ['image', 'video', 'audio', 'document', 'sticker'] as const;
export type MediaType = (typeof mediaTypes)[number];

/** Whether messages of the type carry a file. */
export function isMediaType(type: string): type is MediaType {
  return mediaTypes.some(name => name === type);
}
