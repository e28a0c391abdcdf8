import { expect, it } from 'vitest';
import { reloadConfig } from '../src/reload.ts';
import { type Line, recordingLog } from './intake/webhook/harness.ts';

/** Reloads, with so much changed. */
async function reloaded(applied: string[], needRestart: string[]): Promise<{ lines: Line[]; said: string | null }> {
  const lines: Line[] = [];
  const said = await reloadConfig({
    load: async () => ({ config: {}, warnings: [], file: null }) as never,
    apply: () => ({ applied, needRestart }),
    log: recordingLog(lines),
  });
  return { lines, said };
}

it('says in one line what a reload has changed, and what only a restart will', async () => {
  const all = await reloaded(['polling.interval'], []);
  expect(all.lines).toMatchObject([
    { fields: { changed: 'polling.interval' }, message: 'The configuration was reloaded' },
  ]);
  expect(all.said).toBeNull();
  const { lines, said } = await reloaded([], ['gateway.url']);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    level: 'warn',
    message: expect.stringMatching(/next start only: restart the poller$/),
  });
  expect(JSON.stringify(lines)).not.toContain('nothing');
  expect(said).toBe('reloaded; at the next start only: gateway.url');
});
