import type { Account } from './account.ts';
import type { AgentGateway } from './agents/agent.ts';
import type { Log } from './observe/log.ts';

/**
 * `--once`: polls once and hands over what there is. Resolves when all of it is settled or has to wait, with why Kapso
 * could not be asked, or null. It does not wait for a gateway that cannot be reached.
 */
export async function pollOnce(deps: { gateway: AgentGateway; account: Account; log: Log }): Promise<unknown> {
  const { gateway, log } = deps;
  const { receiver, worker } = deps.account;
  const leave = gateway.onState(({ phase, reason }) => {
    if (phase === 'connected' || reason === null) return;
    if (!worker.interrupt(new Error('the gateway cannot be reached'))) return;
    log.warn({ reason }, 'The gateway cannot be reached; what there is waits for the next time');
  });
  await gateway.start();
  let failure: unknown = null;
  await receiver.once().catch((error: unknown) => {
    log.error({ error }, 'Polling Kapso failed');
    failure = error;
  });
  await worker.start();
  await worker.quiet();
  leave();
  return failure;
}
