/** Which messages of a group are for the agent (`groups.requireMention`). What is not for it is told with the next that is. */
import type { Clock } from '../clock.ts';
import { mentions, type OwnNumber } from '../domain/mention.ts';
import type { InboundMessage } from '../domain/message.ts';
import { isOurs } from '../errors.ts';
import type { Log } from '../observe/log.ts';

export interface AddressedOptions {
  /** The function is called each time. */
  settings: () => { readonly requireMention: boolean; readonly mentions: readonly string[] };
  /** Asks Kapso how the business is called. */
  ownNumber: (signal: AbortSignal) => Promise<OwnNumber>;
  /** Whether a message of this id was sent by this program. */
  isSent: (id: string) => Promise<boolean>;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
}

/**
 * Returns whether a message starts a run: each one outside of groups; in a group the one that mentions the business, by
 * its number, its verified name or a configured name, or quotes what the business has sent. Null while Kapso cannot be
 * asked for the number and the name. Where it refuses to say them, only the configured names count. Rejects with the
 * signal's reason.
 */
export type IsAddressed = (message: InboundMessage) => Promise<boolean | null>;

/** Milliseconds until Kapso is asked again for what it has refused to say. */
const askedAgain = 600_000;
/** The codes of failures that pass. */
const passing: ReadonlySet<string> = new Set([
  ...['KAPSO_UNREACHABLE', 'KAPSO_NO_ANSWER', 'KAPSO_UNAVAILABLE', 'KAPSO_RATE_LIMITED'],
]);

export function createAddressed(options: AddressedOptions): IsAddressed {
  const { settings, isSent, clock, log, signal } = options;
  let known: { own: OwnNumber; until: number } | null = null;

  async function ownNumber(): Promise<OwnNumber | null> {
    if (known !== null && clock.monotonic() < known.until) return known.own;
    try {
      known = { own: await options.ownNumber(signal), until: Number.POSITIVE_INFINITY };
    } catch (error) {
      if (signal.aborted || !isOurs(error)) throw error;
      if (passing.has(error.code)) return null;
      log.warn(
        { error },
        'Kapso does not say how this number is called: in groups only groups.mentions counts for now',
      );
      known = { own: { phone: null, name: null }, until: clock.monotonic() + askedAgain };
    }
    return known.own;
  }

  return async message => {
    const { requireMention, mentions: names } = settings();
    if (message.groupId === undefined || !requireMention) return true;
    if (message.replyTo !== undefined && (await isSent(message.replyTo))) return true;
    if (mentions(message, { names, phone: null })) return true;
    const own = await ownNumber();
    return own && mentions(message, { names: own.name === null ? [] : [own.name], phone: own.phone });
  };
}
