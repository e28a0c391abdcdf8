import type { Sighting } from '../../domain/contact.ts';

/** A message, as far as it shows who wrote it. */
export interface Witness {
  account: string;
  from: Sighting;
  /** The message's id. */
  message: string;
  /** When it happened, and the date of this change. */
  occurredAt: number;
  at: number;
}
