import { type Clock, systemClock } from '../clock.ts';
import { createAdmission } from './admission.ts';
import { createCounters } from './counters.ts';
import { closeServer, listen } from './http.ts';
import { openJournal } from './journal.ts';
import { isObject } from './json.ts';
import { type RequestRecord, type SentText, sentText } from './kapso-control.ts';
import { createFaults } from './kapso-faults.ts';
import { shownRow } from './kapso-list.ts';
import { createMailbox, type NewMessage, type StoredMessage } from './kapso-mailbox.ts';
import { createMediaApi } from './kapso-media.ts';
import { createMediaStore } from './kapso-media-store.ts';
import type { Reaction, ReadMark } from './kapso-send.ts';
import { serveKapso } from './kapso-serving.ts';
import { defaultKapsoSettings, type KapsoSettings } from './kapso-settings.ts';
import { createReportStatus } from './kapso-statuses.ts';
import { createTemplates } from './kapso-templates.ts';
import { createWebhooks } from './kapso-webhooks.ts';
import { createRateLimit } from './rate-limit.ts';

export interface KapsoOptions {
  /** 0 for any free port. */
  port?: number;
  host?: string;
  /** Further names under which it is asked, such as a proxy's for it. */
  names?: readonly string[];
  /** The file for messages, read marks and webhooks. Media lie in a directory beside it. Without it nothing is kept. */
  stateFile?: string;
  apiKey?: string;
  phoneNumberId?: string;
  /** What requests to the control interface must have. Without it anybody on this machine may use it. */
  controlToken?: string | undefined;
  settings?: Partial<KapsoSettings>;
  /** Multiplies the documented delays of webhook retries, so that a test need not wait for minutes. */
  webhookScale?: number;
  clock?: Clock;
}

export interface KapsoSimulator {
  url: string;
  port: number;
  apiKey: string;
  phoneNumberId: string;
  /** The sent messages of every type but reactions, the oldest first. */
  sent(): SentText[];
  close(): Promise<void>;
}

/**
 * Starts a Kapso to try the bridge against without an account. It has the message proxy, webhooks with their
 * deliveries, and under `/__sim/` an interface to play the customer and inject faults. With `stateFile`, it writes what
 * it accepts to disk before it answers.
 */
export async function startKapsoSimulator(options: KapsoOptions = {}): Promise<KapsoSimulator> {
  const {
    host = '127.0.0.1',
    apiKey = 'sim-api-key',
    phoneNumberId = '647000000000001',
    clock = systemClock,
  } = options;
  const { records, journal } = await openJournal(options.stateFile);
  const settings = { current: { ...defaultKapsoSettings, ...options.settings } };
  const now = () => clock.now() + settings.current.clockOffset;
  const counters = createCounters(clock);
  const faults = createFaults();
  const requests: RequestRecord[] = [];
  const reads: ReadMark[] = [];
  const reactions: Reaction[] = [];
  const mailbox = createMailbox({ journal: () => journal, now });
  const mediaDirectory = options.stateFile === undefined ? undefined : `${options.stateFile}.media`;
  const mediaStore = createMediaStore({ directory: mediaDirectory, journal: () => journal, now });
  let origin = '';
  const media = createMediaApi({ store: mediaStore, origin: () => origin, now, settings });
  const templates = createTemplates(() => journal);
  const scale = options.webhookScale ?? 1;
  const webhooks = createWebhooks({ phoneNumberId, clock, now, scale, journal: () => journal, counters });

  for (const record of records) {
    if (!isObject(record) || [mailbox, webhooks, mediaStore, templates].some(part => part.restore(record))) continue;
    if (record.kind === 'read') reads.push(record.mark as ReadMark);
    if (record.kind === 'reaction') reactions.push(record.reaction as Reaction);
  }
  counters.add('inbound', mailbox.counts().inbound);
  counters.add('sent', mailbox.counts().outbound);
  counters.add('read', reads.length);
  counters.add('react', reactions.length);

  const receive = async (messages: NewMessage[]): Promise<StoredMessage[]> => {
    const added = await mailbox.add(messages);
    for (const message of added) {
      const inbound = message.direction === 'inbound';
      counters.add(inbound ? 'inbound' : 'sent');
      webhooks.publish(inbound ? 'whatsapp.message.received' : 'whatsapp.message.sent', shownRow(message, now()));
    }
    return added;
  };

  const control = {
    mailbox,
    templates,
    reportStatus: createReportStatus({ mailbox, webhooks, now }),
    mediaStore,
    media,
    faults,
    webhooks,
    counters,
    reads,
    reactions,
    requests,
    phoneNumberId,
    settings,
    now,
    receive,
  };
  const api = { ...control, host, apiKey, journal };
  const late = new Set<() => void>();
  const admission = createAdmission({ names: [host, ...(options.names ?? [])], controlToken: options.controlToken });
  const serving = { clock, api, control, rateLimit: createRateLimit(now), admission, late };
  const address = { host, port: options.port ?? 0 };
  const { server, port } = await listen(address, (message, response) => void serveKapso(message, response, serving));
  origin = `http://${host}:${port}`;

  return {
    url: origin,
    port,
    apiKey,
    phoneNumberId,
    sent: () => mailbox.sent().map(sentText),
    close: async () => {
      webhooks.close();
      for (const cancel of late) cancel();
      await closeServer(server);
      await journal.close();
      await mediaStore.close();
    },
  };
}
