import { systemClock } from '../clock.ts';
import { UsageError } from '../errors.ts';
import { exitCode } from '../exit-codes.ts';
import type { ShownMessage } from '../live/sources.ts';
import type { MessageView } from '../views/message-view.ts';
import { iso } from '../views/times.ts';
import { storePlaceFor, textOption } from './arguments.ts';
import type { CommandArguments } from './command.ts';
import { toJson } from './format.ts';
import { type LiveView, openView, watch } from './live-view.ts';
import { messageLine, stateOf } from './message-line.ts';
import type { StoredCommand } from './stored.ts';
import type { Terminal } from './terminal.ts';

/** Messages that one question brings. */
const page = 50;
/** Messages whose further way is shown: the newest ones. */
const mostFollowed = 20_000;
/** Of them, those that are looked at when it is not known what has changed: the newest, and the oldest that wait. */
const looked = { newest: 500, waiting: 2000 };

/** `inbox tail`: shows the newest messages, and with `--follow` what comes and what becomes of it, a line each time. */
export const tail: StoredCommand = async (args, terminal, context) => {
  const place = await storePlaceFor(args, context);
  const lines = createLines(args, terminal);
  if (!args.follow) {
    const view = await openView(place, systemClock);
    if (view.from === 'files') lines.note('files');
    await lines.first(view).finally(view.close);
    return exitCode.ok;
  }
  const ended = new AbortController();
  const forget = terminal.onInterrupt(() => ended.abort());
  lines.onUnread(() => ended.abort());
  await watch(
    place,
    {
      opened: ({ from }) => lines.note(from),
      look: lines.look,
      pause: 100,
      unreadable: error => {
        throw error;
      },
    },
    { clock: systemClock, signal: ended.signal },
  ).finally(forget);
  return exitCode.ok;
};

/** @throws UsageError */
function countOption(args: CommandArguments): number {
  const text = textOption(args, 'lines') ?? '10';
  if (!/^\d{1,3}$/.test(text) || Number(text) > 200) throw new UsageError(`-n takes a number up to 200, not "${text}"`);
  return Number(text);
}

/** The lines of messages: each is printed when it is new, and again when what there is to say of it has changed. */
function createLines(args: CommandArguments, terminal: Terminal) {
  const full = args.full === true;
  const count = countOption(args);
  /** What was last said of each message, by its id: the ones that came last at the end. */
  const said = new Map<string, string>();
  /** Those of them of which more is to come. */
  const waiting = new Set<string>();
  let cursor: number | null = null;
  let onUnread = () => {};

  function print(text: string): void {
    if (!terminal.out(text)) onUnread();
  }

  /** `at`: when it came, or when this was noticed. */
  function show({ id, message }: ShownMessage, at: string): void {
    const state = stateOf(message);
    const before = said.get(id);
    if (before === state) return;
    said.set(id, state);
    if (isWaiting(message)) waiting.add(id);
    else waiting.delete(id);
    for (const old of said.keys()) {
      if (said.size <= mostFollowed) break;
      said.delete(old);
      waiting.delete(old);
    }
    const withText = full && before === undefined;
    print(args.json ? `${toJson({ at, ...message })}\n` : messageLine({ id, message }, { at, full, withText }));
  }

  async function arrived(view: LiveView): Promise<void> {
    for (;;) {
      const { messages, last } = await view.arrivals({ after: cursor, limit: page, full });
      cursor = last;
      for (const one of messages) show(one, one.message.receivedAt);
      if (messages.length < page) return;
    }
  }

  /** Those of which something may have become that nobody has told. */
  function likely(): string[] {
    const newest = [...said.keys()].slice(-looked.newest);
    return [...new Set([...newest, ...[...waiting].slice(0, looked.waiting)])];
  }

  async function first(view: LiveView): Promise<void> {
    const { messages, last } = await view.arrivals({ after: null, limit: Math.max(1, count), full });
    cursor = last;
    for (const one of messages.slice(messages.length - count)) show(one, one.message.receivedAt);
  }

  return {
    first,
    look: async (view: LiveView, changed: readonly string[] | null): Promise<void> => {
      if (cursor === null) return first(view);
      await arrived(view);
      const ids = changed?.filter(id => said.has(id)) ?? likely();
      for (let at = 0; at < ids.length; at += page) {
        const now = iso(systemClock.now());
        for (const one of await view.messages(ids.slice(at, at + page), { full })) show(one, now);
      }
    },
    /** Says what is looked at. */
    note: (from: LiveView['from']): void => {
      if (args.json) {
        if (args.follow) print(`${toJson({ watching: from === 'poller' ? 'the poller' : 'the inbox' })}\n`);
      } else if (from === 'files') terminal.err('No poller answers: this is what the inbox says by itself.\n');
      else if (args.follow && cursor !== null) terminal.err('The poller answers.\n');
    },
    /** Sets what is done when nobody reads the lines any more. */
    onUnread: (listener: () => void): void => {
      onUnread = listener;
    },
  };
}

function isWaiting({ state, outcome }: MessageView): boolean {
  return state === 'held' || state === 'pending' || state === 'sending' || outcome === 'answering';
}
