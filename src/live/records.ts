import type { AgentGateway, Recalled } from '../agents/agent.ts';
import type { Entry } from '../store/store.ts';
import type { Trace } from '../views/trace.ts';

/** Milliseconds for the gateway's answer. Who asks waits for it. */
const patience = 4000;

/**
 * Returns a function that asks the gateway for its record of a message's last run. Resolves to null where there was no
 * run, and where the gateway is away or does not answer in time. It never rejects.
 */
export function createRecords(
  gateway: Pick<AgentGateway, 'state' | 'record'>,
): (entry: Entry) => Promise<Trace['record']> {
  return async ({ session, runKey }) => {
    if (runKey === null || gateway.state.phase !== 'connected' || gateway.record === undefined) return null;
    try {
      return viewOf(await gateway.record(session, runKey, AbortSignal.timeout(patience)));
    } catch {
      return null;
    }
  };
}

const words: Record<Recalled['kind'], string> = {
  answered: 'the run has answered',
  active: 'the run is under way',
  unanswered: 'the run was taken, and no answer came',
  interrupted: 'the run was taken and given up',
  absent: 'there is no trace of the run',
};

function viewOf(recalled: Recalled): Trace['record'] {
  const found = words[recalled.kind];
  if (recalled.kind !== 'answered') return { found, tools: [] };
  const tools = [...new Set((recalled.calls ?? []).map(({ name }) => name))];
  return { found, tools, ...(recalled.reply !== null && { reply: recalled.reply }) };
}
