/**
 * The metrics of the program: their names, what they mean, and their labels. Each label has a fixed set of values, none
 * of which comes from outside, and all of them are there from the start: no rate misses the first event.
 */
import type { Registry } from 'prom-client';
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';
import { knownRefusals } from '../kapso/http/error-table.ts';
import type { ProblemCode } from '../problems/table.ts';
import { entryStates } from '../store/new-entry.ts';
import { outgoingStates } from '../store/outbox.ts';
import { accountLabel, type Labels, ofAccount } from './by-account.ts';

const prefix = 'kapso_whatsapp_';

/** What stands for every value that is not known. */
export const other = 'other';

export const labels = {
  by: ['poll', 'webhook'],
  refused: ['unpaired', 'denied', 'limited'],
  outcome: ['answering', 'answered', 'silent', 'failed', 'stopped', other],
  runEnd: ['ended', 'error', 'timed_out', 'unknown', 'lost'],
  runFound: ['answered', 'active', 'unanswered', 'interrupted', 'absent', other],
  reply: ['sent', 'failed'],
  report: ['sent', 'delivered', 'read', 'failed'],
  code: [...knownRefusals.map(String), 'none', other],
  status: ['400', '401', '403', '404', '405', '413', '415', '500', '503', other],
  pass: ['complete', 'cut_short', 'given_up', 'not_stored'],
  change: ['created', 'updated'],
  gateway: ['connecting', 'connected', 'waiting', 'blocked', 'closed'],
} as const satisfies Record<string, readonly string[]>;

/** The states in which a message waits for something or somebody. */
export const waitingStates = ['held', 'pending', 'sending', 'unpaired', 'failed'] as const;

/** The problems that the poller's status shows; others have a metric of their own. */
export const statusProblems = [
  ...(['gateway-away', 'gateway-takes-nothing', 'key-refused', 'polling-fails', 'store-unwritable'] as const),
  ...(['tunnel-down', 'webhook-off', 'webhook-not-registered', 'clock-wrong'] as const),
] satisfies readonly ProblemCode[];

interface Label {
  name: string;
  values: readonly string[];
}

export type Instruments = ReturnType<typeof createAll>;

/**
 * Creates all metrics of the program in a registry, each at 0. Returns those for what is told of a number.
 *
 * @param accounts what several numbers are called; empty with one, whose metrics have no such label
 */
export function createInstruments(
  registry: Registry,
  accounts: readonly string[] = [],
): (account?: string | null | undefined) => Instruments {
  const each = makers(registry, accounts);
  const all = createAll(makers(registry, []), each);
  const ofEach = new Map(
    accounts.map(account => {
      const own = Object.entries(all).map(([name, metric]) => [
        name,
        each.made.has(metric) ? ofAccount(metric, account) : metric,
      ]);
      return [account, Object.fromEntries(own) as Instruments];
    }),
  );
  return account => ofEach.get(account ?? '') ?? all;
}

/** `each` makes what is about one number. */
function createAll(make: Makers, each: Makers) {
  return { ...messages(each), ...replies(each), ...intake(make, each), ...standing(make, each), ...kept(make) };
}

/** Says which program this is. */
export function addBuildInfo(registry: Registry, build: { version: string; node: string; mode: string }): void {
  const help = 'Always 1: the version of the program, that of Node.js, and the mode.';
  const labelNames = ['version', 'node', 'mode'];
  new Gauge({ name: `${prefix}build_info`, help, registers: [registry], labelNames }).set(build, 1);
}

type Makers = ReturnType<typeof makers>;

function makers(registry: Registry, accounts: readonly string[]) {
  const made = new Set<Counter | Gauge | Histogram>();
  const of = (name: string, help: string, label?: Label) => ({
    name: `${prefix}${name}`,
    help,
    registers: [registry],
    labelNames: [...(label === undefined ? [] : [label.name]), ...(accounts.length === 0 ? [] : [accountLabel])],
  });
  const keep = <M extends Counter | Gauge | Histogram>(
    metric: M,
    label: Label | undefined,
    at0: (labels: Labels) => void,
  ) => {
    made.add(metric);
    const values = label?.values.map(value => ({ [label.name]: value })) ?? (accounts.length === 0 ? [] : [{}]);
    const ofAccounts = accounts.map(account => ({ [accountLabel]: account }));
    for (const value of values) {
      for (const one of ofAccounts.length === 0 ? [{}] : ofAccounts) at0({ ...value, ...one });
    }
    return metric;
  };
  return {
    made,
    counter: (name: string, help: string, label?: Label): Counter => {
      const metric = new Counter(of(name, help, label));
      return keep(metric, label, labels => metric.inc(labels, 0));
    },
    gauge: (name: string, help: string, label?: Label): Gauge => {
      const metric = new Gauge(of(name, help, label));
      return keep(metric, label, labels => metric.set(labels, 0));
    },
    histogram: (name: string, help: string, buckets: number[], label?: Label): Histogram => {
      const metric = new Histogram({ ...of(name, help, label), buckets });
      return keep(metric, label, labels => metric.zero(labels));
    },
  };
}

