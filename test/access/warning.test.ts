import { expect, test } from 'vitest';
import { accessWarning } from '../../src/access/warning.ts';
import { loadConfig } from '../../src/config/load.ts';

const warn = async (env: NodeJS.ProcessEnv) =>
  accessWarning((await loadConfig({ env, home: '/nowhere', need: 'none' })).config.access);

test.each([
  [{}, /^Whoever knows the number can write to the agent.*: access\.policy is open\. With pairing or allowlist/],
  [{ KAPSO_ACCESS_POLICY: 'open', KAPSO_ALLOWED_NUMBERS: '+15551234567' }, /access\.allowFrom keeps nobody out then/],
  [{ KAPSO_ALLOWED_NUMBERS: '' }, /^Nobody can write to the agent: .*access\.allowFrom is empty\. Name who may/],
  [{ KAPSO_ACCESS_POLICY: 'allowlist' }, /^Nobody can write to the agent: .*access\.allowFrom is empty\. Name who may/],
  [
    { KAPSO_ACCESS_POLICY: 'disabled' },
    /^Nobody can write to the agent: access\.policy is disabled\. With pairing or allowlist/,
  ],
])('warns of what an operator may not have meant: %j', async (env, text) => {
  expect(await warn(env)).toMatch(text);
});

test.each([
  { KAPSO_ALLOWED_NUMBERS: '+15551234567' },
  { KAPSO_ACCESS_POLICY: 'pairing' },
  { KAPSO_ACCESS_POLICY: 'allowlist', KAPSO_ACCESS_CONTACTS: '[{"id":"+15551234567"}]' },
])('warns of nothing else: %j', async env => {
  expect(await warn(env)).toBeNull();
});
