/** What happens to single messages: which events tell of it, and in which words. */

import { maskNumbers } from '../mask.ts';
import type { AppEvent, RunEndKind } from '../observe/events.ts';
import { span } from '../span.ts';
import { duration, iso } from './times.ts';

const types = [
  ...(['messages accepted', 'message refused', 'unreadable kept', 'pairing began', 'pairing expired'] as const),
  ...(['run began', 'run ended', 'run looked for', 'message settled', 'message failed', 'message deferred'] as const),
  ...(['message put off long', 'message put off often', 'message taken first', 'message kept as context'] as const),
  ...(['messages gathered', 'images refused', 'medium missing', 'words missing', 'message edited'] as const),
  ...(['message superseded', 'dropped run ended', 'command done'] as const),
  ...(['reply sent', 'reply put off', 'reply in doubt', 'reply sent again', 'reply failed', 'reply status'] as const),
  'send failed',
] as const;

/** An event that concerns single messages. All its parts are JSON. */
export type LifeEvent = Extract<AppEvent, { type: (typeof types)[number] }>;

const known: ReadonlySet<string> = new Set(types);

/** Returns the event when it tells of single messages that the inbox has; else null. */
export function asLifeEvent(event: AppEvent): LifeEvent | null {
  if (!known.has(event.type)) return null;
  const life = event as LifeEvent;
  return messagesOf(life).length > 0 ? life : null;
}

/** Returns the ids of the inbox's messages that an event tells of. */
export function messagesOf(event: LifeEvent): readonly string[] {
  switch (event.type) {
    case 'messages accepted':
    case 'pairing expired':
      return event.messages;
    case 'messages gathered':
      return [event.message, ...event.others];
    case 'message edited':
      return [event.message, ...event.edits];
    case 'message taken first':
      return [event.message, ...event.passed];
    case 'send failed':
      return event.outgoing === null ? [] : [event.outgoing.answers];
    default:
      return [event.message];
  }
}

/** Returns what the event means for one of its messages, as a sentence without a full stop. */
export function sentenceOf(event: LifeEvent, message: string): string {
  switch (event.type) {
    case 'messages accepted':
      return `received by ${event.by === 'poll' ? 'polling' : 'a webhook'}, and kept`;
    case 'message refused':
      return event.state === 'unpaired'
        ? 'waits until an operator approves its sender'
        : `${event.state}: ${event.reason ?? 'no reason is known'}`;
    case 'unreadable kept':
      return `cannot be read, and is kept as failed: ${event.reason}`;
    case 'pairing began':
      return 'its sender gets a code, and it waits for the approval';
    case 'pairing expired':
      return 'dropped: nobody approved its sender in time';
    case 'message put off long':
      return `the gateway asks for a long pause: ${event.asked}`;
    case 'message put off often':
      return `put off again and again: ${event.reason}`;
    case 'message deferred':
      return `attempt ${event.attempts} failed: ${event.reason}; the next one is at ${iso(event.until)}`;
    case 'message taken first':
      return event.message === message
        ? `goes before ${event.passed.length} that keep failing`
        : 'keeps failing, and steps aside for the next one of its conversation';
    case 'messages gathered':
      return event.message === message
        ? `${event.others.length} further texts of its sender go into its run`
        : 'gathered into the run of the message before it';
    case 'message edited':
      return event.message === message ? 'edited by its sender before the agent had it' : 'an edit that was applied';
    case 'dropped run ended':
      return 'its run ended after it was dropped';
    case 'command done':
      return `a command: ${event.command}`;
    case 'message kept as context':
    case 'message superseded':
    case 'images refused':
    case 'medium missing':
    case 'words missing':
    case 'message settled':
    case 'message failed':
    case 'run began':
    case 'run ended':
    case 'run looked for':
      return runSentence(event);
    default:
      return replySentence(event);
  }
}

type Of<Type extends LifeEvent['type']> = Extract<LifeEvent, { type: Type }>;

function runSentence(
  event: Of<
    | ('message kept as context' | 'message superseded' | 'images refused' | 'medium missing' | 'words missing')
    | ('message settled' | 'message failed' | 'run began' | 'run ended' | 'run looked for')
  >,
): string {
  switch (event.type) {
    case 'message kept as context':
      return `told with the next message of its sender (${event.kind})`;
    case 'message superseded':
      return `not for the agent any more: ${event.outcome}`;
    case 'images refused':
      return `the gateway takes it only without its image: ${event.reason}`;
    case 'medium missing':
      return `the agent gets it without its file: ${event.reason}`;
    case 'words missing':
      return `the agent gets its file without the words in it: ${event.reason}`;
    case 'message settled':
      return `settled: ${event.outcome}${event.note === null ? '' : `; ${event.note}`}`;
    case 'message failed':
      return `given up: ${event.reason}`;
    case 'run began':
      return 'the gateway has taken its run';
    case 'run looked for':
      return `its run was looked for in the gateway's record: ${event.found}`;
    case 'run ended': {
      const how = endWords[event.end];
      return `its run ${how} after ${duration(event.took)}${event.reason === null ? '' : `: ${event.reason}`}`;
    }
  }
}

const endWords: Record<RunEndKind, string> = {
  ended: 'has ended',
  error: 'has failed',
  'timed out': 'has not ended in time, and may go on,',
  unknown: 'was not known to the gateway any more',
  lost: 'was lost sight of, and is looked for,',
};

type ReplyLife = Of<
  | ('reply sent' | 'reply put off' | 'reply in doubt' | 'reply sent again' | 'reply failed' | 'reply status')
  | 'send failed'
>;

function replySentence(event: ReplyLife): string {
  switch (event.type) {
    case 'reply sent':
      return `${partOf(event)} was taken by Kapso`;
    case 'reply put off':
      return `the answer waits for ${span(event.pause)}: ${event.reason}`;
    case 'reply in doubt':
      return `the answer may have been sent, and is looked for: ${event.reason}`;
    case 'reply sent again':
      return `the answer was nowhere for ${span(event.after)}, and is sent again`;
    case 'reply failed':
      return `the answer failed: ${event.reason}${codeOf(event)}`;
    case 'reply status':
      return `the answer was ${event.status}, by WhatsApp`;
    case 'send failed':
      return `WhatsApp could not deliver the answer: ${event.explanation}${codeOf(event)}`;
  }
}

/** Names a part of an answer: `the answer`, or `part 2 of 3 of the answer`. */
export function partOf({ part, parts }: { part: number; parts: number }): string {
  return parts === 1 ? 'the answer' : `part ${part} of ${parts} of the answer`;
}

function codeOf(event: { code: number | null } & ({ reason: string } | { explanation: string })): string {
  const text = 'reason' in event ? event.reason : event.explanation;
  return event.code === null || text.includes(String(event.code)) ? '' : ` (${event.code})`;
}

/** The same, without the middle of any number. */
export function maskedSentenceOf(event: LifeEvent, message: string): string {
  return maskNumbers(sentenceOf(event, message));
}
