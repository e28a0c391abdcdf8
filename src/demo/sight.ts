import { systemClock } from '../clock.ts';
import type { Status } from '../observe/status.ts';
import { StateError } from '../state/errors.ts';
import { readStatusFile } from '../state/status-file.ts';
import { openStore } from '../store/open.ts';
import type { Outgoing } from '../store/outbox.ts';
import type { Entry, Store } from '../store/store.ts';
import { FileError } from '../text-file.ts';
import { type Control, NotAnswered } from './control.ts';

/** A message that the simulated Kapso has sent to the customer. */
export interface Sent {
  id: string;
  text: string;
  callbackData: string | null;
  at: number;
}

/** An attempt of the simulated Kapso to deliver a webhook. */
export interface WebhookAttempt {
  event: string;
  messageIds: readonly string[];
  at: number;
  status: number | null;
}

/** A run of the simulated gateway's model. */
export interface Run {
  key: string;
  text: string;
  images: readonly { mimeType: string; bytes: number }[];
  at: number;
  endedAt: number | null;
  status: 'running' | 'ok' | 'silent' | 'error' | 'timeout' | 'lost';
}

/** What the parts know, as far as it was last seen. */
export interface Sight {
  kapsoAnswers: boolean;
  sent: readonly Sent[];
  /** The ids of messages that were marked as read. */
  read: ReadonlySet<string>;
  webhookAttempts: readonly WebhookAttempt[];
  /** When Kapso last gave the poller its list, milliseconds since the epoch. */
  lists: readonly number[];
  gatewayAnswers: boolean;
  runs: readonly Run[];
  /** The poller's inbox and outbox, as they are on disk. */
  entries: ReadonlyMap<string, Entry>;
  outgoing: readonly Outgoing[];
  /** What the poller says of itself. */
  status: Partial<Status> | null;
}

export interface Sources {
  kapsoUrl: () => string | null;
  /** The simulated gateway's; null where the user has an own one. */
  gatewayUrl: () => string | null;
  control: Control;
  stateDirectory: string;
}

/** Messages that are looked at: the newest. */
const most = 300;
/** Passes over Kapso's list that are remembered. */
const keptLists = 20;

/** Looks at the parts from outside: the simulators' control interfaces, and the poller's files, which are only read. */
export function createSight({ kapsoUrl, gatewayUrl, control: { ask }, stateDirectory }: Sources) {
  let seen: Sight = {
    ...{ kapsoAnswers: false, sent: [], read: new Set(), webhookAttempts: [], lists: [] },
    ...{ gatewayAnswers: false, runs: [], entries: new Map(), outgoing: [], status: null },
  };
  let store: Store | null = null;
  let known = { kapso: '', gateway: '' };

  const lookAtKapso = async (): Promise<Partial<Sight>> => {
    const url = kapsoUrl();
    if (url === null) return { kapsoAnswers: false };
    const counts = JSON.stringify((await ask(`${url}/__sim/state`)).counts);
    if (counts === known.kapso) return { kapsoAnswers: true };
    const [sent, read, deliveries, requests] = await Promise.all([
      ask(`${url}/__sim/sent`),
      ask(`${url}/__sim/read`),
      ask(`${url}/__sim/deliveries`),
      ask(`${url}/__sim/requests?kind=list`),
    ]);
    const lists = (requests.requests as { at: number; status: number | null }[]).filter(({ status }) => status === 200);
    // They pile up, and each is needed once.
    await ask(`${url}/__sim/requests`, { method: 'DELETE' });
    known = { ...known, kapso: counts };
    return {
      kapsoAnswers: true,
      sent: sent.sent as Sent[],
      read: new Set((read.read as { messageId: string }[]).map(({ messageId }) => messageId)),
      webhookAttempts: deliveries.deliveries as WebhookAttempt[],
      lists: [...seen.lists, ...lists.map(({ at }) => at)].slice(-keptLists),
    };
  };

  const lookAtGateway = async (): Promise<Partial<Sight>> => {
    const url = gatewayUrl();
    if (url === null) return { gatewayAnswers: false };
    const counts = JSON.stringify((await ask(`${url}/__sim/state`)).counts);
    if (counts === known.gateway) return { gatewayAnswers: true };
    const { runs } = await ask(`${url}/__sim/runs`);
    known = { ...known, gateway: counts };
    return { gatewayAnswers: true, runs: runs as Run[] };
  };

  const lookAtInbox = async (): Promise<Partial<Sight>> => {
    try {
      const opened = store === null;
      store ??= await openStore({ dir: stateDirectory, clock: systemClock, readOnly: true });
      if (!(await store.changedElsewhere()) && !opened) return {};
      const entries = await store.list({ limit: most });
      const outgoing = await store.outbox.ofAll(entries.map(({ id }) => id));
      return { entries: new Map(entries.map(entry => [entry.id, entry])), outgoing };
    } catch (error) {
      // The poller has not made it yet, or is just being killed: the next look will tell.
      if (!(error instanceof StateError)) throw error;
      await store?.close();
      store = null;
      return {};
    }
  };

  return {
    /** Resolves to what there is now. A part that does not answer counts as away; what was known of it stays. */
    look: async (): Promise<Sight> => {
      const away = (part: Partial<Sight>) => (error: unknown) => {
        if (error instanceof NotAnswered) return part;
        throw error;
      };
      const [kapso, gateway, inbox] = await Promise.all([
        lookAtKapso().catch(away({ kapsoAnswers: false })),
        lookAtGateway().catch(away({ gatewayAnswers: false })),
        lookAtInbox(),
      ]);
      if (kapso.kapsoAnswers === false) known = { ...known, kapso: '' };
      if (gateway.gatewayAnswers === false) known = { ...known, gateway: '' };
      seen = { ...seen, ...kapso, ...gateway, ...inbox, status: readStatus(stateDirectory) ?? seen.status };
      return seen;
    },
    close: async () => store?.close(),
  };
}

function readStatus(directory: string): Partial<Status> | null {
  try {
    return readStatusFile(directory);
  } catch (error) {
    if (error instanceof FileError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
