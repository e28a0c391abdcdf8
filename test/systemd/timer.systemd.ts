import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './ask.ts';
import { type Machine, startMachine, suites } from './machine.ts';
import { once, openStage, type Stage, timer } from './stage.ts';

describe.each(suites)('the timer under the systemd of %s', suite => {
  let machine: Machine;
  let stage: Stage;
  beforeAll(async () => {
    machine = await startMachine(suite);
    stage = await openStage(machine);
  });
  afterAll(async () => {
    await stage?.close();
    await machine?.stop();
  });
  beforeEach(async () => {
    await stage.reset();
    await stage.configure();
  });

  it('starts one pass after the other, each of which delivers what there is and ends', async () => {
    await machine.do('systemctl', 'start', once);
    const before = stage.gateway.runs().length;
    await stage.inbound('first');
    await stage.inbound('second');
    await stage.dropIn(
      timer,
      '[Timer]\nOnBootSec=\nOnUnitInactiveSec=1s\nOnActiveSec=1s\nAccuracySec=1ms\nRandomizedDelaySec=0\n',
    );
    await machine.do('systemctl', 'start', timer);
    await ask(`${stage.gateway.controlUrl}/__sim/wait?for=runs&count=${before + 2}&timeout=30000`);
    const { InvocationID: first } = await machine.show(once, 'InvocationID');
    await machine.until(once, 'InvocationID', new RegExp(`^(?!${first}$).`));
    await machine.do('systemctl', 'stop', timer);
    await machine.until(once, 'ActiveState', /^inactive$/);
    expect((await machine.show(once, 'Result')).Result).toBe('success');
    expect(
      stage.gateway
        .runs()
        .slice(before)
        .map(({ text }) => text.includes('first')),
    ).toEqual([true, false]);
  });

  it('leaves for the next pass what the gateway cannot take, and that is no failure of the unit', async () => {
    await machine.do('systemctl', 'start', once);
    const before = stage.gateway.runs().length;
    await stage.inbound('later');
    await stage.configure({ gateway: { url: 'ws://127.0.0.1:9' } });
    const journal = await machine.journal(once);
    await machine.do('systemctl', 'start', once);
    await journal.says(/^Stopped left=1$/);
    await stage.configure();
    await machine.do('systemctl', 'start', once);
    await journal.says(/^Stopped left=0$/);
    journal.close();
    expect(stage.gateway.runs().slice(before)).toHaveLength(1);
  });

  it('shows a refused key as a failed unit', async () => {
    await machine.write('/etc/credstore/kapso-api-key', 'another-key\n', '0600');
    expect(await machine.run('systemctl', 'start', once)).toMatchObject({ code: 1 });
    expect((await machine.show(once, 'ExecMainStatus')).ExecMainStatus).toBe('77');
  });
});
