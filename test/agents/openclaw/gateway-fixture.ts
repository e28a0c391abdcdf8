/** The gateway client under test. The test controls the time, and everything that the client says is kept. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentGateway, GatewayState } from '../../../src/agents/agent.ts';
import {
  createOpenClawGateway,
  type OpenClawGateway,
  type OpenClawOptions,
} from '../../../src/agents/openclaw/openclaw.ts';
import { systemClock } from '../../../src/clock.ts';
import { createEventLog } from '../../../src/observe/event-log.ts';
import type { Log } from '../../../src/observe/log.ts';

export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error';
  fields: object;
  message: string;
}

export function keptLog(): Log & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: LogLine['level']) =>
    (fields: object, message: string): void => {
      lines.push({ level, fields, message });
    };
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { ...log, lines };
}

export const secret = 'the-shared-token-that-must-not-be-seen';

export function gatewayFor(url: string, options: Partial<OpenClawOptions> = {}): OpenClawGateway {
  const { log = keptLog(), clock = systemClock } = options;
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), 'kapso-gateway-'));
  return createOpenClawGateway({
    url,
    token: secret,
    identity: 'auto',
    rulesOf: () => ({ agent: 'main', session: 'per-sender', sharedSession: 'kapso:shared' }),
    clock,
    random: () => 0.5,
    learn: () => undefined,
    log,
    emit: createEventLog(log, clock),
    version: '1.2.3',
    runTimeout: 600_000,
    ...options,
    stateDir,
  });
}

/** Resolves with the first state that the test accepts, from the present one on. */
export function stateOf(gateway: AgentGateway, accept: (state: GatewayState) => boolean): Promise<GatewayState> {
  if (accept(gateway.state)) return Promise.resolve(gateway.state);
  return new Promise(resolve => {
    const stop = gateway.onState(state => {
      if (!accept(state)) return;
      stop();
      resolve(state);
    });
  });
}

export const never = new AbortController().signal;
