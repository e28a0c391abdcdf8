/** What a file is, by its content. */
export interface FileType {
  /** Without parameters, e.g. `audio/ogg`. */
  mimeType: string;
  /** The usual ending of a name, without a dot. */
  extension: string;
  /** `image` is a picture of pixels. `text` is one in UTF-8. `document` has pages or cells. */
  family: 'image' | 'video' | 'audio' | 'document' | 'text' | 'other';
  /** How sound or pictures are coded, in lower case, where the beginning says so: `opus`, `vorbis`, `aac`, `vp8`. */
  codec?: string;
  /** Channels of sound, where the beginning says so. */
  channels?: number;
  /** An image that moves. */
  animated?: true;
}
