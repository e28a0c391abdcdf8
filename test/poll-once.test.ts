import { expect, it } from 'vitest';
import type { Account } from '../src/account.ts';
import type { AgentGateway, GatewayState } from '../src/agents/agent.ts';
import { pollOnce } from '../src/poll-once.ts';

const away = { phase: 'waiting', since: 0, reason: 'nobody listens there', hint: null, bootId: null } as const;

/** One number whose parts note what is asked of them, and a gateway that says when it is there. */
function stage() {
  const done: string[] = [];
  const note = (what: string) => async () => void done.push(what);
  let say = (_: GatewayState) => {};
  const account = {
    receiver: { once: note('polled') },
    replies: { start: note('replies'), quiet: note('replies quiet') },
    operator: { start: note('operator') },
    worker: { start: note('worker'), quiet: note('worker quiet'), interrupt: () => done.push('interrupted') > 0 },
    emit: () => {},
  };
  const gateway = {
    onState: (listener: typeof say) => {
      say = listener;
      return () => {};
    },
    start: async () => {},
  };
  const ended = pollOnce({
    gateway: gateway as unknown as AgentGateway,
    accounts: [account as unknown as Account],
    emit: () => {},
  });
  return { done, ended, say: (state: GatewayState) => say(state) };
}

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
}

it('hands nothing over before the gateway is there: a store that others share leaves it to them until then', async () => {
  const { done, ended, say } = stage();
  await quiet();
  expect(done).toEqual(['polled', 'replies', 'operator']);
  say({ ...away, phase: 'connected', reason: null, bootId: 'b' });
  expect(await ended).toBeNull();
  expect(done.slice(3)).toEqual(['worker', 'worker quiet', 'replies quiet']);
});

it('does not wait for a gateway that cannot be reached', async () => {
  const { done, ended, say } = stage();
  say({ ...away, phase: 'connecting', reason: null });
  await quiet();
  expect(done).not.toContain('worker');
  say(away);
  await ended;
  expect(done).toContain('interrupted');
});
