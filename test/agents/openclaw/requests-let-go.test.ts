import { expect, it } from 'vitest';
import type { Connection } from '../../../src/agents/openclaw/connection.ts';
import { createRuns } from '../../../src/agents/openclaw/runs.ts';
import type { TwoAnswers } from '../../../src/agents/openclaw/two-answers.ts';
import { manualClock } from '../../manual-clock.ts';
import { never } from './gateway-fixture.ts';

it('the images of a request are let go when the gateway has taken it, and not with its second answer', async () => {
  const held: { attachments?: object[] }[] = [];
  let sent = 0;
  const connection = {
    hello: null,
    request: async (_method: string, params: { attachments?: object[] }) => {
      held.push(params);
      sent = params.attachments?.length ?? 0;
      return { runId: 'run', status: 'accepted' };
    },
  } as unknown as Connection;
  const runs = createRuns({ connection, clock: manualClock(0), emit: () => {}, runTimeout: 600_000, nearby: true });
  const attachments = [{ mimeType: 'image/png', fileName: 'a.png', content: Buffer.alloc(100) }];
  await runs.run({ sessionKey: 'a', runKey: 'run', message: 'look', systemPrompt: '', attachments }, never);
  expect([sent, held[0]?.attachments]).toEqual([1, undefined]);
  expect(attachments).toHaveLength(1);
});

it('the request is let go when its run has ended, also where no second answer comes', async () => {
  let waited: AbortSignal | undefined;
  const connection = {
    hello: null,
    request: async (method: string, _params: object, { second }: TwoAnswers) => {
      if (method === 'agent.wait') return { runId: 'run', status: 'ok', terminalReply: { disposition: 'silent' } };
      waited = second.over.signal;
      return { runId: 'run', status: 'accepted' };
    },
  } as unknown as Connection;
  const runs = createRuns({ connection, clock: manualClock(0), emit: () => {}, runTimeout: 600_000, nearby: true });
  await runs.run({ sessionKey: 'a', runKey: 'run', message: 'look', systemPrompt: '' }, never);
  expect(waited?.aborted).toBe(false);
  expect(await runs.wait('run', never)).toMatchObject({ kind: 'ended' });
  expect(waited?.aborted).toBe(true);
});
