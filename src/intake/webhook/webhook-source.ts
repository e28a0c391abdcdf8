import type { AccountConfig } from '../../config/load.ts';
import type { Emit } from '../../observe/events.ts';
import { describeError } from '../../observe/log.ts';
import { DisplacedError } from '../../state/place.ts';
import type { Store } from '../../store/store.ts';
import type { Intake } from '../accept.ts';
import { type KapsoTime, newestOwnTime } from '../kapso-time.ts';
import type { SentStatuses } from '../statuses/sent-statuses.ts';
import type { Delivered } from './recipients.ts';
import type { WebhookListener } from './webhook-listener.ts';

export interface WebhookSourceDeps {
  config: AccountConfig;
  listener: WebhookListener;
  /** See `WebhookNumber`. */
  secrets: readonly string[];
  findSecrets?: (() => readonly string[]) | undefined;
  store: Pick<Store, 'probe' | 'displaced'>;
  intake: Pick<Intake, 'accept'>;
  sentStatuses: SentStatuses;
  kapsoTime: KapsoTime;
  /** Called when the tunnel has opened: earlier messages could not be delivered. */
  onOpen: () => void;
  emit: Emit;
  onPublicUrl: (url: string) => void;
}

/** The webhooks of one number, as a source of its messages. */
export interface WebhookSource {
  /** Whether deliveries arrive and can be stored. */
  healthy(): boolean;
  /** Returns why nothing can be stored at present, or null. */
  trouble(): string | null;
  /**
   * When WhatsApp took the newest message that was delivered and stored, in milliseconds since the epoch; null before
   * the first.
   */
  newestTaken(): number | null;
  /** Notices a store that works again. Call it regularly. */
  tick(): Promise<void>;
}

/** Takes the deliveries of a number from the listener into its inbox. */
export function createWebhookSource(deps: WebhookSourceDeps): WebhookSource {
  const { config, listener } = deps;
  const taking = createTaking(deps, listener.report.soon);
  let delivered = false;
  listener.attach({
    ...deps,
    phoneNumberId: config.kapso.phoneNumberId,
    kapsoNow: deps.kapsoTime.now,
    accept: taking.take,
    trouble: taking.trouble,
    onDelivery: () => {
      delivered = true;
    },
  });
  return {
    healthy: () => taking.trouble() === null && delivered && listener.isOpen(),
    trouble: taking.trouble,
    newestTaken: taking.newest,
    tick: async () => {
      await taking.probe();
      await deps.sentStatuses.again();
      listener.report.now();
    },
  };
}

/** Takes deliveries into the inbox and remembers the outcome. `onEnd` is called after each: a delivery is counted then. */
function createTaking(
  {
    intake,
    sentStatuses,
    store,
    kapsoTime,
  }: Pick<WebhookSourceDeps, 'intake' | 'sentStatuses' | 'store' | 'kapsoTime'>,
  onEnd: () => void,
) {
  let lastTrouble: string | null = null;
  let newestTaken: number | null = null;
  return {
    take: async ({ items, statuses }: Delivered): Promise<void> => {
      try {
        // Read before the messages are noted: one that claims to come from the future proves no more than the present.
        const present = kapsoTime.now();
        const accepted = items.length > 0 ? intake.accept(items) : null;
        // Side by side, so that one transaction has both.
        await (statuses.length === 0 ? accepted : Promise.all([accepted, sentStatuses.take(statuses)]));
        lastTrouble = null;
        const newest = newestOwnTime(items);
        if (newest !== null) newestTaken = Math.max(newestTaken ?? 0, Math.min(newest, present));
      } catch (error) {
        lastTrouble = lastingTrouble(error);
        throw error;
      } finally {
        onEnd();
      }
    },
    newest: () => newestTaken,
    trouble: (): string | null => {
      const displaced = store.displaced();
      return displaced === null ? lastTrouble : describeError(displaced);
    },
    probe: async (): Promise<void> => {
      lastTrouble = await store.probe().then(() => null, lastingTrouble);
    },
  };
}

/** Whether the store is displaced is checked each time: the check is cheap, and the state may change at any moment. */
function lastingTrouble(error: unknown): string | null {
  return error instanceof DisplacedError ? null : describeError(error);
}
