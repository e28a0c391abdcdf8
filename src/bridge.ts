import type { Clock } from './clock.ts';
import type { AccountConfig } from './config/load.ts';
import { createForwarder } from './delivery/forward.ts';
import { keepHouse } from './delivery/housekeeping.ts';
import { createLanes } from './delivery/lanes.ts';
import { createSessions } from './delivery/session.ts';
import { createOpenClawGateway } from './gateway/openclaw.ts';
import { createReceiver } from './intake/receive.ts';
import { createRegistration } from './intake/registration-keeper.ts';
import { createRegistrationMemory } from './intake/registration-memory.ts';
import { signingSecrets } from './intake/registration-secret.ts';
import { createKapsoClient } from './kapso/client.ts';
import { within } from './kapso/transport.ts';
import { createNodeTransport } from './kapso/transport-node.ts';
import { createWebhookClient } from './kapso/webhooks.ts';
import type { Log } from './observe/log.ts';
import { createStatusFile, firstStatus } from './observe/status.ts';
import { openStore } from './store/sqlite.ts';

export interface BridgeOptions {
  config: AccountConfig;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  version: string;
}

export interface Bridge {
  /** Receives and forwards until `stop`; rejects only on a defect. */
  run(): Promise<void>;
  pollNow(): void;
  /** Takes nothing new, lets what is under way end within `shutdown.timeout`, and leaves the rest in the store. */
  stop(): Promise<void>;
}

/**
 * The whole program: messages come in by polling and webhooks, go into the store, and from there, lane by lane, to the gateway.
 * This is the one place that knows all parts.
 */
export async function createBridge({ config, clock, random, log, version }: BridgeOptions): Promise<Bridge> {
  const { dir } = config.state;
  const stopping = new AbortController();
  let delivering = false;
  const store = await openStore({ dir, clock });
  const transport = createNodeTransport({ keepAlive: true });
  const kapso = createKapsoClient({
    ...config.kapso,
    timeout: config.kapso.timeout * 1000,
    transport,
    clock,
    random,
    log,
  });
  const sessions = createSessions(config.gateway);
  const gateway = createOpenClawGateway({
    ...config.gateway,
    runTimeout: config.gateway.runTimeout * 1000,
    stateDir: dir,
    clock,
    random,
    log,
    version,
  });
  const initial = firstStatus({
    version,
    mode: config.mode,
    gateway: { ...gateway.state, url: config.gateway.url },
    clock,
  });
  const status = createStatusFile({ dir, clock, log, initial });

  const forward = createForwarder({
    store,
    gateway,
    clock,
    random,
    log,
    sessionKey: sessions.key,
    giveUp: { attempts: config.delivery.minAttempts, after: config.delivery.giveUpAfter * 3_600_000 },
    signal: stopping.signal,
    onTaken: message => {
      if (!config.receipts.read) return;
      kapso
        .markRead(message.id, { typing: config.receipts.typing })
        .catch(error => log.debug({ message: message.id, error }, 'The read mark could not be set'));
    },
    onEnd: (_, failure) => (failure ? status.failed(failure) : status.update({ lastDeliveredAt: clock.now() })),
  });
  const lanes = createLanes({
    parallel: config.delivery.parallel,
    turn: forward,
    clock,
    onError: (lane, error) => {
      status.failed(error instanceof Error ? error.message : String(error));
      log.error({ lane, error }, 'A conversation could not be worked on; it is tried again');
    },
  });
  const byWebhook = config.mode !== 'polling';
  const secret = byWebhook
    ? signingSecrets({ configured: config.webhook.secret, stateDir: dir, make: config.webhook.register }).secrets
    : [];
  const [signsWith] = secret;
  const registration =
    byWebhook && config.webhook.register && signsWith !== undefined
      ? createRegistration({
          client: createWebhookClient({
            ...config.kapso,
            transport,
            clock,
            timeouts: within(config.kapso.timeout * 1000),
          }),
          secret: signsWith,
          memory: createRegistrationMemory(dir),
          clock,
          random,
          log,
          onStatus: registration => status.update({ registration }),
          onChange: () => receiver.catchUp(),
        })
      : null;
  const receiver = createReceiver({
    config: { ...config, webhook: { ...config.webhook, secret } },
    kapso,
    store,
    lane: sessions.lane,
    clock,
    random,
    log,
    onAccepted: woken => {
      if (delivering) lanes.wake(woken);
    },
    onStatus: status.update,
    onPublicUrl: url => registration?.keep(url),
  });
  const house = keepHouse({
    store,
    clock,
    log,
    retention: config.state.retention * 86_400_000,
    wake: lanes.wake,
    also: receiver.look,
  });

  gateway.onState(state => {
    status.update({ gateway: { ...state, url: config.gateway.url } });
    if (state.phase === 'connected') lanes.rouse();
  });

  return {
    run: async () => {
      await receiver.start();
      gateway.start();
      house.start();
      await receiver.run(async () => {
        if (delivering) return;
        delivering = true;
        lanes.wake(await store.lanes());
      });
    },
    pollNow: receiver.pollNow,
    stop: async () => {
      house.stop();
      registration?.close();
      const cancel = clock.after(config.shutdown.timeout * 1000, () =>
        stopping.abort(new Error('the poller is stopping')),
      );
      if (gateway.state.phase !== 'connected') stopping.abort(new Error('the poller is stopping'));
      await Promise.all([receiver.close(config.shutdown.timeout * 1000), lanes.close()]);
      cancel();
      await gateway.close();
      transport.close();
      await store.close();
      status.close();
    },
  };
}
