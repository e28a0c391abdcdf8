import type { Clock } from '../clock.ts';
import type { InboundMessage } from '../domain/message.ts';
import { KapsoWhatsappError } from '../errors.ts';
import type { Hold } from '../instances/hold.ts';
import type { Log } from '../observe/log.ts';
import { waits } from '../waits.ts';
import type { Reactions } from './reactions.ts';

export interface ReceiptOptions {
  /** `guard` is called right before the request leaves; when it throws, nothing leaves. */
  markRead: (
    messageId: string,
    options: { typing: boolean; signal: AbortSignal; guard: (() => void) | undefined },
  ) => Promise<void>;
  /** Whether Kapso's limit of requests is near. The function is called each time. */
  limitNear: () => boolean;
  /** The function is called each time. */
  settings: () => { readonly read: boolean; readonly typing: boolean };
  reactions: Reactions;
  /** Milliseconds after which a run is given up. */
  runTimeout: number;
  clock: Clock;
  log: Log;
}

/** What the sender sees while the agent works on a message. Only `stop` is waited for, and nothing throws. */
export interface Receipts {
  /**
   * The agent works on the message: the gateway has taken its run, or says that it is under way. `hold`: the right to its
   * lane; when that is lost, whoever has it shows what is to be seen.
   */
  begun(message: InboundMessage, hold?: Hold): void;
  /**
   * A turn of the message has ended. Unless it is `over`, its run may go on, and the next turn looks for it. `sent`: it
   * had been sent to the gateway before this turn, maybe by an earlier process.
   */
  ended(message: InboundMessage, how: { over: boolean; sent: boolean }): void;
  /** Removing what is no longer to be seen has `grace` milliseconds to end. */
  stop(grace: number): Promise<void>;
}

interface Sign {
  message: InboundMessage;
  hold: Hold | undefined;
  /** When nothing more is shown, by the monotonic clock. */
  until: number;
  /** Whether a turn of the message is under way that knows of its run. If not, when the last one ended. */
  lastTurn: 'now' | { endedAt: number };
  /** Whether the read mark has been set. */
  read: boolean;
  /** Kapso will not take the mark of this message. */
  refused: boolean;
  underWay: AbortController | null;
  cancel: () => void;
}

/** Marks that may be under way at a time. More would only wait for Kapso and take memory. */
const most = 16;

/** The codes of refusals that a repetition does not change. */
const lasting: ReadonlySet<string> = new Set(['KAPSO_UNAUTHORIZED', 'KAPSO_REFUSED']);

/**
 * Shows the sender that the agent works: the read mark at once, the typing sign and a reaction until the run has ended. It is a
 * courtesy: it never holds up or fails a message. It is left out while too many marks are under way (a later mark shows
 * the earlier messages as read too), and while Kapso's limit is near, which messages need more.
 */
export function createReceipts(options: ReceiptOptions): Receipts {
  const { clock, reactions } = options;
  const every = waits.typing.refreshed;
  const signs = new Map<string, Sign>();
  const show = createMarks(options);

  function refreshLater(sign: Sign): void {
    sign.cancel = clock.after(every, () => {
      if (sign.hold?.signal.aborted) return forget(sign);
      const now = clock.monotonic();
      // A run that goes on is looked for more often than this. Where nobody looks any more, nothing is known of it.
      const lost = sign.lastTurn !== 'now' && now - sign.lastTurn.endedAt >= every;
      if (lost || now >= sign.until) {
        forget(sign);
        return reactions.takeOff(sign.message, false);
      }
      show(sign);
      refreshLater(sign);
    });
  }

  function forget(sign: Sign): void {
    sign.cancel();
    signs.delete(sign.message.id);
    // A typing sign that came after the answer would stay. The read mark itself is still wanted.
    if (sign.read) sign.underWay?.abort(new Error('the run has ended'));
  }

  return {
    begun(message, hold) {
      // Groups take neither (WhatsApp Cloud API, "Groups API", limits).
      if (message.groupId !== undefined) return;
      const known = signs.get(message.id);
      if (known) {
        known.lastTurn = 'now';
        known.hold = hold;
        return;
      }
      const sign = newSign(message, hold, clock.monotonic() + options.runTimeout);
      signs.set(message.id, sign);
      reactions.set(message, hold?.assertHeld);
      show(sign);
      refreshLater(sign);
    },

    ended(message, { over, sent }) {
      const sign = signs.get(message.id);
      if (sign && !over) sign.lastTurn = { endedAt: clock.monotonic() };
      if (!over) return;
      if (sign) forget(sign);
      reactions.takeOff(message, sent);
    },

    stop(grace) {
      for (const sign of [...signs.values()]) forget(sign);
      return reactions.stop(grace);
    },
  };
}

/** Returns a function that sets the read mark, and with it the typing sign, unless something speaks against it. */
function createMarks(options: ReceiptOptions): (sign: Sign) => void {
  let underWay = 0;
  return sign => {
    const { read, typing } = options.settings();
    if (!read || (sign.read && !typing)) return;
    if (sign.refused || sign.underWay !== null || underWay >= most || options.limitNear()) return;
    const stop = new AbortController();
    sign.underWay = stop;
    underWay += 1;
    options
      .markRead(sign.message.id, { typing, signal: stop.signal, guard: sign.hold?.assertHeld })
      .then(
        () => {
          sign.read = true;
        },
        error => {
          if (stop.signal.aborted) return;
          sign.refused = error instanceof KapsoWhatsappError && lasting.has(error.code);
          options.log.debug({ message: sign.message.id, error }, 'The read mark could not be set');
        },
      )
      .finally(() => {
        underWay -= 1;
        sign.underWay = null;
      });
  };
}

function newSign(message: InboundMessage, hold: Hold | undefined, until: number): Sign {
  return {
    message,
    hold,
    until,
    lastTurn: 'now',
    read: false,
    refused: false,
    underWay: null,
    cancel: () => undefined,
  };
}