function messages({ counter, gauge, histogram }: Makers) {
  const by = { name: 'by', values: labels.by };
  return {
    received: counter('messages_received_total', 'Messages that were new and are on disk, by the way they came.', by),
    known: counter(
      'messages_known_total',
      'Messages that came again and were recognised, by the way they came. Each poll reads some of them again.',
      by,
    ),
    unreadable: counter('messages_unreadable_total', 'What came, could not be read, and is kept as failed.'),
    refused: counter(
      'messages_refused_total',
      'Messages that are kept and not for the agent, by why: their sender is not approved, not admitted, or beyond the limits.',
      { name: 'reason', values: labels.refused },
    ),
    settled: counter(
      'messages_settled_total',
      'Messages that the agent is done with, by what their sender got then. Answering: the answer is to be sent.',
      { name: 'outcome', values: labels.outcome },
    ),
    failed: counter('messages_failed_total', 'Messages that were given up, until an operator retries or drops them.'),
    deferred: counter('messages_deferred_total', 'Attempts at messages that failed and are followed by others.'),
    turnsFailed: counter(
      'turns_failed_total',
      'Turns of a conversation that the store refused or a defect ended. Each is tried again.',
    ),
    runs: histogram(
      'run_duration_seconds',
      'Time from the beginning of a run of the agent to its end, by how it ended.',
      [1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800],
      { name: 'outcome', values: labels.runEnd },
    ),
    runsUnderWay: gauge('runs_in_progress', 'Runs of the agent that are waited for.'),
    runsFound: counter(
      'runs_looked_for_total',
      "Runs of earlier attempts that were looked for in the gateway's record, by what it says of them.",
      { name: 'found', values: labels.runFound },
    ),
  };
}

function replies({ counter }: Makers) {
  return {
    replies: counter('replies_total', 'Outgoing messages of the bridge by their end: Kapso took them, or never will.', {
      name: 'outcome',
      values: labels.reply,
    }),
    repliesPutOff: counter('replies_put_off_total', 'Attempts to send that Kapso did not take for the time being.'),
    repliesInDoubt: counter('replies_in_doubt_total', 'Sends without an answer: they are looked for.'),
    repliesAgain: counter(
      'replies_sent_again_total',
      'Replies that were looked for, were nowhere, and were sent again.',
    ),
    reports: counter('delivery_reports_total', 'What WhatsApp reported of sent messages.', {
      name: 'status',
      values: labels.report,
    }),
    refusals: counter(
      'send_refusals_total',
      "Sent messages that were refused or could not be delivered, by Meta's error code, or by the HTTP status without one.",
      { name: 'code', values: labels.code },
    ),
  };
}

function intake({ counter, gauge, histogram }: Makers, each: Makers) {
  return {
    stored: histogram(
      'webhook_delivery_duration_seconds',
      'Time from the last byte of a webhook delivery to the commit of what it brought.',
      [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    ),
    lastDelivery: gauge(
      'webhook_last_delivery_timestamp_seconds',
      'When the last delivery was stored, in seconds since the epoch; 0 before the first.',
    ),
    requestsRefused: counter(
      'webhook_refused_total',
      'Requests that the webhook server refused, by the HTTP status of its answer.',
      { name: 'status', values: labels.status },
    ),
    otherNumber: counter(
      'webhook_other_number_total',
      'Items of deliveries that were for another phone number than the configured one.',
    ),
    registrations: each.counter(
      'webhook_registrations_total',
      'Changes of the webhook at Kapso: it was not there, or not as it must be, such as switched off.',
      { name: 'change', values: labels.change },
    ),
    passes: each.counter('poll_passes_total', 'Passes of polling over the list of messages, by how they ended.', {
      name: 'outcome',
      values: labels.pass,
    }),
    pages: each.counter('poll_pages_total', 'Pages of the list of messages that were read.'),
    rows: each.counter('poll_rows_total', 'Rows of the list of messages that were read, known ones included.'),
    pollFailures: each.counter('poll_failures_total', 'Requests for the list of messages that failed.'),
    lastPoll: each.gauge(
      'poll_last_success_timestamp_seconds',
      'When a pass last reached the end of the list, in seconds since the epoch; 0 before the first, and without polling.',
    ),
    pollInterval: each.gauge('poll_interval_seconds', 'The present time between two polls; 0 without polling.'),
  };
}

function standing({ counter, gauge }: Makers, each: Makers) {
  return {
    healthy: gauge(
      'healthy',
      'Whether the inbox can be written and polling is not stuck (1) or not (0): what /live says.',
    ),
    ready: gauge('ready', 'Whether messages are taken in (1) or not (0): what /ready says.'),
    problem: each.gauge(
      'problem',
      'What is wrong by the word of status (1) or not (0); the guide on alerts says what each code means.',
      { name: 'code', values: statusProblems },
    ),
    gateway: gauge('gateway_state', 'The state of the connection to the gateway: 1 for the present one, else 0.', {
      name: 'state',
      values: labels.gateway,
    }),
    connected: gauge('gateway_connected', 'Whether the gateway is connected (1) or not (0).'),
    since: gauge(
      'gateway_state_since_timestamp_seconds',
      'Since when the connection is in its present state, in seconds since the epoch.',
    ),
    connections: counter(
      'gateway_connections_total',
      'Connections to the gateway that were made; all but one are reconnections.',
    ),
  };
}

function kept({ gauge }: Makers) {
  return {
    inbox: gauge('inbox_messages', 'Messages in the inbox, by their state.', { name: 'state', values: entryStates }),
    inboxAge: gauge('inbox_oldest_age_seconds', 'Age of the oldest message that waits in this state; 0 without one.', {
      name: 'state',
      values: waitingStates,
    }),
    outbox: gauge('outbox_messages', 'Messages in the outbox, by their state.', {
      name: 'state',
      values: outgoingStates,
    }),
    outboxAge: gauge('outbox_oldest_age_seconds', 'Age of the oldest message that is yet to be sent; 0 without one.'),
    databaseSize: gauge('database_size_bytes', 'Size of the database with its log.'),
    diskFree: gauge('state_free_bytes', 'Space left for this user on the file system of the state directory.'),
    diskSize: gauge('state_size_bytes', 'Size of the file system of the state directory.'),
  };
}
