import type { AgentGateway, GatewayError, Recalled, RunOutcome, RunRequest } from '../../src/agents/agent.ts';

export interface ScriptedGateway extends AgentGateway {
  /** Every run that was asked for, in order. */
  readonly runs: RunRequest[];
  /** What the next calls answer. Without a script, a run is taken and ends with the reply "ok". */
  readonly script: {
    run: (GatewayError | null)[];
    wait: (RunOutcome | GatewayError)[];
    recall: (Recalled | GatewayError)[];
  };
}

/**
 * A gateway that does what the test scripted, to test what forwarding does with each answer. The real gateways have
 * their own suites.
 */
export function scriptedGateway(): ScriptedGateway {
  const runs: RunRequest[] = [];
  const script: ScriptedGateway['script'] = { run: [], wait: [], recall: [] };
  const answer = <T>(value: T | GatewayError | undefined, otherwise: T): T => {
    if (value instanceof Error) throw value;
    return value ?? otherwise;
  };
  return {
    sessionFor: ({ contact }) => ({ key: contact, of: 'conversation' }),
    runs,
    script,
    state: { phase: 'connected', since: 0, reason: null, hint: null, bootId: 'scripted' },
    onState: () => () => undefined,
    start: () => undefined,
    connected: async () => undefined,
    imageLimits: () => ({ maxBytes: 19_464_192, maxImageBytes: 6_291_456 }),
    run: async request => {
      runs.push(request);
      const refusal = script.run.shift();
      if (refusal) throw refusal;
    },
    wait: async () => answer(script.wait.shift(), { kind: 'ended', reply: 'ok', calls: null } as RunOutcome),
    recall: async () => answer(script.recall.shift(), { kind: 'absent' } as Recalled),
    workspaceOf: async () => null,
    abort: async () => false,
    stop: async () => undefined,
  };
}
