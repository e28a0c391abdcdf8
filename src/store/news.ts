/**
 * What a process tells the others that share the store. It may be lost, and it may be told without need: whoever hears it
 * looks earlier than it would have.
 */
export type News =
  /** It has given back a lane or a role that somebody else may want, or has left work to others. */
  | 'free'
  /** An operator has changed something: what waits, or who may write. */
  | 'operated';

export function isNews(text: string): text is News {
  return text === 'free' || text === 'operated';
}
