import { expect, it } from 'vitest';
import type { Connection } from '../../../src/agents/openclaw/connection.ts';
import { createRuns } from '../../../src/agents/openclaw/runs.ts';
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
