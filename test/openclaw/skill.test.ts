import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';
import { createReport, type Finding } from '../../src/doctor/finding.ts';
import { checkSkill } from '../../src/doctor/skill.ts';
import { gatewayFor } from '../agents/openclaw/gateway-fixture.ts';
import { type OpenClaw, startOpenClaw } from './harness.ts';

const never = new AbortController().signal;
const root = join(import.meta.dirname, '../..');
const program = 'kapso-whatsapp-cli';
let real: OpenClaw;
let gateway: ReturnType<typeof gatewayFor>;

beforeAll(async () => {
  real = await startOpenClaw({
    prepare: async ({ workspace }) => {
      await mkdir(join(workspace, 'skills'));
      await cp(join(root, 'skills/kapso-whatsapp'), join(workspace, 'skills/kapso-whatsapp'), { recursive: true });
    },
  });
  gateway = gatewayFor(real.url, { token: real.token, clock: systemClock });
  gateway.start();
  await gateway.connected(never);
});
afterAll(async () => {
  await gateway?.stop();
  await real?.close();
});

async function look(agent = 'main'): Promise<Finding[]> {
  const env = { KAPSO_API_KEY: 'key-0123456789', KAPSO_PHONE_NUMBER_ID: '647000000000001' };
  const { config } = await loadConfig({ env, home: '/nonexistent', need: 'poller' });
  const found: Finding[] = [];
  const chosen: Config = { ...config, gateway: { ...config.gateway, agent } };
  await checkSkill(
    [{ at: null, config: chosen, origins: {} }],
    gateway.skill,
    createReport('gateway', finding => found.push(finding)),
  );
  return found;
}

it('a real OpenClaw says of the skill whether it is there and what it lacks', async () => {
  expect(await gateway.skill({ agent: 'main', name: 'no-such-skill' })).toBeNull();
  expect(await look()).toMatchObject([{ level: 'warn', says: expect.stringContaining(`does not find ${program}`) }]);
  await writeFile(join(real.bin, program), '#!/bin/sh\n');
  await chmod(join(real.bin, program), 0o755);
  expect(await look()).toMatchObject([{ level: 'ok' }]);
  expect(await look('nobody')).toMatchObject([{ level: 'fail', says: 'the gateway has no agent nobody' }]);
});
