/** OpenClaw as an agent gateway: its WebSocket protocol 4 behind the interface that delivery needs. */
import type { Clock } from '../../clock.ts';
import { isLoopback } from '../../loopback.ts';
import type { Emit } from '../../observe/events.ts';
import type { Log } from '../../observe/log.ts';
import type { AgentGateway } from '../agent.ts';
import { createConnection } from './connection.ts';
import { createDeviceTokens, loadIdentity, secretsOfIdentity } from './identity.ts';
import { createRuns } from './runs.ts';
import { createSessionsOf, type SessionRules } from './session.ts';
import { askForSkill, type Skill } from './skills.ts';
import type { TokenSource } from './token-hints.ts';

export interface OpenClawOptions {
  /** How the sessions of an account are named. */
  rulesOf: (account: string) => SessionRules;
  /** `ws://` or `wss://`. Plain `ws://` is for this host and private networks only. The client refuses it elsewhere. */
  url: string;
  token?: string | null | undefined;
  /** Where the token came from, for hints. */
  tokenFrom?: TokenSource | null;
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
  /** Gets the device's token and private key, to hide them. */
  learn: (secrets: readonly string[]) => void;
  /** The version of this program. */
  version: string;
  /** Milliseconds after which a run without an end is given up. */
  runTimeout: number;
}

/** Beside what delivery needs, a set-up can be looked at by it. */
export interface OpenClawGateway extends AgentGateway {
  /** Takes another token; see `Connection`. */
  signIn(token: string | null, from: TokenSource | null): void;
  /** See `askForSkill`. */
  skill(of: { agent: string; name: string }): Promise<Skill | null>;
}

/**
 * Creates the gateway. It connects only with `start()`.
 *
 * @throws KapsoWhatsappError with code `GATEWAY_IDENTITY_UNREADABLE` when an identity is needed and its file is
 * damaged.
 */
export function createOpenClawGateway(options: OpenClawOptions): OpenClawGateway {
  const { stateDir, clock, log, emit, learn } = options;
  const nearby = isLoopback(new URL(options.url).hostname);
  const makeDevice = () => {
    const tokens = createDeviceTokens(stateDir, emit, learn);
    const kept = options.onlyLooks ? { ...tokens, save: () => undefined, forget: () => undefined } : tokens;
    const identity = loadIdentity(stateDir, emit);
    learn(secretsOfIdentity(identity));
    return { identity, tokens: kept };
  };
  const proves = options.identity === 'always' || (options.identity === 'auto' && !nearby);
  const { url, token = null, tokenFrom = null, version, random } = options;
  const connection = createConnection({
    url,
    token,
    tokenFrom,
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
    sessionFor: createSessionsOf(options.rulesOf),
    get state() {
      return connection.state;
    },
    onState: connection.onState,
    start: connection.start,
    signIn: connection.signIn,
    connected: connection.connected,
    ...runs,
    skill: of => askForSkill(connection, of),
    stop: connection.close,
  };
}
