/** One connection to the gateway, from the attempt to its end. It never reconnects: its owner does. */
import { GatewayClient } from '@openclaw/gateway-client';
import type { Emit } from '../../observe/events.ts';
import { type AttemptEnd, scopes } from './classify.ts';
import { type DeviceIdentity, type DeviceTokens, publicKeyForWire, signForWire } from './identity.ts';
import { askTwice, type TwoAnswers } from './two-answers.ts';
import { type Hello, ourProtocol, readHello } from './wire.ts';
import { createWriteTogether, socketOf } from './write-together.ts';

export interface AttemptOptions {
  url: string;
  token: string | null;
  device: { identity: DeviceIdentity; tokens: DeviceTokens } | null;
  /** The version of this program. */
  version: string;
  emit: Emit;
  /** Called when the handshake is done. */
  onHello: (hello: Hello) => void;
  /** Called for anything that comes from the gateway. */
  onFrame: () => void;
  /** Called once, whatever ends the attempt. Open requests have been rejected, or are right after. */
  onEnd: (end: AttemptEnd) => void;
}

/** `timeout` is in milliseconds. With `second` the gateway answers twice. */
export type RequestOptions = { timeout: number; signal?: AbortSignal; guard?: undefined } | TwoAnswers;

export interface Attempt {
  /** Rejects with the library's error, or with the signal's reason. */
  request(method: string, params: unknown, options: RequestOptions): Promise<unknown>;
  /** Ends it now. A peer that does not answer the close is cut off after a quarter of a second. */
  drop(reason: string): void;
  /** Does what `drop` does. Resolves when the socket is gone. */
  close(): Promise<void>;
}

/**
 * Opens a connection. The library reconnects by itself, without jitter and, after some refusals, never. So it is
 * stopped at the first end, and each attempt gets its own client.
 */
export function openAttempt(options: AttemptOptions): Attempt {
  const { device, emit } = options;
  let ended = false;
  let starting = true;

  const end = (how: Partial<AttemptEnd>) => {
    if (ended) return;
    ended = true;
    client.stop();
    options.onEnd({ error: null, code: null, closeReason: '', refusedHere: false, ...how });
  };

  const client = new GatewayClient({
    url: options.url,
    ...(options.token === null ? {} : { token: options.token }),
    minProtocol: ourProtocol,
    maxProtocol: ourProtocol,
    clientName: 'gateway-client',
    mode: 'backend',
    clientDisplayName: 'kapso-whatsapp',
    clientVersion: options.version,
    // A constant: another value would need a new approval of the device (section 3, pairing).
    platform: 'linux',
    role: 'operator',
    scopes: [...scopes],
    deviceIdentity: device?.identity ?? null,
    notifyOnStartupRetry: true,
    hostDeps: {
      signDevicePayload: signForWire,
      publicKeyRawBase64UrlFromPem: publicKeyForWire,
      loadDeviceAuthToken: ({ deviceId }) => device?.tokens.load(deviceId) ?? null,
      storeDeviceAuthToken: ({ deviceId, token, scopes: granted }) => {
        try {
          device?.tokens.save(deviceId, { token, scopes: granted });
        } catch (error) {
          // The connection stays open. The gateway issues the token again the next time.
          emit({ type: 'device token not kept', error });
        }
      },
      clearDeviceAuthToken: () => device?.tokens.forget(),
    },
    onEvent: () => options.onFrame(),
    onHelloOk: hello => options.onHello(readHello(hello)),
    onConnectError: error => end({ error, refusedHere: starting }),
    onClose: (code, closeReason, info) => end({ error: info?.connectError ?? null, code, closeReason }),
  });

  const beforeFrame = createWriteTogether(socketOf(() => client.start()));
  starting = false;

  return {
    async request(method, params, wanted) {
      const { timeout, signal } = wanted;
      signal?.throwIfAborted();
      beforeFrame();
      const ask = (more: object) => client.request<unknown>(method, params, more);
      try {
        const answer = await ('second' in wanted
          ? askTwice(ask, wanted)
          : ask({ timeoutMs: timeout, ...(signal ? { signal } : {}) }));
        options.onFrame();
        return answer;
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      }
    },
    drop(reason) {
      end({ error: new Error(reason) });
    },
    async close() {
      end({ closeReason: 'closed here' });
      // It rejects when the socket is not gone after a second. Nothing more can be done then.
      await client.stopAndWait().catch(() => undefined);
    },
  };
}
