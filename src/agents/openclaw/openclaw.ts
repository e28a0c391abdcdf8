/** OpenClaw as an agent gateway: its WebSocket protocol 4 behind the interface that delivery needs. */
import type { Clock } from '../../clock.ts';
import { isLoopback } from '../../loopback.ts';
import type { Emit } from '../../observe/events.ts';
import type { Log } from '../../observe/log.ts';
import type { AgentGateway } from '../agent.ts';
import { createConnection } from './connection.ts';
import { createDeviceTokens, loadIdentity } from './identity.ts';
import { createRuns } from './runs.ts';
import { createSessionFor, type SessionRules } from './session.ts';

export interface OpenClawOptions extends SessionRules {
  /** `ws://` or `wss://`. Plain `ws://` is for this host and private networks only. The client refuses it elsewhere. */
  url: string;
  token?: string | null | undefined;
  /** The directory of the device identity. */
  stateDir: string;
  /** Only looks: nothing that the gateway issues or withdraws changes what the directory keeps. */
  onlyLooks?: boolean;
  /** Whether to present a device identity. `auto`: to a gateway on another host, and to one that grants nothing without it. */
  identity: 'auto' | 'always' | 'never';
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  emit: Emit;
  /** The version of this program. */
  version: string;
  /** Milliseconds after which a run without an end is given up. */
  runTimeout: number;
}

/**
 * Creates the gateway. It connects only with `start()`.
 *
 * @throws KapsoWhatsappError with code `GATEWAY_IDENTITY_UNREADABLE` when an identity is needed and its file is
 * damaged.
 */
export function createOpenClawGateway(options: OpenClawOptions): AgentGateway {
  const { stateDir, clock, log, emit } = options;
  const nearby = isLoopback(new URL(options.url).hostname);
  const makeDevice = () => {
    const tokens = createDeviceTokens(stateDir, emit);
    const kept = options.onlyLooks ? { ...tokens, save: () => undefined, forget: () => undefined } : tokens;
    return { identity: loadIdentity(stateDir, emit), tokens: kept };
  };
  const proves = options.identity === 'always' || (options.identity === 'auto' && !nearby);
  const { url, token = null, version, random } = options;
  const connection = createConnection({
    url,
    token,
    device: proves ? makeDevice() : null,
    makeDevice: options.identity === 'never' ? null : makeDevice,
    nearby,
    version,
    clock,
    random,
    log,
    emit,
  });
  const runs = createRuns({ connection, clock, emit, nearby, runTimeout: options.runTimeout });
  return {
    sessionFor: createSessionFor(options),
    get state() {
      return connection.state;
    },
    onState: connection.onState,
    start: connection.start,
    connected: connection.connected,
    ...runs,
    stop: connection.close,
  };
}
