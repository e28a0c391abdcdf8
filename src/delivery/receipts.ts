import type { Clock } from '../clock.ts';
import type { InboundMessage } from '../domain/message.ts';
import { KapsoWhatsappError } from '../errors.ts';
import type { Log } from '../observe/log.ts';
import { waits } from '../waits.ts';

export interface ReceiptOptions {
  markRead: (messageId: string, options: { typing: boolean; signal: AbortSignal }) => Promise<void>;
  /** Whether Kapso's limit of requests is near. The function is called each time. */
  limitNear: () => boolean;
  /** The function is called each time. */
  settings: () => { readonly read: boolean; readonly typing: boolean };
  /** Milliseconds after which a run is given up. */
  runTimeout: number;
  clock: Clock;
  log: Log;
}

/** What the sender sees while the agent works on a message. Nothing here is waited for, or throws. */
export interface Receipts {
  /** The agent works on the message: the gateway has taken its run, or says that it is under way. */
  begun(message: InboundMessage): void;
  /** A turn of the message has ended. Unless it is `over`, its run may go on, and the next turn looks for it. */
  ended(message: InboundMessage, over: boolean): void;
  stop(): void;
}

interface Sign {
  id: string;
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
 * Shows the sender that the agent works: the read mark at once, and the typing sign until the run has ended. It is a
 * courtesy: it never holds up or fails a message. It is left out while too many marks are under way (a later mark shows
 * the earlier messages as read too), and while Kapso's limit is near, which messages need more.
 */
export function createReceipts(options: ReceiptOptions): Receipts {
  const { clock, log } = options;
  const every = waits.typing.refreshed;
  const signs = new Map<string, Sign>();
  let underWay = 0;

  function show(sign: Sign): void {
    const { read, typing } = options.settings();
    if (!read || (sign.read && !typing)) return;
    if (sign.refused || sign.underWay !== null || underWay >= most || options.limitNear()) return;
    const stop = new AbortController();
    sign.underWay = stop;
    underWay += 1;
    options
      .markRead(sign.id, { typing, signal: stop.signal })
      .then(
        () => {
          sign.read = true;
        },
        error => {
          if (stop.signal.aborted) return;
          sign.refused = error instanceof KapsoWhatsappError && lasting.has(error.code);
          log.debug({ message: sign.id, error }, 'The read mark could not be set');
        },
      )
      .finally(() => {
        underWay -= 1;
        sign.underWay = null;
      });
  }

  function refreshLater(sign: Sign): void {
    sign.cancel = clock.after(every, () => {
      const now = clock.monotonic();
      // A run that goes on is looked for more often than this. Where nobody looks any more, nothing is known of it.
      const lost = sign.lastTurn !== 'now' && now - sign.lastTurn.endedAt >= every;
      if (lost || sign.refused || now >= sign.until) return forget(sign);
      show(sign);
      refreshLater(sign);
    });
  }

  function forget(sign: Sign): void {
    sign.cancel();
    signs.delete(sign.id);
    // A typing sign that came after the answer would stay. The read mark itself is still wanted.
    if (sign.read) sign.underWay?.abort(new Error('the run has ended'));
  }

  return {
    begun({ id }) {
      const known = signs.get(id);
      if (known) {
        known.lastTurn = 'now';
        return;
      }
      const sign: Sign = {
        ...{ id, until: clock.monotonic() + options.runTimeout, lastTurn: 'now' },
        ...{ read: false, refused: false, underWay: null, cancel: () => undefined },
      };
      signs.set(id, sign);
      show(sign);
      refreshLater(sign);
    },

    ended({ id }, over) {
      const sign = signs.get(id);
      if (!sign) return;
      if (over) forget(sign);
      else sign.lastTurn = { endedAt: clock.monotonic() };
    },

    stop() {
      for (const sign of [...signs.values()]) forget(sign);
    },
  };
}
