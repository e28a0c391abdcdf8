import type { MediaView } from '../page/shape.ts';

/** A message that the customer has written in the demo. */
export interface Letter {
  /** Its name in the page. */
  id: string;
  /** WhatsApp's id; null while it waits on the phone. */
  wamid: string | null;
  text: string;
  media: MediaView | null;
  /** What is sent to the simulator's control interface. */
  body: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch. */
  writtenAt: number;
  /** When Kapso took it. */
  takenAt: number | null;
  /** How often Kapso brought it again, because somebody asked for that. */
  repeats: number;
}

/** What a letter is called in a sentence. */
export function nameOf({ text, media }: Pick<Letter, 'text' | 'media'>): string {
  if (media !== null) return { image: 'the picture', audio: 'the voice message', file: 'the file' }[media.kind];
  const line = text.replace(/\s+/g, ' ').trim();
  return `“${line.length > 40 ? `${line.slice(0, 39)}…` : line}”`;
}
