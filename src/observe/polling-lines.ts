import type { AppEvent, PositionEvent } from './events.ts';
import type { LogLine as Line } from './log.ts';

type Of<Type extends AppEvent['type']> = Extract<AppEvent, { type: Type }>;

export const iso = (ms: number) => new Date(ms).toISOString();
export const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;

/** What the log says of the clocks that polling goes by. */
export function clockLine(event: Of<'own clock wrong' | 'own clock right' | 'clocks differ' | 'clocks agree'>): Line {
  switch (event.type) {
    case 'own clock wrong':
      return [
        'error',
        { own: iso(event.own), kapso: iso(event.own - event.ahead) },
        "This machine's clock differs from Kapso's by more than a day: set it (timedatectl set-ntp true); " +
          "until then Kapso's times are kept to",
      ];
    case 'own clock right':
      return ['info', { own: iso(event.own) }, "This machine's clock agrees with Kapso's again"];
    case 'clocks differ':
      return [
        'warn',
        { kapso: `${seconds(Math.abs(event.ahead))} ${event.ahead > 0 ? 'ahead' : 'behind'}` },
        "Kapso's clock and this machine's differ: until they agree, polling's position only follows the messages",
      ];
    case 'clocks agree':
      return ['info', {}, "Kapso's clock and this machine's agree again"];
  }
}

/** What the log says of the passes over the list. */
export function pollingLine(
  event: Of<
    | 'poll failed'
    | 'poll works again'
    | 'pass ended'
    | 'list without end'
    | 'pass given up'
    | 'pass not released'
    | 'pass not stored'
  >,
): Line | null {
  switch (event.type) {
    case 'poll failed': {
      if (event.repeated) return null;
      const { error, asked, pause, needsOperator } = event;
      const fields = { error, ...(asked !== null && { asked }), again: seconds(pause) };
      if (needsOperator) return ['error', fields, 'Polling Kapso failed, and will until somebody puts it right'];
      return ['warn', fields, 'Polling Kapso failed'];
    }
    case 'poll works again':
      return ['info', {}, 'Polling Kapso works again'];
    case 'pass ended':
      return event.found === 0
        ? null
        : ['info', { new: event.found, seen: event.seen }, 'Messages received by polling'];
    case 'list without end':
      return ['error', { seen: event.seen }, `${event.reason}. If it goes on, tell Kapso's support`];
    case 'pass given up':
      return [
        'error',
        { error: event.error },
        'A polling pass was given up; what it had read is delivered, and the pass is repeated',
      ];
    case 'pass not released':
      return ['error', { error: event.error }, 'What the pass had read waits for the next one to be complete'];
    case 'pass not stored':
      return ['error', { error: event.error }, 'What was polled cannot be kept; the pass is repeated'];
  }
}

/** What the log says of where polling goes on. */
export function positionLine(event: PositionEvent): Line {
  switch (event.type) {
    case 'position taken over': {
      const text = `Polling goes on where the earlier program's ${event.file} file left off`;
      return ['info', { from: iso(event.from) }, text];
    }
    case 'first start':
      return ['info', { from: iso(event.from) }, 'First start: messages from now on are received, none from the past'];
    case 'position corrected':
      return [
        'warn',
        { from: iso(event.from), to: iso(event.to) },
        "Polling's position did not fit Kapso's clock; it goes on from the last one that could be trusted. " +
          "If this machine's clock is wrong, set it (timedatectl set-ntp true)",
      ];
    case 'list repeats':
      return ['warn', { pages: event.pages }, "Kapso's message list repeats its pages; the pass ends here"];
  }
}
