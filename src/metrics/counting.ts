import type { AppEvent, Emit } from '../observe/events.ts';
import { type Instruments, labels, other } from './instruments.ts';

/** What is done for each kind of event. Kinds that are not here are not counted. */
type Counting = {
  [Type in AppEvent['type']]?: (to: Instruments, event: Extract<AppEvent, { type: Type }>) => void;
};

/** Counts what happens, with the instruments of the number that it happens to. */
export function createCounting(instrumentsOf: (account: string | undefined) => Instruments): Emit {
  return event => {
    const count = counting[event.type] as ((to: Instruments, event: AppEvent) => void) | undefined;
    count?.(instrumentsOf(event.of?.label), event);
  };
}

/** A value of a label: what is not among the known ones counts as other. */
function among(values: readonly string[], value: string): string {
  return values.includes(value) ? value : other;
}

function codeLabel(code: number | null): string {
  return code === null ? 'none' : among(labels.code, String(code));
}

const messages: Counting = {
  'messages accepted': (to, { by, count }) => to.received.inc({ by }, count),
  'messages known': (to, { by, count }) => to.known.inc({ by }, count),
  'unreadable kept': to => to.unreadable.inc(),
  'message refused': (to, { state }) => to.refused.inc({ reason: state }),
  'pairing began': to => to.refused.inc({ reason: 'unpaired' }),
  'message settled': (to, { outcome }) => to.settled.inc({ outcome: among(labels.outcome, outcome) }),
  'message failed': to => to.failed.inc(),
  'message deferred': to => to.deferred.inc(),
  'turn failed': to => to.turnsFailed.inc(),
  'run began': to => to.runsUnderWay.inc(),
  'run ended': (to, { end, took }) => {
    to.runsUnderWay.dec();
    to.runs.observe({ outcome: end.replace(' ', '_') }, took / 1000);
  },
  'run looked for': (to, { found }) => to.runsFound.inc({ found: among(labels.runFound, found) }),
};

const replies: Counting = {
  'reply sent': to => to.replies.inc({ outcome: 'sent' }),
  'reply failed': (to, { code }) => {
    to.replies.inc({ outcome: 'failed' });
    to.refusals.inc({ code: codeLabel(code) });
  },
  'reply put off': to => to.repliesPutOff.inc(),
  'reply in doubt': to => to.repliesInDoubt.inc(),
  'reply sent again': to => to.repliesAgain.inc(),
  'reply status': (to, { status }) => to.reports.inc({ status }),
  'send failed': (to, { code }) => {
    to.reports.inc({ status: 'failed' });
    to.refusals.inc({ code: codeLabel(code) });
  },
};

const webhooks: Counting = {
  'delivery stored': (to, { took }) => {
    to.stored.observe(took / 1000);
    to.lastDelivery.setToCurrentTime();
  },
  'delivery refused': (to, { status }) => to.requestsRefused.inc({ status: among(labels.status, String(status)) }),
  'delivery unreadable': to => to.requestsRefused.inc({ status: '500' }),
  'method refused': to => to.requestsRefused.inc({ status: '405' }),
  'path refused': to => to.requestsRefused.inc({ status: '404' }),
  'verification refused': to => to.requestsRefused.inc({ status: '403' }),
  'other number skipped': to => to.otherNumber.inc(),
  'webhook registered': (to, { change }) => {
    if (change !== 'unchanged') to.registrations.inc({ change });
  },
};

const polls: Counting = {
  'pass ended': (to, { complete, pages, seen }) => {
    to.passes.inc({ outcome: complete ? 'complete' : 'cut_short' });
    to.pages.inc(pages);
    to.rows.inc(seen);
  },
  'pass given up': to => to.passes.inc({ outcome: 'given_up' }),
  'pass not stored': to => to.passes.inc({ outcome: 'not_stored' }),
  'poll failed': to => to.pollFailures.inc(),
};

const gateway: Counting = {
  'gateway connected': to => to.connections.inc(),
  'gateway changed': (to, { gateway: { phase, since } }) => {
    for (const state of labels.gateway) to.gateway.set({ state }, state === phase ? 1 : 0);
    to.connected.set(phase === 'connected' ? 1 : 0);
    to.since.set(since / 1000);
  },
};

const counting: Counting = { ...messages, ...replies, ...webhooks, ...polls, ...gateway };
