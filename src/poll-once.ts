import type { Account } from './account.ts';
import type { AgentGateway } from './agents/agent.ts';
import type { Emit } from './observe/events.ts';

/**
 * `--once`: polls once and hands over what there is, of each number. Resolves when all of it is settled or has to wait,
 * with why Kapso could not be asked of a number, or null. It does not wait for a gateway that cannot be reached. Where
 * others share the store, it polls only when nobody else does, and leaves the conversations that others work on.
 */
export async function pollOnce(deps: {
  gateway: AgentGateway;
  accounts: readonly Account[];
  emit: Emit;
}): Promise<unknown> {
  const { gateway, accounts, emit } = deps;
  // Lanes that others may take are not worked on before it is there.
  const decided = Promise.withResolvers<void>();
  const leave = gateway.onState(({ phase, reason }) => {
    if (phase === 'connected' || reason !== null) decided.resolve();
    if (phase === 'connected' || reason === null) return;
    const unreachable = new Error('the gateway cannot be reached');
    const interrupted = accounts.filter(({ worker }) => worker.interrupt(unreachable));
    if (interrupted.length > 0) emit({ type: 'delivery left for later', reason });
  });
  await gateway.start();
  const failures = await Promise.all(accounts.map(one => workOnce(one, decided.promise)));
  leave();
  return failures.find(failure => failure !== null) ?? null;
}

/** Resolves with why Kapso could not be asked, or null. `decided`: it is known whether the gateway can be reached. */
async function workOnce(
  { receiver, worker, replies, operator, emit }: Account,
  decided: Promise<void>,
): Promise<unknown> {
  let failure: unknown = null;
  await receiver.once().catch((error: unknown) => {
    emit({ type: 'single poll failed', error });
    failure = error;
  });
  await replies.start({ all: true });
  await operator.start();
  await decided;
  await worker.start({ all: true });
  await worker.quiet();
  // What the runs said is in the outbox now.
  await replies.quiet();
  return failure;
}
