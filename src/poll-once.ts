import type { Account } from './account.ts';
import type { AgentGateway } from './agents/agent.ts';
import type { Emit } from './observe/events.ts';

/**
 * `--once`: polls once and hands over what there is. Resolves when all of it is settled or has to wait, with why Kapso
 * could not be asked, or null. It does not wait for a gateway that cannot be reached.
 */
export async function pollOnce(deps: { gateway: AgentGateway; account: Account; emit: Emit }): Promise<unknown> {
  const { gateway, emit } = deps;
  const { receiver, worker, replies, operator } = deps.account;
  const leave = gateway.onState(({ phase, reason }) => {
    if (phase === 'connected' || reason === null) return;
    if (!worker.interrupt(new Error('the gateway cannot be reached'))) return;
    emit({ type: 'delivery left for later', reason });
  });
  await gateway.start();
  let failure: unknown = null;
  await receiver.once().catch((error: unknown) => {
    emit({ type: 'single poll failed', error });
    failure = error;
  });
  await replies.start();
  await operator.start();
  await worker.start();
  await worker.quiet();
  // What the runs said is in the outbox now.
  await replies.quiet();
  leave();
  return failure;
}
