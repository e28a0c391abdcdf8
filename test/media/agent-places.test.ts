import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agentPlaces } from '../../src/media/agent-places.ts';

let home = '';
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'kapso-places-')));
});
afterEach(() => rmSync(home, { recursive: true }));

const makeWorkspace = (path: string, files = ['AGENTS.md', 'SOUL.md']) => {
  mkdirSync(join(path, 'deep'), { recursive: true });
  for (const name of files) writeFileSync(join(path, name), '');
  return path;
};
const placesIn = async (cwd: string) => (await agentPlaces({ cwd, home })).map(path => path.slice(home.length));

test('the workspaces at their usual places, of all agents and profiles, and what tools have made', async () => {
  for (const path of ['.openclaw/workspace', '.openclaw/workspace-sales', '.openclaw-test/workspace', 'workspace']) {
    mkdirSync(join(home, path), { recursive: true });
  }
  for (const path of ['outbound', 'inbound', 'browser', 'tool-image-generation']) {
    mkdirSync(join(home, '.openclaw/media', path), { recursive: true });
  }
  expect(await placesIn('/')).toEqual([
    '/.openclaw-test/workspace',
    '/.openclaw/media/outbound',
    '/.openclaw/media/tool-image-generation',
    '/.openclaw/workspace',
    '/.openclaw/workspace-sales',
  ]);
});

test('the workspace around the working directory, and no directory that an agent only chose', async () => {
  makeWorkspace(join(home, 'agents/sales'));
  expect(await placesIn(join(home, 'agents/sales'))).toEqual(['/agents/sales']);
  expect(await placesIn(join(home, 'agents/sales/deep'))).toEqual(['/agents/sales']);
  expect(await placesIn(join(home, 'agents'))).toEqual([]);
  makeWorkspace(join(home, 'project'), ['AGENTS.md']);
  expect(await placesIn(join(home, 'project/deep'))).toEqual([]);
  expect(await placesIn('/etc')).toEqual([]);
});

test('neither the home directory nor one above it', async () => {
  makeWorkspace(home);
  mkdirSync(join(home, '.ssh'));
  expect(await placesIn(home)).toEqual([]);
  expect(await placesIn(join(home, '.ssh'))).toEqual([]);
});
