import { type Clock, systemClock } from '../clock.ts';
import { isOurs } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import type { ShownMessage } from '../live/sources.ts';
import { numbersOf } from '../observe/account-status.ts';
import type { Report } from '../views/report.ts';
import { iso } from '../views/times.ts';
import { storePlaceFor } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { toJson } from './format.ts';
import { type LiveView, watch } from './live-view.ts';
import { messageLine } from './message-line.ts';
import { readReport } from './poller-files.ts';
import { createScreenOutput } from './screen.ts';
import { statusText } from './status-view.ts';
import type { Terminal } from './terminal.ts';

/** What there is to show. */
interface Seen {
  report: Report;
  messages: readonly ShownMessage[];
  from: LiveView['from'];
}

/** Milliseconds between two drawings, so that the times that are said go on. */
const beat = 1000;
/** Messages that are asked for: no terminal shows more. */
const mostMessages = 50;

/** `status --watch`: shows the status and the newest messages until the user ends it. */
export async function watchStatus(
  args: CommandArguments,
  terminal: Terminal,
  context: CliContext,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  const place = await storePlaceFor(args, context);
  const full = args.full === true;
  const ended = new AbortController();
  const end = () => ended.abort();
  const show = args.json ? asJson(terminal, clock, end) : asText(terminal, clock, { full, end });
  const forget = terminal.onInterrupt(end);
  try {
    await watch(
      place,
      {
        opened: () => undefined,
        pause: 500,
        look: async view => {
          const report = await view.report();
          const { messages } = await view.arrivals({ after: null, limit: mostMessages, full });
          show.seen({ report, messages, from: view.from });
        },
        unreadable: async error => {
          // There may be an inbox later.
          if (!isOurs(error) || error.code !== 'STORE_MISSING') throw error;
          show.seen({ report: await readReport(place, clock), messages: [], from: 'files' });
        },
      },
      { clock, signal: ended.signal },
    );
  } finally {
    forget();
    show.over();
  }
  return exitCode.ok;
}

interface Show {
  seen(seen: Seen): void;
  over(): void;
}

/** A line for each change, as an object. */
function asJson(terminal: Terminal, clock: Clock, end: () => void): Show {
  let before = '';
  return {
    seen: ({ report }) => {
      // The times of the last look and of the next poll change all the time.
      const { updatedAt: _, polling: __, accounts: ___, ...poller } = report.poller ?? {};
      const numbers = numbersOf(report.poller ?? {}).map(({ of }) => ({ ...of, polling: null }));
      const now = JSON.stringify({ ...report, poller, numbers });
      if (now === before) return;
      before = now;
      if (!terminal.out(`${toJson({ at: iso(clock.now()), ...report })}\n`)) end();
    },
    over: () => undefined,
  };
}

function asText(terminal: Terminal, clock: Clock, { full, end }: { full: boolean; end: () => void }): Show {
  const screen = terminal.screen();
  return screen === null ? asLines(terminal, clock, end) : onScreen(terminal, clock, { screen, full, end });
}

/** A line for each change, where no person looks. */
function asLines(terminal: Terminal, clock: Clock, end: () => void): Show {
  let before = '';
  return {
    seen: ({ report }) => {
      const now = lineOf(report);
      if (now === before) return;
      before = now;
      if (!terminal.out(`${iso(clock.now())}  ${now}\n`)) end();
    },
    over: () => undefined,
  };
}

function lineOf({ running, problems, poller, queue, outbox }: Report): string {
  const counted = (counts: Record<string, number> | undefined, states: readonly string[], of: string) =>
    counts === undefined ? [] : [`${of} ${states.map(state => `${counts[state] ?? 0} ${state}`).join(', ')}`];
  return [
    running ? (problems[0] ?? `runs, gateway ${poller?.gateway?.phase ?? 'unknown'}`) : 'does not run',
    ...counted(queue?.byState, ['pending', 'sending', 'failed'], 'messages'),
    ...counted(outbox?.byState, ['pending', 'sending', 'failed'], 'answers'),
  ].join('; ');
}

/** The whole terminal, drawn anew with each change, each second, and when its size changes. */
function onScreen(
  terminal: Terminal,
  clock: Clock,
  { screen, full, end }: { screen: NonNullable<ReturnType<Terminal['screen']>>; full: boolean; end: () => void },
): Show {
  const output = createScreenOutput(screen, text => {
    if (!terminal.out(text)) end();
  });
  let seen: Seen | null = null;
  let cancel = () => {};

  function draw(): void {
    cancel();
    if (seen !== null) output.draw(pageOf(seen, clock.now(), full));
    cancel = clock.after(beat, draw);
  }

  const forget = screen.onResize(draw);
  draw();
  return {
    seen: next => {
      seen = next;
      draw();
    },
    over: () => {
      cancel();
      forget();
      output.over();
    },
  };
}

function pageOf({ report, messages, from }: Seen, now: number, full: boolean): { status: string; messages: string } {
  const source = from === 'poller' ? 'told by the poller' : 'by its files: no poller answers';
  const rows = messages
    .toReversed()
    .map(one => messageLine(one, { at: one.message.receivedAt.slice(11, 19), full, withText: full }));
  return {
    status: `${iso(now)}  ${source}; Ctrl-C ends\n\n${statusText(report, now)}`,
    messages: rows.length === 0 ? 'No messages.\n' : rows.join(''),
  };
}
